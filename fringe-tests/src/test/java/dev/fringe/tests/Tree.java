// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import java.util.List;

/**
 * What a generator of {@link RandomTreesTest} is and what its body does: the same for the real one and for its model.
 *
 * @param id tells it from the others of a tree; its values are {@code 100 * id}, {@code 100 * id + 1} and so on
 * @param type what it suspends with
 * @param shared whether any thread may resume it
 * @param ahead how many values the body runs ahead; 0 if it does not
 * @param catches whether the body catches an {@link ArithmeticException}, and goes on with its next act
 * @param cleanup what its {@code finally} block does besides leaving a note
 * @param acts what the body does, one after the other
 */
record Tree(int id, Type type, boolean shared, int ahead, boolean catches, Cleanup cleanup, List<Act> acts) {

    /** What a generator suspends with. */
    enum Type { OBJECTS, LONGS, STEPS }

    /** What a {@code finally} block does. {@code SUSPENDS} does so only when the body is unwound. */
    enum Cleanup { NONE, FAILS, SUSPENDS }

    /** How a body gives out another generator's values. */
    enum Way { GENERATOR, ITERABLE, ITERATOR, STREAM, LOOP }

    /** What a body does. */
    sealed interface Act {}

    /** Suspends with a value. */
    record Emit() implements Act {}

    /** Throws a {@link Failure}. */
    record Fail() implements Act {}

    /** Makes a generator, gives out its values, and closes it; {@code primed} is to ask {@code hasNext} before. */
    record Sub(Tree tree, Way way, boolean primed) implements Act {}

    /** What bodies throw of their own accord. */
    static final class Failure extends RuntimeException {

        private static final long serialVersionUID = 1;

        Failure(int id) {
            super("of " + id);
        }
    }

    long value(int act) {
        return 100L * id + act;
    }

    /** What a body that returns a value returns. */
    long returned() {
        return 100L * id + 99;
    }

    /**
     * How this one's body gives out another's values: between longs and objects by a loop, and from a body of longs that
     * runs ahead, too. Steps are given out by {@code delegate}, or by a loop.
     */
    Way wayOf(Sub sub) {
        boolean longs = sub.tree.type == Type.LONGS;
        boolean looped = longs != (type == Type.LONGS) || longs && ahead > 0
                || sub.tree.type == Type.STEPS && sub.way != Way.GENERATOR;
        return looped ? Way.LOOP : sub.way;
    }

    /** Whether what the other returns is not given out, but is for this one's body. */
    boolean getsResult(Sub sub) {
        return sub.tree.type == Type.STEPS && wayOf(sub) == Way.GENERATOR;
    }

    /** Whether an exception that is thrown into this one is raised where it delegates, and not in the other body. */
    boolean raisesItself(Sub sub) {
        return wayOf(sub) != Way.GENERATOR || ahead > 0 || sub.tree.ahead > 0;
    }
}
