// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The values of a generator one after another. It keeps none itself, so all methods that take values see the same ones.
 */
final class GeneratorIterator<O> implements PeekingIterator<O>, Spliterator<O> {

    private final Generator<?, O> generator;

    GeneratorIterator(Generator<?, O> generator) {
        this.generator = generator;
    }

    Generator<?, O> generator() {
        return generator;
    }

    @Override
    public boolean hasNext() {
        return generator.peek() != null;
    }

    @Override
    public O next() {
        O value = generator.next();
        if (value == null) { // nothing is called with a value, or it might get lost where the stack ends
            throw atEnd();
        }
        return value;
    }

    @Override
    public O peek() {
        O value = generator.peek();
        if (value == null) {
            throw atEnd();
        }
        return value;
    }

    private static NoSuchElementException atEnd() {
        return new NoSuchElementException("the body of the generator has ended");
    }

    @Override
    public boolean tryAdvance(Consumer<? super O> action) {
        Objects.requireNonNull(action, "action");
        O value = generator.next();
        if (value == null) {
            return false;
        }
        action.accept(value);
        return true;
    }

    @Override
    public void forEachRemaining(Consumer<? super O> action) {
        generator.forEach(action);
    }

    @Override
    public @Nullable Spliterator<O> trySplit() {
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
