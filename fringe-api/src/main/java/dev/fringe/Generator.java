// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.buffer.Buffer;
import dev.fringe.internal.core.Closing;
import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.core.ReceiverBody;
import dev.fringe.internal.core.StepBody;
import dev.fringe.internal.core.TimeLimit;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.publish.GeneratorPublisher;
import dev.fringe.internal.support.BargingLock;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Spliterator;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A function that can be suspended in the middle, at any depth of calls, and resumed later.
 *
 * <p>The first {@link #resume} calls the <i>body</i>, which runs until it {@linkplain Yielder#suspend suspends} with a
 * value; {@code resume} returns that value. The next {@code resume} goes on from there, and {@code suspend} returns its
 * argument. When the body returns, {@code resume} returns an empty {@link Optional}, and so does each later call. An
 * exception that leaves the body leaves the {@code resume} that was running it: the same object, checked or not. After
 * that {@code resume} is empty, too.
 *
 * {@snippet file="ReadmeSnippets.java" region="numbers"}
 *
 * <p><b>Iteration.</b> A generator whose body needs no input, a {@link Producer}, can be used in a for-each loop, as an
 * {@link Iterator} or as a {@link Stream}:
 *
 * {@snippet file="ReadmeSnippets.java" region="tree"}
 *
 * <p>Like a {@link java.nio.file.DirectoryStream}, a generator can be iterated once: a second loop goes on where the
 * first stopped. A class that can be iterated any number of times creates a generator in its {@link Iterable#iterator}
 * method.
 *
 * <p><b>Stacks.</b> The body has a call stack of its own, so it may suspend anywhere, even inside a callback of code
 * that knows nothing of generators. On native stacks a switch takes some 30 ns: it saves and loads a few registers,
 * without the operating system. A suspended generator there has no kernel thread.
 *
 * <p><b>Threads.</b> A generator is <i>confined</i> or <i>shared</i>, in the sense of {@link java.lang.foreign.Arena}.
 * Only the thread that created a confined one may resume and close it; other threads get a {@link
 * WrongThreadException}. Any thread may resume a shared one, but never two at once. What one thread did before {@code
 * resume} returned <i>happens-before</i> what the next does in the body. Sharing costs an atomic operation per {@code
 * resume}.
 *
 * <p>For Java, a body runs in a thread of its own: {@link Thread#currentThread} is the generator's, and so are locks
 * and thread-locals. The thread that calls {@code resume} executes the body, and waits meanwhile. So a body that waits
 * for a lock held by its resumer never gets it. On native stacks a virtual thread is pinned to its carrier while a body
 * runs that it resumed.
 *
 * <p><b>Closing.</b> A body that has run to its end holds nothing. Close a generator whose body has not, so that its
 * {@code finally} blocks run and its stack is freed; use try-with-resources. A thread of the library closes a generator
 * some time after it has become unreachable. That does not work if the body refers to the generator itself: a suspended
 * body is alive, and so is what it refers to.
 *
 * @param <I> what {@link #resume} passes in
 * @param <O> what {@link Yielder#suspend} passes out
 */
public final class Generator<I extends @Nullable Object, O> implements Iterable<O>, AutoCloseable {

    /**
     * What a generator runs.
     *
     * @param <I> what {@link Generator#resume} passes in
     * @param <O> what {@link Yielder#suspend} passes out
     */
    @FunctionalInterface
    public interface Body<I extends @Nullable Object, O> {

        /**
         * Runs on the stack of the generator.
         *
         * @param yielder suspends the generator
         * @param input what the first {@code resume} passed in
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        void run(Yielder<I, O> yielder, I input) throws Exception;
    }

    /**
     * A body that needs no input. A {@link Yielder} is a {@link java.util.function.Consumer}, so {@code list::forEach}
     * is one.
     *
     * @param <O> what {@link Yielder#suspend} passes out
     */
    @FunctionalInterface
    public interface Producer<O> {

        /**
         * Runs on the stack of the generator.
         *
         * @param yielder suspends the generator
         * @throws Exception whatever it throws is thrown by the {@code resume} that runs it
         */
        void run(Yielder<Void, O> yielder) throws Exception;
    }

    /** What a generator does at the moment. */
    public enum State {
        /** The body has not started: the generator can be resumed. */
        NEW,
        /** The body is suspended: the generator can be resumed. */
        SUSPENDED,
        /**
         * A thread is in {@link Generator#resume resume}, {@link Generator#throwInto throwInto} or {@link
         * Generator#close close}.
         */
        RUNNING,
        /**
         * The body has returned or thrown. {@link Generator#resume} is empty, unless {@code hasNext} has fetched the
         * result of a body that {@linkplain Step returns a value}.
         */
        FINISHED,
        /** The generator was closed before its body had ended. */
        CLOSED
    }

    private static final Options CONFINED = new Options(null, Options.ANY_SIZE, false, false, false, null);
    private static final Options SHARED = new Options(null, Options.ANY_SIZE, true, false, false, null);

    /** Guards each generator's iterator while it is made. */
    private static final BargingLock CURSORS = new BargingLock();

    private final Coroutine<I, O> coroutine;
    /** What the body has produced ahead; null if it does not. */
    private final @Nullable Buffer<O> buffer;
    /** The one iterator, made when it is first asked for. */
    private @Nullable GeneratorIterator<O> cursor;

    /** How many values there are, or -1 if that is not known. */
    private long size = -1;

    private Generator(Coroutine<I, O> coroutine, @Nullable Buffer<O> buffer) {
        this.coroutine = coroutine;
        this.buffer = buffer;
    }

    private Generator<I, O> withSize(long known) {
        size = known;
        return this;
    }

    /** How many values there will be, if the body has not started and that is known; otherwise -1. */
    long knownSize() {
        return size < 0 || state() != State.NEW ? -1 : size;
    }

    private static <I extends @Nullable Object, O> Generator<I, O> make(Options options, Body<I, O> body) {
        return Coroutine.make(options, body, coroutine -> new Generator<>(coroutine, null));
    }

    private static <O> Generator<Void, O> makeAhead(Options options, int ahead, Producer<O> body) {
        Buffer<O> buffer = new Buffer<>(ahead, options.shared() ? null : Thread.currentThread(),
                Objects.requireNonNull(body, "body"));
        return Coroutine.make(options, buffer, coroutine -> new Generator<>(coroutine, buffer));
    }

    private static <O> Body<Void, O> ignoringInput(Producer<O> body) {
        Objects.requireNonNull(body, "body");
        return (yielder, input) -> body.run(yielder);
    }

    private static <I extends @Nullable Object, O, R extends @Nullable Object> Body<I, Step<O, R>> steps(
            Step.Body<I, O, R> body) {
        return new StepBody<>(Objects.requireNonNull(body, "body"));
    }

    private static <O, R extends @Nullable Object> Body<Void, Step<O, R>> steps(Step.Producer<O, R> body) {
        Objects.requireNonNull(body, "body");
        return new StepBody<>((yielder, input) -> body.run(yielder));
    }

    /**
     * Creates a generator that is confined to the calling thread, on a stack from the library's pool.
     *
     * @param body what it runs
     * @param <I> what {@link #resume} passes in
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine; the message names the artefact to add
     * @throws IllegalCallerException if the virtual machine denies native access; the message names the
     *     flag to add
     * @throws IllegalStateException if the backend can't be loaded; the message says why
     * @throws IllegalArgumentException if the system property {@code dev.fringe.stackSize} is too small for a
     *     Java body
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <I extends @Nullable Object, O> Generator<I, O> of(Body<I, O> body) {
        return make(CONFINED, body);
    }

    /**
     * Creates a generator that is confined to the calling thread and whose body needs no input, on a stack
     * from the library's pool.
     *
     * @param body what it runs
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <O> Generator<Void, O> of(Producer<O> body) {
        return make(CONFINED, ignoringInput(body));
    }

    /**
     * Creates a generator that is confined to the calling thread and whose body suspends with values and returns one,
     * on a stack from the library's pool. It gives out {@linkplain Step steps}: any number of {@link Step.Yielded},
     * then one {@link Step.Returned}.
     *
     * {@snippet file="GuideSnippets.java" region="step"}
     *
     * @param body what it runs
     * @param <I> what {@link #resume} passes in
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what the body returns
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <I extends @Nullable Object, O, R extends @Nullable Object> Generator<I, Step<O, R>> ofSteps(
            Step.Body<I, O, R> body) {
        return make(CONFINED, steps(body));
    }

    /**
     * Creates a generator that is confined to the calling thread and whose body needs no input, suspends with values
     * and returns one; see {@link #ofSteps(Step.Body)}.
     *
     * @param body what it runs
     * @param <O> what {@link Yielder#suspend} passes out
     * @param <R> what the body returns
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <O, R extends @Nullable Object> Generator<Void, Step<O, R>> ofSteps(Step.Producer<O, R> body) {
        return make(CONFINED, steps(body));
    }

    /**
     * Creates a generator that is confined to the calling thread and whose body only takes input, on a stack from the
     * library's pool. Each {@link #resume resume} gives the body one input and runs it until it asks for another. It
     * returns true then, and is empty if the body has ended.
     *
     * {@snippet file="BridgeSnippets.java" region="receiver"}
     *
     * @param body what it runs
     * @param <I> what {@link #resume} passes in
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <I extends @Nullable Object> Generator<I, Boolean> ofReceiver(Receiver.Body<I> body) {
        return make(CONFINED, new ReceiverBody<>(Objects.requireNonNull(body, "body")));
    }

    /**
     * Creates a generator that is confined to the calling thread, on a given stack. The stack remains the caller's.
     * Close it after the generator has been closed or {@linkplain #unwrap() unwrapped}.
     *
     * @param stack the stack to run on, which nothing else uses
     * @param body what it runs
     * @param <I> what {@link #resume} passes in
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
     * @throws IllegalStateException if the stack is in use or has been closed
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a body on a
     *     given stack
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <I extends @Nullable Object, O> Generator<I, O> of(Stack stack, Body<I, O> body) {
        return builder().stack(stack).build(body);
    }

    /**
     * Creates a generator that any thread may resume, on a stack from the library's pool.
     *
     * @param body what it runs
     * @param <I> what {@link #resume} passes in
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <I extends @Nullable Object, O> Generator<I, O> ofShared(Body<I, O> body) {
        return make(SHARED, body);
    }

    /**
     * Creates a generator that any thread may resume and whose body needs no input, on a stack from the
     * library's pool.
     *
     * @param body what it runs
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a new generator, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <O> Generator<Void, O> ofShared(Producer<O> body) {
        return make(SHARED, ignoringInput(body));
    }

    /**
     * Makes a publisher of the values that a body suspends with. Each subscriber gets all values, from a generator of
     * its own. That generator is made at the subscriber's first request, resumed once for each requested item, and
     * closed when the subscriber cancels. {@code onComplete} comes when one item more is requested than there are.
     * Passes the Reactive Streams TCK.
     *
     * {@snippet file="GuideSnippets.java" region="publisher"}
     *
     * @param executor runs the body and sends the signals, for each subscriber one after the other; must not discard
     *     tasks. If it rejects a task, the subscription ends with the {@link
     *     java.util.concurrent.RejectedExecutionException}
     * @param body what each of the generators runs. An exception that leaves it is sent by {@code onError}
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a new publisher, which any number of threads may subscribe to
     */
    public static <O> Flow.Publisher<O> publisher(Executor executor, Producer<O> body) {
        return builder().publisher(executor, body);
    }

    /**
     * Returns a builder, for options that {@link #of(Body)} does not have.
     *
     * @return a builder of confined generators on stacks from the library's pool
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Makes generators. A builder can make any number of them. It is not safe for use by several threads at once.
     */
    public static final class Builder {

        private @Nullable Stack stack;
        private long stackSize = Options.ANY_SIZE;
        private boolean shared;
        private boolean freshThread;
        private boolean interruptible;
        private @Nullable String name;
        private @Nullable BodyContext<?> context;
        private boolean closedAtShutdown;
        private long size = -1;

        private Builder() {}

        /**
         * Lets any thread resume the generator.
         *
         * @return this builder
         */
        public Builder shared() {
            shared = true;
            return this;
        }

        /**
         * Runs the generator on a given stack, which remains the caller's.
         *
         * @param stack the stack, which nothing else uses
         * @return this builder
         */
        public Builder stack(Stack stack) {
            this.stack = Objects.requireNonNull(stack, "stack");
            return this;
        }

        /**
         * Runs the generator on a stack of the library's that has at least this size. Each size has a pool
         * of its own. Does nothing if a {@link #stack(Stack)} is given.
         *
         * @param size the size in bytes, rounded up to whole pages
         * @return this builder
         * @throws IllegalArgumentException if {@code size} is not positive
         */
        public Builder stackSize(long size) {
            if (size <= 0 || size > Long.MAX_VALUE >> 1) {
                throw new IllegalArgumentException("the size of a stack can't be " + size
                        + " bytes; it is at least 1, and rounded up to whole pages");
            }
            stackSize = size;
            return this;
        }

        /**
         * Gives the body a thread that no other body uses before or after it: for bodies that rely on unset
         * thread-locals, or leave large values in them. Creation and closing become slower by hundreds of microseconds.
         * A generator on a given stack always has such a thread.
         *
         * @return this builder
         */
        public Builder freshThread() {
            freshThread = true;
            return this;
        }

        /**
         * Lets an interrupt of the resumer reach the body. While a thread is in {@link Generator#resume resume}, {@link
         * Generator#throwInto throwInto} or {@link Generator#close close} of the generator, it and the body's thread
         * have one interrupt status:
         *
         * <ul>
         * <li>An interrupt of the resumer interrupts the body. A body that sleeps, waits or parks is woken, and a
         *     channel on which it is blocked is closed, as if the body's thread had been interrupted. If the body has
         *     resumed another interruptible generator, that one's body is interrupted, too, and so on.
         * <li>If the resumer is interrupted already when it resumes, the body is interrupted when it goes on.
         * <li>When the body suspends or ends, its status becomes the resumer's. It is set if it is still set, for
         *     instance because the body has caught an {@link InterruptedException} and interrupted its own thread
         *     again. It is cleared if the body has taken the interrupt. Then the status of the body's thread is
         *     cleared, so that no interrupt is left for the next resume or another generator.
         * </ul>
         *
         * {@snippet file="GuideSnippets.java" region="interruptible"}
         *
         * <p>This works for platform and virtual threads. If a body has {@linkplain Yielder#suspendAll(Generator,
         * Object) delegated} to another generator, that one's own setting counts as long as its body runs. A switch
         * takes about twice as long, so this is off by default: an interrupt of the resumer then stays pending until
         * {@code resume} returns.
         *
         * <p>One case of two interrupts during one {@code resume} is uncertain. If the body has taken the first, and
         * the thread that sends the second is stopped for some microseconds inside {@link Thread#interrupt} while a
         * platform thread returns from {@code resume}, the second is taken for the first.
         *
         * @return this builder
         */
        public Builder interruptible() {
            interruptible = true;
            return this;
        }

        /**
         * Gives the body a context of its resumer, such as some of its thread-locals. By default there is none, and a
         * body sees nothing of its resumer. A {@linkplain #buffered buffered} body has the context of the {@code
         * resume} that runs it.
         *
         * {@snippet file="BridgeSnippets.java" region="context"}
         *
         * @param context what to capture of the resumer and to give to the body
         * @return this builder
         */
        public Builder context(BodyContext<?> context) {
            this.context = Objects.requireNonNull(context, "context");
            return this;
        }

        /**
         * Sets the number of values that the body suspends with, so that the generator's spliterator and stream know
         * their size. {@link Stream#toArray()} then makes one array, and {@link Stream#count()} need not run the body.
         * The size is known as long as the body has not started; the spliterator of a generator that was resumed before
         * does not know it.
         *
         * @param size the exact number. If it is wrong, some operations of streams throw an {@link
         *     IllegalStateException}, as they do for any spliterator that reports a wrong size
         * @return this builder
         * @throws IllegalArgumentException if {@code size} is negative
         */
        public Builder size(long size) {
            if (size < 0) {
                throw new IllegalArgumentException("a body can't suspend with " + size + " values");
            }
            this.size = size;
            return this;
        }

        /**
         * Names the generator's thread, as thread dumps and profilers show it.
         *
         * @param name the name
         * @return this builder
         */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Closes the generator when the virtual machine shuts down in an orderly way (by {@link System#exit}, after the
         * end of the last thread, or by a signal), if its body is suspended then: its {@code finally} blocks run. By
         * default they do not run, like those of daemon threads.
         *
         * <p>A shutdown hook closes it, so this makes the generator {@linkplain #shared shared}: a hook that closed a
         * confined one would race with its owner, which may still run. Hooks run in parallel; the end of the process
         * waits for this one. If another thread runs the body at that moment, the hook tries again for up to half a
         * second. It leaves a body that runs for longer alone, and logs a warning; likewise a body that has called
         * {@code System.exit} itself.
         *
         * @return this builder
         */
        public Builder closedAtShutdown() {
            closedAtShutdown = true;
            shared = true;
            return this;
        }

        /**
         * Lets the body run ahead of the resumer: one switch brings up to {@code n} values, and the next {@code n - 1}
         * calls of {@link Generator#resume resume} return one each without a switch. The body suspends where it has one
         * more than {@code n}, so it runs ahead also with 1. For bodies without input that
         * produce many values quickly. Call this last: the result has only the methods that work with a body that runs
         * ahead.
         *
         * <p>Buffering does not change the order and number of the values, but when the body runs: its side effects
         * come before the values that precede them are taken. The body starts with the first {@code resume}, and goes
         * on when the last value that it has produced is taken and one more is asked for. An exception of the body is
         * thrown after the values before it. Closing the generator discards the values that have not been taken, and an
         * exception that came after them; the body is unwound where it is, ahead. {@link Generator#throwInto} is
         * refused.
         *
         * {@snippet file="GuideSnippets.java" region="buffered"}
         *
         * @param n the largest number of values that one switch brings, at least 1
         * @return a builder of buffered generators with the present options of this builder
         * @throws IllegalArgumentException if {@code n} is less than 1
         */
        public BufferedBuilder buffered(int n) {
            if (n < 1) {
                throw new IllegalArgumentException("a buffer can't have room for " + n + " values");
            }
            return new BufferedBuilder(options(), size, n);
        }

        /**
         * Makes a publisher as {@link Generator#publisher} does. Its generators are {@linkplain #shared shared}, and
         * have the present options of this builder, such as a name or a context.
         *
         * @param executor runs the body and sends the signals, for each subscriber one after the other; must
         *     not discard tasks
         * @param body what each of the generators runs
         * @param <O> what {@link Yielder#suspend} passes out
         * @return a new publisher, which any number of threads may subscribe to
         * @throws IllegalStateException if this builder has a {@linkplain #stack stack}, because there may be
         *     several subscribers
         */
        public <O> Flow.Publisher<O> publisher(Executor executor, Producer<O> body) {
            Options all = forPublisher(options());
            Body<Void, O> withInput = ignoringInput(body);
            return new GeneratorPublisher<>(Objects.requireNonNull(executor, "executor"), () -> make(all, withInput));
        }

        private static Options forPublisher(Options options) {
            if (options.stack() != null) {
                throw new IllegalStateException("each subscriber has a generator of its own, and this builder has one"
                        + " stack for all of them; leave the stack to the library");
            }
            return options.asShared();
        }

        /**
         * Creates a generator whose body needs no input.
         *
         * @param body what it runs
         * @param <O> what {@link Yielder#suspend} passes out
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public <O> Generator<Void, O> build(Producer<O> body) {
            return make(options(), ignoringInput(body)).withSize(size);
        }

        /**
         * Creates a generator.
         *
         * @param body what it runs
         * @param <I> what {@link #resume} passes in
         * @param <O> what {@link Yielder#suspend} passes out
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public <I extends @Nullable Object, O> Generator<I, O> build(Body<I, O> body) {
            return make(options(), body).withSize(size);
        }

        /**
         * Creates a generator whose body suspends with values and returns one; see {@link #ofSteps(Step.Body)}.
         * A {@link #size} counts the returned value, too.
         *
         * @param body what it runs
         * @param <I> what {@link #resume} passes in
         * @param <O> what {@link Yielder#suspend} passes out
         * @param <R> what the body returns
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public <I extends @Nullable Object, O, R extends @Nullable Object> Generator<I, Step<O, R>> buildSteps(
                Step.Body<I, O, R> body) {
            return make(options(), steps(body)).withSize(size);
        }

        /**
         * Creates a generator whose body needs no input, suspends with values and returns one; see {@link
         * #ofSteps(Step.Body)}. A {@link #size} counts the returned value, too.
         *
         * @param body what it runs
         * @param <O> what {@link Yielder#suspend} passes out
         * @param <R> what the body returns
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public <O, R extends @Nullable Object> Generator<Void, Step<O, R>> buildSteps(Step.Producer<O, R> body) {
            return make(options(), steps(body)).withSize(size);
        }

        /**
         * Creates a generator whose body only takes input; see {@link #ofReceiver}.
         *
         * @param body what it runs
         * @param <I> what {@link #resume} passes in
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public <I extends @Nullable Object> Generator<I, Boolean> buildReceiver(Receiver.Body<I> body) {
            return make(options(), new ReceiverBody<>(Objects.requireNonNull(body, "body"))).withSize(size);
        }

        Options options() {
            return new Options(stack, stackSize, shared, freshThread, interruptible, name, context, closedAtShutdown);
        }

        /** The {@link #size}; -1 if there is none. */
        long knownSize() {
            return size;
        }
    }

    /**
     * Makes generators whose bodies run ahead, as {@link Builder#buffered} describes. The bodies have no input, because
     * there is none yet when they run ahead. This builder can make any number of generators. Later changes to the
     * builder that it comes from do not affect it. It is not safe for use by several threads at once.
     */
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
         * @param <O> what {@link Yielder#suspend} passes out
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public <O> Generator<Void, O> build(Producer<O> body) {
            return makeAhead(options, ahead, body).withSize(size);
        }

        /**
         * Creates a generator whose body suspends with values and returns one; see {@link #ofSteps(Step.Producer)}.
         * A {@link Builder#size} counts the returned value, too.
         *
         * @param body what it runs
         * @param <O> what {@link Yielder#suspend} passes out
         * @param <R> what the body returns
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if the stack is misaligned, not writable, or too small
         * @throws IllegalStateException if the stack is in use or has been closed
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't do what the
         *     builder asks for
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        @SuppressWarnings("NullAway") // a body that needs no input may get null
        public <O, R extends @Nullable Object> Generator<Void, Step<O, R>> buildSteps(Step.Producer<O, R> body) {
            Body<Void, Step<O, R>> steps = steps(body);
            return build((Yielder<Void, Step<O, R>> yielder) -> steps.run(yielder, null));
        }

        /**
         * Makes a publisher as {@link Builder#publisher} does. Its generators run ahead of the subscriber's demand.
         *
         * @param executor runs the body and sends the signals, for each subscriber one after the other; must
         *     not discard tasks
         * @param body what each of the generators runs
         * @param <O> what {@link Yielder#suspend} passes out
         * @return a new publisher, which any number of threads may subscribe to
         * @throws IllegalStateException if the builder has a {@linkplain Builder#stack stack}, because there may be
         *     several subscribers
         */
        public <O> Flow.Publisher<O> publisher(Executor executor, Producer<O> body) {
            Options all = Builder.forPublisher(options);
            Objects.requireNonNull(body, "body");
            return new GeneratorPublisher<>(Objects.requireNonNull(executor, "executor"),
                    () -> makeAhead(all, ahead, body));
        }
    }

    /**
     * Runs the body until it suspends or ends.
     *
     * <p>The calling thread executes the body, and waits for it. If the body needs a lock that the calling thread
     * holds, both wait for each other: for Java they are two threads. A body that blocks blocks the caller. {@link
     * dev.fringe.management.Generators#findDeadlocked} finds bodies that wait for their own resumers.
     *
     * <p>Unless the generator is {@linkplain Builder#interruptible interruptible}, an interrupt of the calling thread
     * does not reach the body, and is pending when this method returns. To wake such a body, interrupt the thread that
     * is {@link Thread#currentThread} in it, or close the channel or socket on which it is blocked.
     *
     * <p>If the body throws an exception, this method throws it. Its stack trace goes from the body over a frame for
     * the boundary of the generator's stack (a method {@code trampoline}, with the name of the generator) to this call
     * and its callers. In between are the frames of the bodies that have {@linkplain Yielder#suspendAll(Generator,
     * Object) delegated} to that body, if any.
     *
     * @param input what the suspended {@link Yielder#suspend} returns, or, the first time, the input of the body; may
     *     be null
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running (its own body, or a second thread, calls this) or has
     *     been closed
     * @throws StackOverflowError if the caller has no room on its stack for the call; the body has not
     *     been resumed then
     * @throws OutOfMemoryError if there is no memory for the {@code Optional}; the next call returns the value then
     */
    public Optional<O> resume(I input) {
        Optional.ofNullable(this); // if there is no room to call it after the switch, it is known before
        return wrap(step(input));
    }

    /**
     * Runs the body until it suspends or ends, for bodies that need no input: {@link #resume(Object) resume} with
     * null.
     *
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     * @throws StackOverflowError if the caller has no room on its stack for the call; the body has not
     *     been resumed then
     */
    @SuppressWarnings("NullAway") // a body that needs no input may get null, whatever its type
    public Optional<O> resume() {
        return resume(null);
    }

    /**
     * Runs the body until it suspends or ends, and interrupts it if that takes longer than a time limit. The generator
     * must be {@linkplain Builder#interruptible interruptible}.
     *
     * <p>The calling thread executes the body, so this method returns when the body suspends or ends, and not before.
     * When the time is over, the body is interrupted once, as by {@link Thread#interrupt}: if it sleeps, waits or is
     * blocked on an interruptible channel, it is woken. The rest is up to the body:
     *
     * <ul>
     * <li>It catches the interrupt and suspends. This method returns the value, late, and the generator goes on.
     * <li>It lets the exception pass, and so ends. This method throws a {@link TimeoutException} whose cause is the
     *     exception that has left the body.
     * <li>It does not notice, because it computes, or blocks where an interrupt has no effect. This method waits for
     *     it.
     * </ul>
     *
     * {@snippet file="GuideSnippets.java" region="limit"}
     *
     * <p>A {@linkplain Builder#buffered buffered} body is interrupted while it runs ahead. If it lets the exception pass,
     * the values before it come first. The call after them throws the exception, as it is, if it has no limit or does
     * not reach it.
     *
     * <p>The end of the time does not change the interrupt status of the calling thread. If another thread interrupts
     * the calling thread at that time as well, and the body takes only one interrupt, the status is set. While a body
     * to which this one has {@linkplain Yielder#suspendAll(Generator, Object) delegated} runs, the limit reaches it
     * only if its own generator is interruptible.
     *
     * @param input as for {@link #resume(Object)}
     * @param limit how long the body may run. If it is zero or negative, the body is interrupted as soon as it goes on
     * @return what the body suspends with, or empty if it has ended, now or earlier
     * @throws TimeoutException if the body was interrupted because the time was over, and then ended with an exception,
     *     which is the cause. An {@link Error} is thrown as it is
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed, or if it is not interruptible
     */
    public Optional<O> resume(I input, Duration limit) throws TimeoutException {
        Objects.requireNonNull(limit, "limit");
        if (!coroutine.isInterruptible()) {
            throw new IllegalStateException("a body that can't be interrupted can't have a time limit; make the generator"
                    + " with Generator.builder().interruptible()");
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
    public Optional<O> first() {
        try (this) {
            return Optional.ofNullable(next());
        }
    }

    /**
     * Takes the next values and closes the generator, even if there were fewer. The body does not run beyond the last
     * value that is taken, unless it is {@linkplain Builder#buffered buffered}.
     *
     * {@snippet file="BridgeSnippets.java" region="take"}
     *
     * @param n the largest number of values, at least 0
     * @return the values
     * @throws IllegalArgumentException if {@code n} is negative
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed
     */
    public List<O> take(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("can't take " + n + " values");
        }
        try (this) {
            List<O> values = new ArrayList<>();
            while (values.size() < n) {
                O value = next();
                if (value == null) {
                    break;
                }
                values.add(value);
            }
            return values;
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
    public boolean forEachWhile(Predicate<? super O> action) {
        Objects.requireNonNull(action, "action");
        try (this) {
            for (O value = next(); value != null; value = next()) {
                if (!action.test(value)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Wraps a value. If there is no memory for that, the next call gets the value. */
    private Optional<O> wrap(@Nullable O output) {
        try {
            return Optional.ofNullable(output);
        } catch (OutOfMemoryError e) {
            if (buffer == null) {
                coroutine.giveBack(output);
            } else {
                buffer.giveBack(coroutine, output);
            }
            throw e;
        }
    }

    /** {@link #resume} with null in place of an empty optional. */
    @Nullable O step(I input) {
        try {
            return buffer == null ? coroutine.resume(input) : buffer.take(coroutine);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** The next value, for iteration; null if there is none. */
    @Nullable O next() {
        try {
            return buffer == null ? coroutine.next() : buffer.take(coroutine);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** What {@link #next} is going to give; null if there is nothing. */
    @Nullable O peek() {
        try {
            return buffer == null ? coroutine.peek() : buffer.peek(coroutine);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Runs the body until it suspends or ends, but has the {@link Yielder#suspend} in which it is suspended throw an
     * exception. The body may catch it and suspend again. A body that has not started is not run: it ends with the
     * exception at once. If the body has {@linkplain Yielder#suspendAll(Generator, Object) delegated} to another
     * generator, the exception is thrown into that one's body. If it only iterates over the other's values ({@link
     * Yielder#suspendAll(Iterable)}), {@code suspendAll} throws it, and the other stays suspended. A body in a callback
     * of native code (an upcall) must catch it there: an exception that leaves an upcall ends the process.
     *
     * {@snippet file="GuideSnippets.java" region="throwInto"}
     *
     * @param exception what {@code suspend} throws, the same object, checked or not. If the body does not
     *     catch it, or has ended, this method throws it
     * @return what the body suspends with next, or empty if it has ended
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is running or has been closed, or if a value that {@code
     *     hasNext} or {@code peek} has fetched has not been taken
     * @throws StackOverflowError if the caller has no room on its stack for the call; the exception has not been
     *     thrown into the body then
     * @throws UnsupportedOperationException if the generator is {@linkplain Builder#buffered buffered}: its body is
     *     ahead of the values that have been taken
     */
    public Optional<O> throwInto(Throwable exception) {
        Objects.requireNonNull(exception, "exception");
        if (buffer != null) {
            throw new UnsupportedOperationException("a buffered generator's body runs ahead, so there is no"
                    + " suspension point to throw into");
        }
        try {
            Optional.ofNullable(this); // as in resume
            return wrap(coroutine.throwInto(exception));
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** What {@link Yielder#suspendAll(Generator, Object)} does; called by the body of the yielder. */
    static <I extends @Nullable Object, O> void standIn(
            Generator<? super I, ? extends O> generator, Yielder<I, O> yielder, I input) {
        try {
            if (generator.buffer != null || !Coroutine.standIn(generator.coroutine, yielder, input, false)) {
                passOn(generator, yielder, input);
            }
        } finally {
            Reference.reachabilityFence(generator);
        }
    }

    /** The same where one of the two runs ahead: value by value. */
    private static <I extends @Nullable Object, O> void passOn(
            Generator<? super I, ? extends O> generator, Yielder<I, O> yielder, I input) {
        I next = input;
        try {
            for (O output = generator.step(next); output != null; output = generator.step(next)) {
                next = yielder.suspend(output);
            }
        } catch (Throwable t) {
            if (yielder.isClosing()) {
                closeToo(generator, t);
            }
            throw t;
        }
    }

    /** What {@link Yielder#delegate(Generator, Object)} does; called by the body of the yielder. */
    static <I extends @Nullable Object, O, R extends @Nullable Object> R delegate(
            Generator<? super I, Step<O, R>> generator, Yielder<I, O> yielder, I input) {
        try {
            Step.Returned<O, R> returned = generator.buffer != null ? null
                    : Coroutine.standIn(generator.coroutine, yielder, input);
            return returned != null ? returned.value() : passOnSteps(generator, yielder, input);
        } finally {
            Reference.reachabilityFence(generator);
        }
    }

    /** The same where one of the two runs ahead: value by value. */
    @SuppressWarnings("NullAway") // one that runs ahead gets no input, whatever its type
    private static <I extends @Nullable Object, O, R extends @Nullable Object> R passOnSteps(
            Generator<? super I, Step<O, R>> generator, Yielder<I, O> yielder, I input) {
        I next = input;
        try {
            while (true) {
                switch (generator.step(next)) {
                    case Step.Yielded<O, R>(O value) -> next = yielder.suspend(value);
                    case Step.Returned<O, R>(R value) -> {
                        if (generator.buffer != null) {
                            generator.step(null); // so that its body comes to its end
                        }
                        return value;
                    }
                    case null -> throw new IllegalStateException(StepBody.RETURNED_BEFORE);
                }
            }
        } catch (Throwable t) {
            if (yielder.isClosing()) {
                closeToo(generator, t);
            }
            throw t;
        }
    }

    /** What it throws is reported with the unwinding, and does not replace it. */
    private static void closeToo(Generator<?, ?> generator, Throwable unwinding) {
        try {
            generator.close();
        } catch (Throwable t) {
            unwinding.addSuppressed(t);
        }
    }

    /** A loop over the values of a generator that suspends with each, without a switch to the loop's body for each. */
    @SuppressWarnings({"unchecked", "NullAway"}) // the generator gets nothing but nulls
    static <I extends @Nullable Object, O> void iterate(Generator<?, ? extends O> generator, Yielder<I, O> yielder) {
        try {
            if (generator.buffer != null
                    || !Coroutine.standIn((Coroutine<Object, ? extends O>) generator.coroutine, yielder, null, true)) {
                for (O value = generator.step(null); value != null; value = generator.step(null)) {
                    yielder.suspend(value);
                }
            }
        } finally {
            Reference.reachabilityFence(generator);
        }
    }

    /**
     * Returns the values that the body suspends with, as an iterator that resumes with null whenever it needs a value.
     * Its methods throw what {@link #resume} throws.
     *
     * <p>There is one iterator for each generator, and one value of look-ahead, whether it is {@linkplain
     * Builder#buffered buffered} or not: what {@link Iterator#hasNext} or {@link PeekingIterator#peek} has fetched is
     * what comes next out of {@link Iterator#next}, {@link #resume}, {@link #spliterator}, {@link #stream} and {@link
     * Yielder#suspendAll(Generator)}. An input that is passed meanwhile is dropped, because the body has gone on
     * already. {@link #close} discards a fetched value: after that all of these methods throw an {@link
     * IllegalStateException}.
     *
     * <p>The iterator is as confined as the generator. Any thread may use the iterator of a shared one, one at a time;
     * the callers must order {@code hasNext} and {@code next} between them. Leaving a loop early leaves the generator
     * suspended: close it, or let it become unreachable.
     *
     * @return the iterator of this generator, whose {@code next} and {@code peek} throw {@link
     *     java.util.NoSuchElementException} at the end
     */
    @Override
    public PeekingIterator<O> iterator() {
        return cursor();
    }

    /**
     * Passes each value that has not been taken yet to an action, resuming with null. This is the fastest way to take
     * all values of a {@linkplain Builder#buffered buffered} generator. An exception of {@code action} or {@link
     * #resume} ends it; the value that {@code action} was given has been taken.
     *
     * @param action takes each value
     */
    @Override
    public void forEach(Consumer<? super O> action) {
        Objects.requireNonNull(action, "action");
        try {
            if (buffer != null) {
                buffer.forEach(coroutine, action);
                return;
            }
            for (O value = coroutine.next(); value != null; value = coroutine.next()) {
                action.accept(value);
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Returns the values that the body suspends with, as a spliterator. It is {@link Spliterator#ORDERED} and {@link
     * Spliterator#NONNULL}, and does not split: bodies run in one thread. It knows its size only if {@link
     * Builder#size} gives it and the body has not started.
     *
     * <p>Traversal throws what {@link #resume} throws. One thread at a time may traverse a shared generator.
     *
     * @return the spliterator of this generator
     */
    @Override
    public Spliterator<O> spliterator() {
        return cursor();
    }

    private GeneratorIterator<O> cursor() {
        GeneratorIterator<O> existing = cursor;
        return existing == null ? newCursor() : existing;
    }

    private GeneratorIterator<O> newCursor() {
        CURSORS.lock();
        try {
            if (cursor == null) {
                cursor = new GeneratorIterator<>(this);
            }
            return cursor;
        } finally {
            CURSORS.held = 0;
        }
    }

    /**
     * Returns the values that the body suspends with, as a sequential stream. Closing the stream closes the generator.
     * Traversal throws what {@link #resume} throws.
     *
     * {@snippet file="GuideSnippets.java" region="stream"}
     *
     * @return a stream over the values that have not been taken yet
     */
    public Stream<O> stream() {
        return StreamSupport.<O>stream(cursor(), false).onClose(this::close);
    }

    /**
     * Returns the values that a body suspends with, as a sequential stream whose {@code close} closes the generator:
     * the same as {@code Generator.of(body).stream()}, in one call.
     *
     * {@snippet file="BridgeSnippets.java" region="streamOf"}
     *
     * @param body what it runs
     * @param <O> what {@link Yielder#suspend} passes out
     * @return a stream, confined to the calling thread
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <O> Stream<O> stream(Producer<O> body) {
        return of(body).stream();
    }

    /**
     * Returns what the generator does at the moment. Any thread may call this; the answer may be out of date when it
     * arrives, unless the caller is the only resumer.
     *
     * @return the state
     */
    public State state() {
        return coroutine.state();
    }

    /**
     * Returns the stack trace of the body. First come the frames of the body, newest first. Then comes one frame for
     * the boundary of the generator's stack, a method {@code dev.fringe.Generator.trampoline} with the name of the
     * generator in place of a file name. While the body runs, the frames of the resumer follow, with further boundaries
     * if that is another generator's body. A body that has delegated to another counts as its caller: the other's
     * frames are newer. An exception that leaves {@link #resume} has such a trace, too.
     *
     * <p>Any thread may call this, at any time; it may take a hundred microseconds. If the body runs meanwhile, the
     * answer may be out of date, and incomplete if the body switches fast.
     *
     * @return the frames; empty if the body has ended
     */
    public StackTraceElement[] backtrace() {
        return coroutine.backtrace();
    }

    /**
     * Frees the generator. A suspended body is unwound first, as if {@link Yielder#suspend} had thrown: {@code finally}
     * blocks and try-with-resources run, in the calling thread. A body that has not started is not run. Does nothing if
     * the generator has been closed.
     *
     * <p>The body should let the unwinding pass, as it is or as the cause of another exception: neither is a failure.
     * If it tries to suspend again, it gets an {@link IllegalStateException} whose cause is the unwinding. After 100
     * attempts the library gives the body up: its stack is never used again, and this method throws an {@link
     * IllegalStateException}. The same goes for a body that is suspended in a callback of native code (an upcall),
     * because an exception that left the callback would end the process. Let such a body end by itself, or {@linkplain
     * #throwInto throw into it} an exception that the callback catches.
     *
     * <p>If the body throws anything else while it is unwound, or closing its resources throws, this method throws it,
     * the first with the others as suppressed; the generator is closed all the same. A generator to which the body has
     * {@linkplain Yielder#suspendAll(Generator, Object) delegated} is closed before it. A value that {@code hasNext} or
     * {@code peek} has fetched is discarded.
     *
     * @throws WrongThreadException if the generator is confined to another thread that is alive; when that thread has
     *     ended, any thread may close the generator
     * @throws IllegalStateException if the generator is running (a body can't close its own generator, and a thread
     *     can't close one that another is resuming), or if the body could not be unwound
     * @throws StackOverflowError if the caller has no room on its stack for the call; the generator has not
     *     been closed then
     * @throws OutOfMemoryError if the generator is on a given stack, and its thread can't be ended for want of
     *     a kernel thread; call it again then
     */
    @Override
    public void close() {
        try {
            coroutine.close(false);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Gives back the stack that the generator was made with, once its body has ended or the generator has been closed.
     * The memory is then as usable as before: the virtual machine's guard pages are gone, and neither the virtual
     * machine nor the C library refers to it.
     *
     * @return the stack that was given to {@link #of(Stack, Body)} or {@link Builder#stack}
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
     * Whether an exception is what unwinds a body that is being {@linkplain #close() closed}, or has that as a direct
     * or indirect cause. For code that catches everything and has no {@link Yielder}: it should rethrow such an
     * exception, wrapped or not, rather than treat it as a failure.
     *
     * @param exception what was caught
     * @return whether it is, for any generator, even one that was closed long ago
     */
    public static boolean isUnwinding(Throwable exception) {
        return Closing.isUnwinding(exception);
    }

    @Override
    public String toString() {
        return "Generator[" + state() + "]";
    }
}
