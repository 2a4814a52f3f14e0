// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** The caller's end of a {@link Feed}: what an output stream, a channel and a writer have in common. */
final class FeedSink<R extends @Nullable Object> {

    private final Feed<R> feed;
    private final Runner runner;
    private volatile boolean closed;
    /** Whether the body has ended. */
    private volatile boolean done;
    /** What the body has thrown, as the methods of streams throw it; null if nothing. */
    private @Nullable Throwable failure;

    FeedSink(Generator.@Nullable Builder builder, Feed<R> feed) {
        this.feed = feed;
        runner = new Runner(builder, feed);
    }

    boolean isOpen() {
        return !closed;
    }

    boolean isDone() {
        return done;
    }

    /** Has the body read all there is; what it does not want is dropped. */
    void write(Object source, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        if (failure != null) {
            throw new IOException("the body that reads what is written here has failed: " + failure, failure);
        }
        if (length > 0 && !done) {
            run("write", source, offset, length, false, null);
            if (failure != null) {
                throw Runner.failure(failure);
            }
        }
    }

    private void run(String action, @Nullable Object source, int offset, int length, boolean last,
            @Nullable IOException cause)
            throws IOException {
        runner.enter(action);
        try {
            feed.offer(source, offset, length);
            if (last) {
                feed.end(cause);
            }
            try {
                done = !runner.resume();
            } catch (Throwable t) {
                if (!runner.hasEnded()) { // it has not run: there was no room, or it is another thread's
                    throw t;
                }
                failure = t instanceof Exception e && !(e instanceof RuntimeException) ? Runner.failure(e) : t;
                done = true;
            }
        } finally {
            feed.clear();
            runner.leave();
        }
    }

    /**
     * Tells the body that there is nothing more, and runs it to its end.
     *
     * @param cause what its next read throws; null if that is the end of the stream
     * @return whether that has made it throw something
     */
    private boolean end(@Nullable IOException cause) throws IOException {
        if (closed) {
            return false;
        }
        if (!done) {
            run("close", null, 0, 0, true, cause);
            closed = true;
            return failure != null;
        }
        closed = true;
        return false;
    }

    void close() throws IOException {
        if (end(null) && failure != null) {
            throw Runner.failure(failure);
        }
    }

    void fail(IOException cause) throws IOException {
        end(cause);
    }

    R result() throws IOException {
        end(null);
        if (failure != null) {
            throw Runner.failure(failure);
        }
        if (!done) {
            throw new CancellationException("the body was unwound before it had returned a result");
        }
        return feed.result();
    }

    void cancel() throws IOException {
        if (!closed) {
            closed = true;
            try {
                runner.close();
            } finally {
                closed = runner.isClosed();
            }
        }
    }
}
