// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import java.util.Objects;

/** Runs a body that returns a value, and makes steps of what it suspends with and returns. */
public record StepBody<I, O, R>(Step.Body<I, O, R> body) implements Generator.Body<I, Step<O, R>> {

    /** What is wrong with delegating to one that has nothing to return any more. */
    public static final String RETURNED_BEFORE =
            "the body of this generator has ended before, and what it returned has been taken";

    @Override
    public void run(Yielder<I, Step<O, R>> yielder, I input) throws Exception {
        Step<O, R> end = new Step.Returned<>(body.run(new Wrapping<>(yielder), input));
        if (yielder instanceof Coroutine<I, Step<O, R>> coroutine) {
            coroutine.last(end);
        } else {
            yielder.suspend(end);
        }
    }

    /** What such a body gets for its yielder. */
    record Wrapping<I, O, R>(Yielder<I, Step<O, R>> yielder) implements Yielder<I, O> {

        @Override
        public I suspend(O output) {
            return yielder.suspend(new Step.Yielded<>(
                    Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional")));
        }

        @Override
        public boolean isClosing() {
            return yielder.isClosing();
        }

        /** False if nothing has happened, because the body runs ahead. */
        boolean delegate(Coroutine<? super I, ? extends O> inner, I first, boolean iterates) {
            if (yielder instanceof Coroutine<I, Step<O, R>> outer) {
                outer.<O>delegate(inner, Step.Yielded::new, first,
                        iterates ? Delegation.ITERATES : Delegation.STANDS_IN);
                return true;
            }
            return false;
        }

        boolean runsNotAhead() {
            return yielder instanceof Coroutine;
        }

        /** For another body that returns a value: its steps are this one's, but for the last. Gives that. */
        @SuppressWarnings("unchecked") // a step with a value is one of any body, whatever that returns
        <S> Object delegateReturning(Coroutine<? super I, Step<O, S>> inner, I first) {
            return ((Coroutine<I, Step<O, R>>) yielder).delegate((Coroutine<I, Step<O, R>>) (Coroutine<?, ?>) inner, null,
                    first, Delegation.RETURNS);
        }
    }
}
