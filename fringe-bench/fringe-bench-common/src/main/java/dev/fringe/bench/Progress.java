// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.time.Duration;

/** Tells on standard error what is running and how long it will go on. */
final class Progress {

    private final long start = System.nanoTime();
    private final int steps;
    private int step;

    Progress(int steps) {
        this.steps = steps;
    }

    void next(String what) {
        String left = "";
        if (step > 0) {
            double each = (double) (System.nanoTime() - start) / step;
            Duration rest = Duration.ofNanos((long) (each * (steps - step)));
            left = String.format(", %d:%02d left", rest.toMinutes(), rest.toSecondsPart());
        }
        step++;
        System.err.printf("[%d/%d%s] %s%n", step, steps, left, what);
    }
}
