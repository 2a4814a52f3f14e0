// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The generator of a bridge: one thread at a time resumes it, any thread closes it. A close that comes while
 * a thread runs the body is carried out by that thread, as soon as the body has suspended.
 *
 * <p>The body must not refer to it, so that a bridge which becomes unreachable is closed.
 */
final class Runner {

    private static final int IDLE = 0;
    /** Some thread is between {@link #enter} and {@link #leave}. */
    private static final int RUNNING = 1;
    /** As RUNNING, and that thread is to close the generator when it leaves. */
    private static final int CLOSING = 2;
    private static final int CLOSED = 3;

    private final Generator<Void, Boolean> generator;
    private final AtomicInteger state = new AtomicInteger();

    Runner(Generator.@Nullable Builder builder, Generator.Producer<Boolean> body) {
        generator = builder == null ? Generator.ofShared(body) : builder.build(body);
    }

    /**
     * Begins to run the body; {@link #leave} must follow.
     *
     * @param action what the caller does, for the message
     */
    void enter(String action) throws IOException {
        do {
            ensureIdle(action);
        } while (!state.compareAndSet(IDLE, RUNNING));
    }

    /** Throws if the generator has been closed, or its body runs. */
    void ensureIdle(String action) throws IOException {
        int now = state.get();
        if (now >= CLOSING) {
            throw new IOException("the stream is closed");
        }
        if (now == RUNNING) {
            throw new IllegalStateException(Thread.currentThread() + " can't " + action + " while the body runs:"
                    + " another thread does so already, or it is the body itself that tries");
        }
    }

    /**
     * Runs the body until it suspends.
     *
     * @return false if the body has ended
     */
    boolean resume() {
        return generator.resume().isPresent();
    }

    /** Whether the body has returned or thrown by itself, so that what {@link #resume} threw came from it. */
    boolean hasEnded() {
        return generator.state() == Generator.State.FINISHED;
    }

    /** Ends what {@link #enter} began, and closes the generator if that was asked for meanwhile. */
    void leave() throws IOException {
        if (!state.compareAndSet(RUNNING, IDLE)) {
            state.set(CLOSED);
            unwind();
            throw new AsynchronousCloseException();
        }
    }

    /** Unwinds the body if it is suspended; if it is running, the thread that runs it does that. */
    void close() throws IOException {
        while (true) {
            if (state.compareAndSet(IDLE, CLOSED)) {
                try {
                    unwind();
                } catch (WrongThreadException | StackOverflowError e) { // it has not been tried
                    state.set(generator.state() == Generator.State.CLOSED ? CLOSED : IDLE);
                    throw e;
                }
                return;
            }
            if (state.compareAndSet(RUNNING, CLOSING) || state.get() >= CLOSING) {
                return;
            }
        }
    }

    boolean isClosed() {
        return state.get() >= CLOSING;
    }

    private void unwind() throws IOException {
        try {
            generator.close();
        } catch (Throwable t) {
            throw failure(t);
        }
    }

    /** What a method of a stream throws when its body has thrown: the same object, if that is possible. */
    static IOException failure(Throwable t) {
        return switch (t) {
            case IOException e -> e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> new IOException("the body of the stream has failed: " + t, t);
        };
    }
}
