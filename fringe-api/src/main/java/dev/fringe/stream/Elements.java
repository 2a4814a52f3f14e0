// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stream;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a stream, for the body of a {@link Gathering} or {@link Collecting}. Elements may be null if the
 * stream's elements may.
 *
 * <p>Only the body that got it may use it, in its own thread, while it runs. It is not for applications to implement.
 *
 * @param <T> the type of the elements
 */
public interface Elements<T extends @Nullable Object> extends Iterator<T>, Iterable<T> {

    /**
     * Whether there is another element. Suspends the body until that is known.
     *
     * @return false at the end of the stream
     * @throws IllegalStateException if the caller is not the body
     */
    @Override
    boolean hasNext();

    /**
     * Takes the next element. Suspends the body until there is one.
     *
     * @return the element
     * @throws NoSuchElementException at the end of the stream
     * @throws IllegalStateException if the caller is not the body
     */
    @Override
    T next();

    /**
     * Returns the next element without taking it. Suspends the body until there is one.
     *
     * @return the element
     * @throws NoSuchElementException at the end of the stream
     * @throws IllegalStateException if the caller is not the body
     */
    T peek();

    /**
     * Returns this object: a loop takes the elements that have not been taken yet.
     *
     * @return this
     */
    @Override
    default Iterator<T> iterator() {
        return this;
    }
}
