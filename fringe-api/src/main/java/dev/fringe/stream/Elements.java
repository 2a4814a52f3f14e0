// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stream;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a stream, as the body of a {@link Gathering} or {@link Collecting} asks for them. Elements
 * may be null if those of the stream may.
 *
 * <p>Only the body that got it may use it, in its own thread, and as long as it runs. It is not for
 * applications to implement.
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
     * Looks at the next element, which stays the next one. Suspends the body until there is one.
     *
     * @return the element
     * @throws NoSuchElementException at the end of the stream
     * @throws IllegalStateException if the caller is not the body
     */
    T peek();

    /**
     * These elements themselves: a loop takes those that have not been taken yet.
     *
     * @return this
     */
    @Override
    default Iterator<T> iterator() {
        return this;
    }
}
