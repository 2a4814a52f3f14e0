// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.function.LongConsumer;

/**
 * What the body of a {@link LongGenerator} gets in order to suspend it. The rules are those of {@link
 * Yielder}. It is not for applications to implement.
 */
public interface LongYielder extends LongConsumer {

    /**
     * Suspends the generator: the {@link LongGenerator#resume} that runs it returns {@code value}.
     *
     * @param value what {@code resume} returns
     * @return what the next {@code resume} passes in
     * @throws IllegalStateException if the caller is not the body of this generator, if the generator
     *     has ended, or if it is being closed
     */
    long suspend(long value);

    /**
     * Whether the generator is being closed; see {@link Yielder#isClosing}.
     *
     * @return whether it is; only the body's own thread gets an answer that is up to date
     */
    boolean isClosing();

    /**
     * {@linkplain #suspend Suspends} with a value, and drops what the next {@code resume} passes in.
     *
     * @param value what {@code resume} returns
     * @throws IllegalStateException as {@link #suspend} does
     */
    @Override
    default void accept(long value) {
        suspend(value);
    }
}
