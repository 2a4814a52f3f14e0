// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Objects;
import java.util.OptionalLong;
import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The values of a generator one after another. It keeps none itself, so all methods that take values see the same ones.
 */
final class LongGeneratorIterator implements PeekingIterator.OfLong, Spliterator.OfLong {

    private final LongGenerator generator;

    LongGeneratorIterator(LongGenerator generator) {
        this.generator = generator;
    }

    LongGenerator generator() {
        return generator;
    }

    @Override
    public boolean hasNext() {
        return generator.hasNext();
    }

    @Override
    public long nextLong() {
        return generator.next();
    }

    @Override
    public long peekLong() {
        return generator.peek();
    }

    @Override
    public boolean tryAdvance(LongConsumer action) {
        Objects.requireNonNull(action, "action");
        OptionalLong next = generator.resume(0); // in one step, because others may take values, too
        if (next.isEmpty()) {
            return false;
        }
        action.accept(next.getAsLong());
        return true;
    }

    @Override
    public void forEachRemaining(LongConsumer action) {
        generator.each(action);
    }

    @Override
    public void forEachRemaining(Consumer<? super Long> action) {
        Objects.requireNonNull(action, "action");
        generator.each(action instanceof LongConsumer longs ? longs : action::accept);
    }

    @Override
    public Spliterator.@Nullable OfLong trySplit() {
        return null;
    }

    /** Exact as long as the body has not started, because no value has been taken then. */
    @Override
    public long estimateSize() {
        long size = generator.knownSize();
        return size < 0 ? Long.MAX_VALUE : size;
    }

    @Override
    public int characteristics() {
        return ORDERED | NONNULL | (generator.knownSize() < 0 ? 0 : SIZED | SUBSIZED);
    }
}
