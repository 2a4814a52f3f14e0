// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.Coroutine;
import dev.fringe.internal.LongCell;
import dev.fringe.internal.Options;
import java.lang.ref.Reference;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;

/**
 * A {@link Generator} of {@code long} values, in and out, which makes no objects of them. For {@code int}
 * values it serves as well: they need no conversion on the way in, and a cast on the way out. Everything
 * that is said of a generator holds for it.
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

    private final LongCell cell;
    private final Coroutine<Void, Object> coroutine;

    private LongGenerator(LongCell cell, Coroutine<Void, Object> coroutine) {
        this.cell = cell;
        this.coroutine = coroutine;
    }

    private static LongGenerator make(boolean shared, Body body) {
        LongCell cell = new LongCell(Objects.requireNonNull(body, "body"));
        return Coroutine.make(new Options(null, OsStack.defaultSize(), shared, false, false, null), cell,
                coroutine -> new LongGenerator(cell, coroutine));
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
        return make(false, body);
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
        return make(true, body);
    }

    /**
     * Runs the body until it suspends or ends, as {@link Generator#resume} does.
     *
     * @param input what the suspended {@link LongYielder#suspend} returns, or the body gets as its input the
     *     first time
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     */
    public OptionalLong resume(long input) {
        return advance(input) ? OptionalLong.of(cell.value()) : OptionalLong.empty();
    }

    private boolean advance(long input) {
        try {
            return cell.resume(coroutine, input);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * The values that the body suspends with, as an iterator that resumes with 0. It can be used once: a
     * second one goes on where the first has stopped asking.
     *
     * @return a new iterator
     */
    public PrimitiveIterator.OfLong iterator() {
        return new Values();
    }

    /** With one value of look-ahead. */
    private final class Values implements PrimitiveIterator.OfLong {

        private boolean fetched;

        @Override
        public boolean hasNext() {
            if (!fetched) {
                fetched = advance(0);
            }
            return fetched;
        }

        @Override
        public long nextLong() {
            if (!hasNext()) {
                throw new NoSuchElementException("the body of the generator has ended");
            }
            fetched = false;
            return cell.value();
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
