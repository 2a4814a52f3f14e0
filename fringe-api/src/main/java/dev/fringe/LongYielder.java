// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Iterator;
import java.util.Objects;
import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * Suspends a {@link LongGenerator}; the body gets it as an argument. The rules are those of {@link Yielder}. It is not
 * for applications to implement.
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
     * @return whether it is; the answer is up to date only in the body's own thread
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

    /**
     * {@linkplain #suspend Suspends}, and declares that it may throw an exception of a given type, as {@link
     * Yielder#suspend(Object, Class)} does.
     *
     * @param value what {@code resume} returns
     * @param exception the type of what may be {@linkplain LongGenerator#throwInto thrown into} the body here
     * @param <X> the type
     * @return what the next {@code resume} passes in
     * @throws X if that is thrown into the body
     * @throws IllegalStateException as {@link #suspend(long)} does
     */
    default <X extends Throwable> long suspend(long value, Class<X> exception) throws X {
        Objects.requireNonNull(exception, "exception");
        return suspend(value);
    }

    /**
     * Lets another generator take the place of this one until the other's body has ended, resumed with 0 at first; see
     * {@link #suspendAll(LongGenerator, long)}.
     *
     * @param generator the other generator
     * @throws WrongThreadException if {@code generator} is confined to a thread that is not the body's
     * @throws IllegalStateException if {@code generator} is running or has been closed, and whenever {@link
     *     #suspend(long)} would throw it
     */
    default void suspendAll(LongGenerator generator) {
        suspendAll(generator, 0);
    }

    /**
     * Lets another generator take the place of this one until the other's body has ended, as {@link
     * Yielder#suspendAll(Generator, Object)} does. A resumer switches straight to the other body, so a chain of such
     * generators takes one switch for each value, however long it is.
     *
     * {@snippet file="GuideSnippets.java" region="longDelegation"}
     *
     * @param generator the other generator: one made by this body, or a {@linkplain LongGenerator#ofShared shared} one
     * @param input what the other is resumed with at first
     * @throws WrongThreadException if {@code generator} is confined to a thread that is not the body's
     * @throws IllegalStateException if {@code generator} is running or has been closed, and whenever {@link
     *     #suspend(long)} would throw it
     */
    default void suspendAll(LongGenerator generator, long input) {
        LongGenerator.standIn(Objects.requireNonNull(generator, "generator"), this, input);
    }

    /**
     * Suspends with each value in turn. What {@link LongGenerator#resume} passes in is dropped.
     *
     * @param values the values, none of them null
     * @throws NullPointerException if a value is null; those before it have come out
     * @throws IllegalStateException as {@link #suspend(long)} does
     */
    default void suspendAll(Iterable<Long> values) {
        if (values instanceof LongGenerator generator) {
            LongGenerator.iterate(generator, this);
            return;
        }
        suspendAll(values.iterator());
    }

    /**
     * Suspends with each value that is left. What {@link LongGenerator#resume} passes in is dropped.
     *
     * @param values the values, none of them null
     * @throws NullPointerException if a value is null; those before it have come out
     * @throws IllegalStateException as {@link #suspend(long)} does
     */
    default void suspendAll(Iterator<Long> values) {
        if (values instanceof LongGeneratorIterator cursor) {
            LongGenerator.iterate(cursor.generator(), this);
        } else if (values instanceof PrimitiveIterator.OfLong longs) {
            while (longs.hasNext()) {
                suspend(longs.nextLong());
            }
        } else {
            while (values.hasNext()) {
                suspend(values.next());
            }
        }
    }

    /**
     * Suspends with each value of a stream in turn, and closes the stream, even if the generator is closed before the
     * last value. A parallel stream is made sequential. What {@link LongGenerator#resume} passes in is dropped.
     *
     * @param values the values
     * @throws IllegalStateException as {@link #suspend(long)} does
     */
    default void suspendAll(LongStream values) {
        try (values) {
            Spliterator.OfLong each = values.sequential().spliterator();
            if (each instanceof LongGeneratorIterator cursor) {
                LongGenerator.iterate(cursor.generator(), this);
            } else {
                each.forEachRemaining(this);
            }
        }
    }
}
