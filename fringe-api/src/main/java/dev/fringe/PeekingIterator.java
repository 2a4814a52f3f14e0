// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Iterator;
import java.util.PrimitiveIterator;
import org.jspecify.annotations.Nullable;

/**
 * An iterator that can return its next element without taking it. For code whose action depends on the next element: a
 * merge of sorted sources, a parser with a token of look-ahead.
 *
 * {@snippet file="GuideSnippets.java" region="peek"}
 *
 * @param <T> the elements
 */
public interface PeekingIterator<T extends @Nullable Object> extends Iterator<T> {

    /**
     * Returns the element that {@link #next} will return next. Repeated calls return the same element.
     *
     * @return the next element
     * @throws java.util.NoSuchElementException if there is none
     */
    T peek();

    /** An iterator over {@code long} values, which makes no objects of them. */
    interface OfLong extends PeekingIterator<Long>, PrimitiveIterator.OfLong {

        /**
         * Returns the element that {@link #nextLong} will return next. Repeated calls return the same element.
         *
         * @return the next element
         * @throws java.util.NoSuchElementException if there is none
         */
        long peekLong();

        /**
         * {@inheritDoc}
         *
         * @throws java.util.NoSuchElementException if there is none
         */
        @Override
        default Long peek() {
            return peekLong();
        }
    }
}
