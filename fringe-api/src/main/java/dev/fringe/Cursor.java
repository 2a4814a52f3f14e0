// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.function.Consumer;

/** The values of a generator one after another, for all who iterate it, with one value of look-ahead. */
final class Cursor<O> implements Iterator<O>, Spliterator<O> {

    private final Generator<?, O> generator;
    /** What {@link #hasNext} has fetched; null if nothing. */
    private O fetched;

    Cursor(Generator<?, O> generator) {
        this.generator = generator;
    }

    /** The next value, or null if there is none. */
    private O take() {
        O value = fetched;
        if (value == null) {
            return generator.step(null);
        }
        fetched = null;
        return value;
    }

    /** Keeps no value that it need not keep: a collector's write barrier would cost more than a buffered value. */
    @Override
    public boolean hasNext() {
        if (fetched == null) {
            if (generator.isAhead()) {
                return true;
            }
            fetched = generator.step(null);
        }
        return fetched != null;
    }

    @Override
    public O next() {
        O value = take();
        if (value == null) {
            throw new NoSuchElementException("the body of the generator has ended");
        }
        return value;
    }

    @Override
    public boolean tryAdvance(Consumer<? super O> action) {
        O value = take();
        if (value == null) {
            return false;
        }
        action.accept(value);
        return true;
    }

    @Override
    public void forEachRemaining(Consumer<? super O> action) {
        for (O value = take(); value != null; value = take()) {
            action.accept(value);
        }
    }

    @Override
    public Spliterator<O> trySplit() {
        return null;
    }

    @Override
    public long estimateSize() {
        return Long.MAX_VALUE;
    }

    @Override
    public int characteristics() {
        return ORDERED | NONNULL;
    }
}
