// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

/**
 * Calls one method from many lines, so that a stack trace tells by a line number on which generator's
 * stack it was taken. The oldest frames are the same on all of them otherwise, and an exception does not
 * say which thread created it; {@link Backtraces} has to know, to leave alone what a body merely passes
 * on. The call is made once in the life of a stack.
 *
 * <p>There are fewer lines than stacks, so two stacks may share one. What follows from that is a
 * boundary too many in the trace of an exception that was created in one body and thrown in another.
 */
final class Origin {

    static final int COUNT = 64;

    private Origin() {}

    static void enter(int number, StackThread thread) {
        switch (number % COUNT) {
            case 0 -> thread.runBodies();
            case 1 -> thread.runBodies();
            case 2 -> thread.runBodies();
            case 3 -> thread.runBodies();
            case 4 -> thread.runBodies();
            case 5 -> thread.runBodies();
            case 6 -> thread.runBodies();
            case 7 -> thread.runBodies();
            case 8 -> thread.runBodies();
            case 9 -> thread.runBodies();
            case 10 -> thread.runBodies();
            case 11 -> thread.runBodies();
            case 12 -> thread.runBodies();
            case 13 -> thread.runBodies();
            case 14 -> thread.runBodies();
            case 15 -> thread.runBodies();
            case 16 -> thread.runBodies();
            case 17 -> thread.runBodies();
            case 18 -> thread.runBodies();
            case 19 -> thread.runBodies();
            case 20 -> thread.runBodies();
            case 21 -> thread.runBodies();
            case 22 -> thread.runBodies();
            case 23 -> thread.runBodies();
            case 24 -> thread.runBodies();
            case 25 -> thread.runBodies();
            case 26 -> thread.runBodies();
            case 27 -> thread.runBodies();
            case 28 -> thread.runBodies();
            case 29 -> thread.runBodies();
            case 30 -> thread.runBodies();
            case 31 -> thread.runBodies();
            case 32 -> thread.runBodies();
            case 33 -> thread.runBodies();
            case 34 -> thread.runBodies();
            case 35 -> thread.runBodies();
            case 36 -> thread.runBodies();
            case 37 -> thread.runBodies();
            case 38 -> thread.runBodies();
            case 39 -> thread.runBodies();
            case 40 -> thread.runBodies();
            case 41 -> thread.runBodies();
            case 42 -> thread.runBodies();
            case 43 -> thread.runBodies();
            case 44 -> thread.runBodies();
            case 45 -> thread.runBodies();
            case 46 -> thread.runBodies();
            case 47 -> thread.runBodies();
            case 48 -> thread.runBodies();
            case 49 -> thread.runBodies();
            case 50 -> thread.runBodies();
            case 51 -> thread.runBodies();
            case 52 -> thread.runBodies();
            case 53 -> thread.runBodies();
            case 54 -> thread.runBodies();
            case 55 -> thread.runBodies();
            case 56 -> thread.runBodies();
            case 57 -> thread.runBodies();
            case 58 -> thread.runBodies();
            case 59 -> thread.runBodies();
            case 60 -> thread.runBodies();
            case 61 -> thread.runBodies();
            case 62 -> thread.runBodies();
            default -> thread.runBodies();
        }
    }
}
