// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import java.util.function.BooleanSupplier;

/** Collects garbage until something has come of it. */
final class Collect {

    private Collect() {}

    /**
     * Collects until a condition holds; the test's timeout ends it if that never happens. The pauses grow,
     * because on a slow machine whoever makes it hold would do nothing but wait for the end of collections.
     */
    static void until(BooleanSupplier condition) {
        try {
            for (long pause = 1; !condition.getAsBoolean(); pause = Math.min(2 * pause, 1_000)) {
                System.gc();
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
