// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.buffer.LongBuffer;
import dev.fringe.internal.core.LongCell;
import dev.fringe.internal.core.TimeLimit;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.support.BargingLock;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Spliterator;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Generator} of {@code long} values, in and out, which makes no objects of them (a {@linkplain #ofShared
 * shared} one makes one for each value that comes out). It also serves for {@code int} values, which need no conversion
 * on the way in and a cast on the way out. Threads, locks, exceptions, look-ahead and end are as in {@link Generator}.
 * A for-each loop makes objects of the values; the iterator, spliterator and stream do not.
 *
 * {@snippet file="GuideSnippets.java" region="long"}
 */
public final class LongGenerator implements Iterable<Long>, AutoCloseable {

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

    /**
     * A body that needs no input. A {@link LongYielder} is a {@link LongConsumer}, so {@code LongStream.range(0,
     * 9)::forEach} is one.
     */
    @FunctionalInterface
    public interface Producer {

        /**
         * Runs on the stack of the generator.
         *
         * @param yielder suspends the generator
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        void run(LongYielder yielder) throws Exception;
    }

    private static final Options CONFINED = new Options(null, Options.ANY_SIZE, false, false, false, null);
    private static final Options SHARED = new Options(null, Options.ANY_SIZE, true, false, false, null);

    /** Guards each generator's iterator while it is made. */
    private static final BargingLock CURSORS = new BargingLock();

    /** What carries a value, unless there is a buffer. */
    private final LongCell cell;
    /** What the body has produced ahead; null if it does not. */
    private final @Nullable LongBuffer buffer;
    private final Coroutine<?, Object> coroutine;
    /** Made when it is first asked for. */
    private @Nullable LongGeneratorIterator iterator;
    /** How many values there are, or -1 if that is not known. */
    private long size = -1;

    private LongGenerator(LongCell cell, @Nullable LongBuffer buffer, Coroutine<?, Object> coroutine) {
        this.cell = cell;
        this.buffer = buffer;
        this.coroutine = coroutine;
    }

    private static LongGenerator make(Options options, Body body) {
        LongCell cell = new LongCell(Objects.requireNonNull(body, "body"), options.shared());
        return Coroutine.make(options, cell, coroutine -> new LongGenerator(cell, null, coroutine));
    }

    @SuppressWarnings("NullAway") // there is no cell where there is a buffer, and it is not asked for
    private static LongGenerator makeAhead(Options options, int ahead, Producer body) {
        LongBuffer buffer = new LongBuffer(ahead, options.shared() ? null : Thread.currentThread(),
                Objects.requireNonNull(body, "body"));
        return Coroutine.make(options, buffer, coroutine -> new LongGenerator(null, buffer, coroutine));
    }

    private static Body ignoringInput(Producer body) {
        Objects.requireNonNull(body, "body");
        return (yielder, input) -> body.run(yielder);
    }

    private LongGenerator withSize(long known) {
        size = known;
        return this;
    }

