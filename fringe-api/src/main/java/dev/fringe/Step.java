// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import org.jspecify.annotations.Nullable;

/**
 * What a generator gives whose body both suspends with values and returns one: first any number of {@link Yielded},
 * then one {@link Returned}. The body has ended when {@code Returned} arrives, and the next {@link Generator#resume
 * resume} is empty. {@link Generator#ofSteps(Body)} makes such a generator.
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
     * What a generator runs that returns a value.
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
         * @return what {@link Returned} has
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        R run(Yielder<I, O> yielder, I input) throws Exception;
    }

    /**
     * What a generator runs that needs no input and returns a value.
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
         * @return what {@link Returned} has
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        R run(Yielder<Void, O> yielder) throws Exception;
    }
}
