// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import org.jspecify.annotations.Nullable;

/**
 * Gives inputs to a body that only takes input. The body asks for one after the other, the first like the rest.
 *
 * {@snippet file="BridgeSnippets.java" region="receiver"}
 *
 * <p>{@link Generator#ofReceiver} makes the generator. Each {@link Generator#resume resume} of such a generator gives
 * the body one input and runs it until it asks for another. It returns true then, and is empty if the body has ended.
 * {@link Generator#close} unwinds a body that waits for input.
 *
 * <p>Like a {@link Yielder}, it belongs to one generator, and only its body may use it. It is not for applications
 * to implement.
 *
 * @param <I> what {@link Generator#resume} passes in
 */
public interface Receiver<I extends @Nullable Object> {

    /**
     * Takes the next input. The first call returns the input of the {@code resume} that started the body; each later
     * call suspends the generator.
     *
     * @return what {@code resume} has passed in, which may be null
     * @throws IllegalStateException as {@link Yielder#suspend} does
     */
    I receive();

    /**
     * A body that only takes input.
     *
     * @param <I> what {@link Generator#resume} passes in
     */
    @FunctionalInterface
    interface Body<I extends @Nullable Object> {

        /**
         * Runs on the stack of the generator.
         *
         * @param in gives the inputs
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        void run(Receiver<I> in) throws Exception;
    }
}
