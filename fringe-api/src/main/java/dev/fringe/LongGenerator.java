// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.buffer.LongBuffer;
import dev.fringe.internal.core.LongCell;
import dev.fringe.internal.engine.Options;
import java.lang.ref.Reference;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;

/**
 * A {@link Generator} of {@code long} values, in and out, which makes no objects of them (a {@linkplain
 * #ofShared shared} one makes one of each that comes out). For {@code int} values it serves as well: they need
 * no conversion on the way in, and a cast on the way out. What is said of a generator's threads, locks,
 * exceptions and end holds for it. It has {@code resume}, an iterator and a stream; what needs an {@link
 * Iterable}, {@code throwInto}, delegation, a builder or a given stack needs a {@code Generator<Long, Long>}.
 *
 * {@snippet file="GuideSnippets.java" region="long"}
 */
public final class LongGenerator implements AutoCloseable {

    /** What a generator runs. */
    @FunctionalInterface
    public interface Body {

        /**
         * Runs on the stack of the generator.
         *
         * @param yielder suspends the generator
         * @param input what the first {@code resume} passed in
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        void run(LongYielder yielder, long input) throws Exception;
    }

    /** What {@link #buffered} runs. */
    @FunctionalInterface
    public interface Producer {

        /**
         * Runs on the stack of the generator.
         *
         * @param values takes each value, as {@link LongYielder#accept} does
         * @throws Exception whatever it throws is thrown by the {@code resume} that comes to it
         */
        void run(LongConsumer values) throws Exception;
    }

    private static final Options CONFINED = new Options(null, Options.ANY_SIZE, false, false, false, null);
    private static final Options SHARED = new Options(null, Options.ANY_SIZE, true, false, false, null);

    /** What carries a value, unless there is a buffer. */
    private final LongCell cell;
    /** What the body has produced ahead; null if it does not. */
    private final LongBuffer buffer;
    private final Coroutine<Void, Object> coroutine;
    /** Made when it is first asked for. */
    private PrimitiveIterator.OfLong iterator;

    private LongGenerator(LongCell cell, LongBuffer buffer, Coroutine<Void, Object> coroutine) {
        this.cell = cell;
        this.buffer = buffer;
        this.coroutine = coroutine;
    }

    private static LongGenerator make(Options options, Body body) {
        LongCell cell = new LongCell(Objects.requireNonNull(body, "body"), options.shared());
        return Coroutine.make(options, cell, coroutine -> new LongGenerator(cell, null, coroutine));
    }

