// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The output of a generator whose body suspends with values and returns one: first any number of {@link Yielded}, then
 * one {@link Returned}. The body has ended when {@code Returned} arrives, and the next {@link Generator#resume resume}
 * is empty. {@link Generator#ofSteps(Body)} makes such a generator.
 *
 * {@snippet file="GuideSnippets.java" region="step"}
 *
 * @param <O> what {@link Yielder#suspend} passes out
 * @param <R> what the body returns
 */
public sealed interface Step<O, R extends @Nullable Object> {

    /**
     * What the body suspended with.
     *
     * @param value the value, not null
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what the body returns
     */
    record Yielded<O, R extends @Nullable Object>(O value) implements Step<O, R> {}

    /**
     * What the body returned.
     *
     * @param value the value, which may be null
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what the body returns
     */
    record Returned<O, R extends @Nullable Object>(R value) implements Step<O, R> {}

    /**
     * A body that returns a value.
     *
     * @param <I> what {@link Generator#resume} passes in
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what it returns
     */
    @FunctionalInterface
    interface Body<I extends @Nullable Object, O, R extends @Nullable Object> {

        /**
         * Runs on the stack of the generator.
         *
         * @param yielder suspends the generator
         * @param input what the first {@code resume} passed in
         * @return the value of the {@link Returned}
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        R run(Yielder<I, O> yielder, I input) throws Exception;
    }

    /**
     * A body that needs no input and returns a value.
     *
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what it returns
     */
    @FunctionalInterface
    interface Producer<O, R extends @Nullable Object> {

        /**
         * Runs on the stack of the generator.
         *
         * @param yielder suspends the generator
         * @return the value of the {@link Returned}
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        R run(Yielder<Void, O> yielder) throws Exception;
    }

    /**
     * Returns the values that a body suspends with, for a plain loop, and its result after the loop.
     *
     * {@snippet file="GuideSnippets.java" region="stepValues"}
     *
     * @param steps a generator whose body returns a value
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what the body returns
     * @return its values, as confined as the generator is
     */
    static <O, R extends @Nullable Object> Values<O, R> values(Generator<?, Step<O, R>> steps) {
        return new Values<>(Objects.requireNonNull(steps, "steps"));
    }

    /**
     * The values that a body suspends with, and what it returns. It can be iterated once, like the generator. Leaving a
     * loop early leaves the generator suspended.
     *
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what the body returns
     */
    final class Values<O, R extends @Nullable Object> implements Iterable<O> {

        private final PeekingIterator<Step<O, R>> steps;
        private @Nullable Returned<O, R> returned;

        private Values(Generator<?, Step<O, R>> steps) {
            this.steps = steps.iterator();
        }

        /**
         * Returns the values that have not been taken yet. The iterator's methods throw what {@link Generator#resume}
         * throws.
         *
         * @return an iterator, which takes its values from the generator
         */
        @Override
        public Iterator<O> iterator() {
            return new Iterator<>() {

                @Override
                public boolean hasNext() {
                    return Values.this.hasNext();
                }

                @Override
                public O next() {
                    if (!Values.this.hasNext()) {
                        throw new NoSuchElementException("the body of the generator has ended");
                    }
                    return ((Yielded<O, R>) steps.next()).value();
                }
            };
        }

        private boolean hasNext() {
            if (returned != null || !steps.hasNext()) {
                return false;
            }
            if (steps.peek() instanceof Returned<O, R> last) {
                steps.next();
                steps.hasNext(); // so that the body of a buffered generator comes to its end
                returned = last;
            }
            return returned == null;
        }

        /**
         * Returns the result of the body, once its values have been iterated over.
         *
         * @return what it has returned, which may be null
         * @throws IllegalStateException if the iteration has not come to the end of the body
         */
        public R result() {
            if (returned == null) {
                throw new IllegalStateException("the iteration has not come to where the body returns");
            }
            return returned.value();
        }
    }
}
