// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

/**
 * Leaves a suspension point when its generator is closed, so that {@code finally} blocks run. It is an
 * error so that {@code catch (Exception e)} lets it pass, and says nothing of where it came from,
 * because it is no failure.
 */
@SuppressWarnings("serial") // a constant
public final class Unwinding extends Error {

    static final Unwinding INSTANCE = new Unwinding();

    private Unwinding() {
        super("a generator is being closed; let this pass", null, false, false);
    }
}
