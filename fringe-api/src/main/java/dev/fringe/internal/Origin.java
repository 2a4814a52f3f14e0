// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

/**
 * Calls one method from many lines, so that a stack trace tells by line numbers on which generator's
 * stack it was taken. The oldest frames are the same on all of them otherwise, and an exception does not
 * say which thread created it; {@link Backtraces} has to know, to leave alone what a body merely passes
 * on. The call is made once in the life of a stack.
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
final class Origin {

    private static final int LINES = 8;
    static final int COUNT = LINES * LINES;

    private Origin() {}

    /** Runs the bodies of a thread, with lines by which {@code number}, below {@link #COUNT}, is told from others. */
    static void enter(int number, StackThread thread) {
        int low = number % LINES;
        switch (number / LINES) {
            case 0 -> Low.enter(low, thread);
            case 1 -> Low.enter(low, thread);
            case 2 -> Low.enter(low, thread);
            case 3 -> Low.enter(low, thread);
            case 4 -> Low.enter(low, thread);
            case 5 -> Low.enter(low, thread);
            case 6 -> Low.enter(low, thread);
            default -> Low.enter(low, thread);
        }
    }

    /** The second line. A class has one table, so this is another. */
    static final class Low {

        private Low() {}

        private static void enter(int number, StackThread thread) {
            switch (number) {
                case 0 -> thread.runBodies();
                case 1 -> thread.runBodies();
                case 2 -> thread.runBodies();
                case 3 -> thread.runBodies();
                case 4 -> thread.runBodies();
                case 5 -> thread.runBodies();
                case 6 -> thread.runBodies();
                default -> thread.runBodies();
            }
        }
    }
}
