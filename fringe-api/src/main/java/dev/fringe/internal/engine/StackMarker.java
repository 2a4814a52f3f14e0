// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/**
 * Calls one method from many lines, so that a stack trace tells by line numbers on which body's stack it was
 * taken. The oldest frames are the same on all of them otherwise, and an exception does not say which thread
 * created it; diagnostics have to know, to leave alone what a body merely passes on. The call is made once
 * in the life of a stack.
 *
 * <p>The lines are those of two methods, eight of each, because these frames stay interpreted, and in each
 * pause the collector wants to know of each interpreted frame where its references are. HotSpot finds that out
 * by a run through the method, and keeps the answers in a table of 32 for each class. With 64 lines in
 * one method it found most of them out again and again: a young pause of G1 with 5,000 generators took 35 ms
 * for 11.
 *
 * <p>There are fewer pairs of lines than stacks, so two stacks may share one. What follows from that is a
 * boundary too many in the trace of an exception that was created in one body and thrown in another.
 */
public final class StackMarker {

    private static final int LINES = 8;
    private static final String HIGH = StackMarker.class.getName();
    private static final String LOW = Low.class.getName();
    private static final String METHOD = "run";

    /** How many stacks can be told apart. */
    public static final int COUNT = LINES * LINES;

    private StackMarker() {}

    /**
     * Runs something at the bottom of a stack, with lines by which {@code number} is told from others.
     *
     * @param number at least 0 and below {@link #COUNT}
     * @param bodies what to run
     */
    public static void run(int number, Runnable bodies) {
        int low = number % LINES;
        switch (number / LINES) {
            case 0 -> Low.run(low, bodies);
            case 1 -> Low.run(low, bodies);
            case 2 -> Low.run(low, bodies);
            case 3 -> Low.run(low, bodies);
            case 4 -> Low.run(low, bodies);
            case 5 -> Low.run(low, bodies);
            case 6 -> Low.run(low, bodies);
            default -> Low.run(low, bodies);
        }
    }

    /**
     * The lines of a trace as one number.
     *
     * @param trace a trace, newest frame first
     * @return a number other than 0 that is the same for all traces of one stack; 0 if there are no such lines,
     *     because the trace is not a body's or the virtual machine has cut it
     */
    public static int of(StackTraceElement[] trace) {
        int high = 0;
        int low = 0;
        for (StackTraceElement frame : trace) {
            if (frame.getMethodName().equals(METHOD)) {
                if (frame.getClassName().equals(HIGH)) {
                    high = frame.getLineNumber();
                } else if (frame.getClassName().equals(LOW)) {
                    low = frame.getLineNumber();
                }
            }
        }
        return high == 0 || low == 0 ? 0 : high << Short.SIZE | low;
    }

    /** The second line. A class has one table, so this is another. */
    public static final class Low {

        private Low() {}

        private static void run(int number, Runnable bodies) {
            switch (number) {
                case 0 -> bodies.run();
                case 1 -> bodies.run();
                case 2 -> bodies.run();
                case 3 -> bodies.run();
                case 4 -> bodies.run();
                case 5 -> bodies.run();
                case 6 -> bodies.run();
                default -> bodies.run();
            }
        }
    }
}