    /**
     * Creates a generator that is confined to the calling thread, on a stack from the library's pool.
     *
     * @param body what it runs
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static LongGenerator of(Body body) {
        return make(CONFINED, body);
    }

    /**
     * Creates a generator that any thread may resume, on a stack from the library's pool.
     *
     * @param body what it runs
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static LongGenerator ofShared(Body body) {
        return make(SHARED, body);
    }

    /**
     * Creates a generator that is confined to the calling thread and whose body runs ahead, as that of {@link
     * Generator.Builder#buffered} does, with the same consequences: what the body does besides producing is
     * done earlier, values that nobody has taken are lost when the generator is closed, and an exception comes
     * after the values that were produced before it.
     *
     * {@snippet file="GuideSnippets.java" region="bufferedLongs"}
     *
     * @param n how many values the body produces at most before it waits for all of them to be taken; at least 1
     * @param body what it runs
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code n} is not positive
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static LongGenerator buffered(int n, Producer body) {
        if (n < 1) {
            throw new IllegalArgumentException("a buffer can't have room for " + n + " values");
        }
        LongBuffer buffer = new LongBuffer(n, Thread.currentThread(), Objects.requireNonNull(body, "body"));
        return Coroutine.make(CONFINED, buffer, coroutine -> new LongGenerator(null, buffer, coroutine));
    }

    /**
     * Runs the body until it suspends or ends, as {@link Generator#resume} does.
     *
     * @param input what the suspended {@link LongYielder#suspend} returns, or the body gets as its input the
     *     first time; a buffered body does not get it
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     */
    public OptionalLong resume(long input) {
        try {
            if (buffer != null) {
                return buffer.take(coroutine);
            }
            OptionalLong.of(input); // if there is no room to call it after the switch, it is known before
            Object output = cell.resume(coroutine, input);
            return output == null ? OptionalLong.empty() : OptionalLong.of(cell.value(output));
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * The values that the body suspends with, as an iterator that resumes with 0 whenever it is asked for a
     * value that it does not have. What {@link #resume} throws, its methods throw.
     *
     * <p>There is one iterator for each generator, which {@link #stream} uses, too. A value that {@code
     * hasNext} has fetched comes next in both, but is not seen by {@code resume}; if the generator is
     * {@linkplain #buffered buffered}, {@code hasNext} fetches nothing, and {@code resume} gets the value. Of
     * a shared generator, one thread at a time may use it, and what the threads do is for the caller to order.
     *
     * @return the iterator of this generator, whose {@code nextLong} throws {@link NoSuchElementException} at
     *     the end
     */
    public PrimitiveIterator.OfLong iterator() {
        PrimitiveIterator.OfLong existing = iterator;
        return existing == null ? newIterator() : existing;
    }

    private synchronized PrimitiveIterator.OfLong newIterator() {
        if (iterator == null) {
            iterator = buffer == null ? new Fetching(this) : new Looking(this);
        }
        return iterator;
    }

    /** With one value of look-ahead. */
    private static final class Fetching implements PrimitiveIterator.OfLong {

        private final LongGenerator generator;
        private boolean isFetched;
        private long fetched;

        Fetching(LongGenerator generator) {
            this.generator = generator;
        }

        @Override
        public boolean hasNext() {
            if (!isFetched) {
                OptionalLong next = generator.resume(0);
                isFetched = next.isPresent();
                fetched = next.orElse(0);
            }
            return isFetched;
        }

        @Override
        public long nextLong() {
            if (!hasNext()) {
                throw new NoSuchElementException("the body of the generator has ended");
            }
            isFetched = false;
            return fetched;
        }
    }

    /** For a body that runs ahead, so that who looks ahead need not take what there is. */
    private static final class Looking implements PrimitiveIterator.OfLong {

        /** Must be reachable, and is not looked at, because what it refers to is at hand here. */
        @SuppressWarnings("unused")
        private final LongGenerator generator;
        private final LongBuffer buffer;
        private final Coroutine<Void, Object> coroutine;

        Looking(LongGenerator generator) {
            this.generator = generator;
            buffer = generator.buffer;
            coroutine = generator.coroutine;
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
        public long nextLong() {
            try {
                return buffer.next(coroutine);
            } finally {
                Reference.reachabilityFence(this);
            }
        }

        @Override
        public void forEachRemaining(LongConsumer action) {
            Objects.requireNonNull(action, "action");
            try {
                buffer.forEach(coroutine, action);
            } finally {
                Reference.reachabilityFence(this);
            }
        }
    }

    /**
     * The values that the body suspends with, as a sequential stream that resumes with 0. Closing the stream
     * closes the generator. For {@code int} values there is {@link LongStream#mapToInt}.
     *
     * @return a stream over the values that have not been taken yet
     */
    public LongStream stream() {
        return StreamSupport.longStream(Spliterators.spliteratorUnknownSize(iterator(),
                Spliterator.ORDERED | Spliterator.NONNULL), false).onClose(this::close);
    }

    /**
     * What the generator does at the moment.
     *
     * @return the state
     */
    public Generator.State state() {
        return coroutine.state();
    }

    /**
     * Frees the generator, as {@link Generator#close} does.
     *
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running, or if the body could not be unwound
     */
    @Override
    public void close() {
        try {
            coroutine.close(false);
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
