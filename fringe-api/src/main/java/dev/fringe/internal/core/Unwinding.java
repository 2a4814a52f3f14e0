// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

/**
 * Leaves a suspension point when its generator is closed, so that {@code finally} blocks run. It is an
 * error so that {@code catch (Exception e)} lets it pass, and says nothing of where it came from,
 * because it is no failure.
 *
 * <p>Each belongs to one unwinding of one body, and is compared by identity: what another generator's body has
 * thrown, or kept, is a failure like any other. What try-with-resources adds to it as suppressed are failures,
 * too, which {@link Closing} finds.
 */
@SuppressWarnings("serial") // never written
public final class Unwinding extends Error {

    /** For want of memory. It has no room for what is suppressed, because several bodies may use it. */
    private static final Unwinding SPARE = new Unwinding(false);

    private Unwinding(boolean suppresses) {
        super("a generator is being closed; let this pass", null, suppresses, false);
    }

    static Unwinding make() {
        try {
            return new Unwinding(true);
        } catch (OutOfMemoryError e) {
            return SPARE;
        }
    }
}
