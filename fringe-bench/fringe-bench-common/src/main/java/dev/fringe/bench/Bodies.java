// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.function.UnaryOperator;

/** The body of all round trips: so many frames deep, it hands back what it is handed. */
final class Bodies {

    private Bodies() {}

    /**
     * Suspends so many times at a depth of calls.
     *
     * @param suspend takes what goes out, returns what comes in
     * @return something that depends on the depth, so that the frames are needed
     */
    static int echo(UnaryOperator<Object> suspend, Object input, int depth, long times) {
        if (depth > 0) {
            return echo(suspend, input, depth - 1, times) + 1;
        }
        return loop(suspend, input, times);
    }

    /** A method of its own, so that how it is compiled does not depend on the depth. */
    private static int loop(UnaryOperator<Object> suspend, Object input, long times) {
        Object value = input;
        for (long i = 0; i < times; i++) {
            value = suspend.apply(value);
        }
        return 0;
    }
}
