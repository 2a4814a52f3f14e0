// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.buffer.Buffer;
import dev.fringe.internal.core.Coroutine;
import java.lang.ref.Reference;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.function.Consumer;

/** The values of a generator one after another, for all who iterate it. */
abstract class GeneratorIterator<O> implements Iterator<O>, Spliterator<O> {

    private GeneratorIterator() {}

    /** The next value, or null if there is none. */
    abstract O take();

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
        Objects.requireNonNull(action, "action");
        O value = take();
        if (value == null) {
            return false;
        }
        action.accept(value);
        return true;
    }

    @Override
    public void forEachRemaining(Consumer<? super O> action) {
        Objects.requireNonNull(action, "action");
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

    /** With one value of look-ahead. */
    static final class Fetching<O> extends GeneratorIterator<O> {

        private final Generator<?, O> generator;
        /** What {@link #hasNext} has fetched; null if nothing. */
        private O fetched;

        Fetching(Generator<?, O> generator) {
            this.generator = generator;
        }

        @Override
        O take() {
            O value = fetched;
            if (value == null) {
                return generator.step(null);
            }
            fetched = null;
            return value;
        }

        @Override
        public boolean hasNext() {
            if (fetched == null) {
                fetched = generator.step(null);
            }
            return fetched != null;
        }
    }

    /** For a body that runs ahead of one thread, so that who looks ahead need not take what there is. */
    static final class Looking<O> extends GeneratorIterator<O> {

        /** Must be reachable, and is not looked at, because what it refers to is at hand here. */
        @SuppressWarnings("unused")
        private final Generator<?, O> generator;
        private final Buffer<O> buffer;
        private final Coroutine<?, O> coroutine;

        Looking(Generator<?, O> generator, Buffer<O> buffer, Coroutine<?, O> coroutine) {
            this.generator = generator;
            this.buffer = buffer;
            this.coroutine = coroutine;
        }

        @Override
        O take() {
            try {
                return buffer.take(coroutine);
            } finally {
                Reference.reachabilityFence(this);
            }
        }

        @Override
        public boolean hasNext() {
            try {
                return buffer.hasNext(coroutine);
            } finally {
                Reference.reachabilityFence(this);
            }
        }

        @Override
        public void forEachRemaining(Consumer<? super O> action) {
            Objects.requireNonNull(action, "action");
            try {
                buffer.forEach(coroutine, action);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
    }
}
