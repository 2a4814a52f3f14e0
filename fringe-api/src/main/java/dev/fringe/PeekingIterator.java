// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Iterator;
import java.util.PrimitiveIterator;
import org.jspecify.annotations.Nullable;

/**
 * An iterator that can be asked for its next element without taking it. For code that decides by the next element
 * what to do with it: a merge of sorted sources, a parser with a token of look-ahead.
 *
 * {@snippet file="GuideSnippets.java" region="peek"}
 *
 * @param <T> the elements
 */
public interface PeekingIterator<T extends @Nullable Object> extends Iterator<T> {

    /**
     * What {@link #next} is going to give. Asked again, it gives the same.
     *
     * @return the next element
     * @throws java.util.NoSuchElementException if there is none
     */
    T peek();

    /** One of {@code long} values, which makes no objects of them. */
    interface OfLong extends PeekingIterator<Long>, PrimitiveIterator.OfLong {

        /**
         * What {@link #nextLong} is going to give. Asked again, it gives the same.
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