    /** How many values there will be, if that is known and the body has not started; otherwise -1. */
    long knownSize() {
        return size < 0 || state() != Generator.State.NEW ? -1 : size;
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
     * Creates a generator that is confined to the calling thread and whose body needs no input, on a stack from the
     * library's pool.
     *
     * @param body what it runs
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static LongGenerator of(Producer body) {
        return make(CONFINED, ignoringInput(body));
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
     * Creates a generator that any thread may resume and whose body needs no input, on a stack from the library's pool.
     *
     * @param body what it runs
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static LongGenerator ofShared(Producer body) {
        return make(SHARED, ignoringInput(body));
    }

    /**
     * Returns the values that a body suspends with, as a sequential stream whose {@code close} closes the generator:
     * the same as {@code LongGenerator.of(body).stream()}, in one call.
     *
     * @param body what it runs
     * @return a stream, confined to the calling thread
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static LongStream stream(Producer body) {
        return of(body).stream();
    }

    /**
     * Returns a builder, for options that {@link #of} does not have.
     *
     * @return a builder of confined generators on stacks from the library's pool
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Makes generators. {@link Generator.Builder} describes each option in full. */
    public static final class Builder {

        private final Generator.Builder choices = Generator.builder();

        private Builder() {}

        /**
         * Lets any thread resume the generator.
         *
         * @return this builder
         */
        public Builder shared() {
            choices.shared();
            return this;
        }

        /**
         * Runs the generator on a given stack, which remains the caller's.
         *
         * @param stack the stack, which nothing else uses
         * @return this builder
         */
        public Builder stack(Stack stack) {
            choices.stack(stack);
            return this;
        }

        /**
         * Runs the generator on a stack of the library's that has at least this size.
         *
         * @param size the size in bytes, rounded up to whole pages
         * @return this builder
         * @throws IllegalArgumentException if {@code size} is not positive
         */
        public Builder stackSize(long size) {
            choices.stackSize(size);
            return this;
        }

        /**
         * Gives the body a thread that no other body uses before or after it.
         *
         * @return this builder
         */
        public Builder freshThread() {
            choices.freshThread();
            return this;
        }

        /**
         * Lets an interrupt of the resumer reach the body; see {@link Generator.Builder#interruptible}.
         *
         * @return this builder
         */
        public Builder interruptible() {
            choices.interruptible();
            return this;
        }

        /**
         * Names the generator's thread, as thread dumps and profilers show it.
         *
         * @param name the name
         * @return this builder
         */
        public Builder name(String name) {
            choices.name(name);
            return this;
        }

        /**
         * Gives the body a context of its resumer; see {@link Generator.Builder#context}.
         *
         * @param context what to capture of the resumer and to give to the body
         * @return this builder
         */
        public Builder context(BodyContext<?> context) {
            choices.context(context);
            return this;
        }

        /**
         * Sets the number of values that the body suspends with, so that the generator's spliterator and stream know
         * their size; see {@link Generator.Builder#size}.
         *
         * @param size the exact number
         * @return this builder
         * @throws IllegalArgumentException if {@code size} is negative
         */
        public Builder size(long size) {
            choices.size(size);
            return this;
        }

        /**
         * Closes the generator when the virtual machine shuts down, if its body is suspended then, and makes it
         * shared; see {@link Generator.Builder#closedAtShutdown}.
         *
         * @return this builder
         */
        public Builder closedAtShutdown() {
            choices.closedAtShutdown();
            return this;
        }

        /**
         * Lets the body run ahead of the resumer; see {@link Generator.Builder#buffered}. Call this last.
         *
         * {@snippet file="GuideSnippets.java" region="bufferedLongs"}
         *
         * @param n the largest number of values that one switch brings, at least 1
         * @return a builder of buffered generators with the present options of this builder
         * @throws IllegalArgumentException if {@code n} is less than 1
         */
        public BufferedBuilder buffered(int n) {
            if (n < 1) {
                throw new IllegalArgumentException("a buffer can't have room for " + n + " values");
            }
            return new BufferedBuilder(choices.options(), choices.knownSize(), n);
        }

        /**
         * Creates a generator whose body needs no input.
         *
         * @param body what it runs
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public LongGenerator build(Producer body) {
            return make(choices.options(), ignoringInput(body)).withSize(choices.knownSize());
        }

        /**
         * Creates a generator.
         *
         * @param body what it runs
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public LongGenerator build(Body body) {
            return make(choices.options(), body).withSize(choices.knownSize());
        }
    }

    /** Makes generators whose bodies run ahead, as {@link Generator.BufferedBuilder} does. */
    public static final class BufferedBuilder {

        private final Options options;
        private final long size;
        private final int ahead;

        private BufferedBuilder(Options options, long size, int ahead) {
            this.options = options;
            this.size = size;
            this.ahead = ahead;
        }

        /**
         * Creates a generator.
         *
         * @param body what it runs
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public LongGenerator build(Producer body) {
            return makeAhead(options, ahead, body).withSize(size);
        }
    }

    /**
     * Runs the body until it suspends or ends, as {@link Generator#resume} does.
     *
     * @param input what the suspended {@link LongYielder#suspend} returns, or, the first time, the input of the body; a
     *     buffered body does not get it
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     * @throws StackOverflowError if the caller has no room on its stack for the call; the body has not been
     *     resumed then
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
     * Runs the body until it suspends or ends, for bodies that need no input: {@link #resume(long) resume} with 0.
     *
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     * @throws StackOverflowError if the caller has no room on its stack for the call; the body has not been
     *     resumed then
     */
    public OptionalLong resume() {
        return resume(0);
    }

    /**
     * Runs the body until it suspends or ends, and interrupts it if that takes longer than a time limit; see {@link
     * Generator#resume(Object, Duration)}.
     *
     * @param input as for {@link #resume(long)}
     * @param limit how long the body may run; if it is zero or negative, the body is interrupted as soon as it goes on
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws TimeoutException if the body was interrupted because the time was over, and then ended with an exception,
     *     which is the cause
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed, or if it is not {@linkplain
     *     Builder#interruptible interruptible}
     */
    public OptionalLong resume(long input, Duration limit) throws TimeoutException {
        Objects.requireNonNull(limit, "limit");
        if (!coroutine.isInterruptible()) {
            throw new IllegalStateException("a body that can't be interrupted can't have a time limit; make the generator"
                    + " with LongGenerator.builder().interruptible()");
        }
        return TimeLimit.resume(limit, () -> resume(input));
    }

    /**
     * Takes the next value and closes the generator.
     *
     * @return the value, or empty if the body has ended before there was one
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     */
    public OptionalLong first() {
        try (this) {
            return resume(0);
        }
    }

    /**
     * Takes the next values and closes the generator, even if there were fewer. The body does not run beyond the last
     * value that is taken, unless it is buffered.
     *
     * @param n the largest number of values, at least 0
     * @return the values
     * @throws IllegalArgumentException if {@code n} is negative
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     */
    public long[] take(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("can't take " + n + " values");
        }
        try (this) {
            return stream().limit(n).toArray();
        }
    }

    /**
     * Passes each value to an action until the action returns false or the body ends, and closes the generator, also if
     * either throws.
     *
     * @param action takes each value; returns false to stop
     * @return true if the body has ended, false if {@code action} has stopped it
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     */
    public boolean forEachWhile(LongPredicate action) {
        Objects.requireNonNull(action, "action");
        try (this) {
            for (OptionalLong value = resume(0); value.isPresent(); value = resume(0)) {
                if (!action.test(value.getAsLong())) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Runs the body until it suspends or ends, but has the {@link LongYielder#suspend} in which it is suspended
     * throw an exception, as {@link Generator#throwInto} does.
     *
     * @param exception what {@code suspend} throws, the same object, checked or not. If the body does not
     *     catch it, or has ended, this method throws it
     * @return what the body suspends with next, or empty if it has ended
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed, or if a value that {@code hasNext}
     *     has fetched has not been taken
     * @throws UnsupportedOperationException if the generator is {@linkplain Builder#buffered buffered}
     */
    public OptionalLong throwInto(Throwable exception) {
        Objects.requireNonNull(exception, "exception");
        if (buffer != null) {
            throw new UnsupportedOperationException("a buffered generator's body runs ahead, so there is no"
                    + " suspension point to throw into");
        }
        try {
            OptionalLong.of(0); // as in resume
            Object output = coroutine.throwInto(exception);
            return output == null ? OptionalLong.empty() : OptionalLong.of(cell.value(output));
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Whether there is one more value. */
    boolean hasNext() {
        try {
            return buffer != null ? buffer.hasNext(coroutine) : cell.peek(coroutine) != null;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** The next value. */
    long next() {
        try {
            if (buffer != null) {
                return buffer.next(coroutine);
            }
            Object output = cell.resume(coroutine, 0);
            if (output == null) {
                throw new NoSuchElementException("the body of the generator has ended");
            }
            return cell.value(output);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** The next value, which is not taken. */
    long peek() {
        try {
            if (buffer != null) {
                return buffer.peek(coroutine);
            }
            Object output = cell.peek(coroutine);
            if (output == null) {
                throw new NoSuchElementException("the body of the generator has ended");
            }
            return cell.value(output);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** What {@link LongYielder#suspendAll(LongGenerator, long)} does; called by the body of the yielder. */
    static void standIn(LongGenerator generator, LongYielder yielder, long input) {
        try {
            if (generator.buffer != null || !LongCell.standIn(generator.coroutine, yielder, input, false)) {
                passOn(generator, yielder, input);
            }
        } finally {
            Reference.reachabilityFence(generator);
        }
    }

    /** The same where the other runs ahead: value by value. */
    private static void passOn(LongGenerator generator, LongYielder yielder, long input) {
        try {
            long next = input;
            for (OptionalLong output = generator.resume(next); output.isPresent(); output = generator.resume(next)) {
                next = yielder.suspend(output.getAsLong());
            }
        } catch (Throwable t) {
            if (yielder.isClosing()) {
                try { // what it throws is reported with the unwinding, and does not replace it
                    generator.close();
                } catch (Throwable failure) {
                    t.addSuppressed(failure);
                }
            }
            throw t;
        }
    }

    /** A loop over the values of a generator that suspends with each, without a switch to the loop's body for each. */
    static void iterate(LongGenerator generator, LongYielder yielder) {
        try {
            if (generator.buffer != null || !LongCell.standIn(generator.coroutine, yielder, 0, true)) {
                generator.each(yielder);
            }
        } finally {
            Reference.reachabilityFence(generator);
        }
    }

    /** Passes each value that is left to an action. */
    void each(LongConsumer action) {
        Objects.requireNonNull(action, "action");
        try {
            if (buffer != null) {
                buffer.forEach(coroutine, action);
                return;
            }
            for (Object output = cell.resume(coroutine, 0); output != null; output = cell.resume(coroutine, 0)) {
                action.accept(cell.value(output));
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Returns the values that the body suspends with, as an iterator that resumes with 0 whenever it needs a value. Its
     * methods throw what {@link #resume} throws.
     *
     * <p>There is one iterator for each generator, and one value of look-ahead: the iterator, {@link #resume}, the
     * {@linkplain #spliterator spliterator} and the {@link #stream} next give out what {@code hasNext} or {@code peek}
     * has fetched. {@code resume} then drops its input. Closing the generator discards the fetched value. Several
     * threads may use the iterator of a shared generator, but after {@code hasNext} in one thread another may take the
     * value.
     *
     * @return the iterator of this generator, whose {@code nextLong} throws {@link NoSuchElementException} at
     *     the end
     */
    @Override
    public PeekingIterator.OfLong iterator() {
        return cursor();
    }

    private LongGeneratorIterator cursor() {
        LongGeneratorIterator existing = iterator;
        return existing == null ? newCursor() : existing;
    }

    private LongGeneratorIterator newCursor() {
        CURSORS.lock();
        try {
            if (iterator == null) {
                iterator = new LongGeneratorIterator(this);
            }
            return iterator;
        } finally {
            CURSORS.held = 0;
        }
    }

    /**
     * Returns the values that the body suspends with, as a spliterator. It is {@link java.util.Spliterator#ORDERED} and
     * {@link java.util.Spliterator#NONNULL}, and does not split: bodies run in one thread. It knows its size only if
     * {@link Builder#size} gives it and the body has not started.
     *
     * @return the spliterator of this generator
     */
    @Override
    public Spliterator.OfLong spliterator() {
        return cursor();
    }

    /**
     * Returns the values that the body suspends with, as a sequential stream that resumes with 0. Closing the stream
     * closes the generator. For {@code int} values there is {@link LongStream#mapToInt}. A {@linkplain
     * LongStream#parallel parallel} stream, too, takes the values in the thread that evaluates it.
     *
     * @return a stream over the values that have not been taken yet
     */
    public LongStream stream() {
        return StreamSupport.longStream(cursor(), false).onClose(this::close);
    }

    /**
     * Returns what the generator does at the moment, as {@link Generator#state} does.
     *
     * @return the state
     */
    public Generator.State state() {
        return coroutine.state();
    }

    /**
     * Returns the stack trace of the body, as {@link Generator#backtrace} does.
     *
     * @return the frames; empty if the body has ended
     */
    public StackTraceElement[] backtrace() {
        return coroutine.backtrace();
    }

    /**
     * Gives back the stack that the generator was made with, as {@link Generator#unwrap} does.
     *
     * @return the stack that was given to {@link Builder#stack}
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the body has not ended or could not be unwound, if the generator was not made
     *     with a stack, if the stack has been given back already, or if its thread can't end yet
     * @throws OutOfMemoryError if the generator's thread can't be ended for want of a kernel thread;
     *     nothing has changed then
     */
    public Stack unwrap() {
        try {
            return coroutine.unwrap();
        } finally {
            Reference.reachabilityFence(this);
        }
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

    @Override
    public String toString() {
        return "LongGenerator[" + state() + "]";
    }
}
