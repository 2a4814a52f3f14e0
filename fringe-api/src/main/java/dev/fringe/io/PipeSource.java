// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The caller's end of a {@link Pipe}: what an input stream, a channel and a reader have in common. */
final class PipeSource<A> {

    /** Smaller reads are served from a buffer, so that many of them don't take a switch each. */
    private static final int LEAST_TARGET = 512;

    private final Pipe<A> pipe;
    private final Runner runner;
    private boolean ended;
    /** What the body has thrown, as the methods of streams throw it; null if nothing. */
    private @Nullable Throwable failure;

    PipeSource(Generator.@Nullable Builder builder, Pipe<A> pipe) {
        this.pipe = pipe;
        runner = new Runner(builder, pipe);
    }

    boolean isOpen() {
        return !runner.isClosed();
    }

    /** Reads at least one element; returns -1 if the body has returned. */
    int read(Object target, int offset, int length) throws IOException {
        runner.ensureIdle("read");
        int taken = pipe.take(target, offset, length);
        if (taken > 0 || length == 0) {
            return taken;
        }
        if (length < LEAST_TARGET) {
            return fill() ? pipe.take(target, offset, length) : -1;
        }
        int written = run(target, offset, length);
        return written > 0 ? written : end();
    }

    /** Runs the body until there is something to take, if there is nothing; false if it has returned. */
    boolean fill() throws IOException {
        runner.ensureIdle("read");
        if (pipe.available() > 0) {
            return true;
        }
        run(null, 0, 0);
        if (pipe.available() > 0) {
            return true;
        }
        end();
        return false;
    }

    private int end() throws IOException {
        if (failure != null) {
            throw Runner.failure(failure);
        }
        return -1;
    }

    /** Runs the body, which writes to the target, or to the pipe's buffer if that is null. */
    private int run(@Nullable Object target, int offset, int length) throws IOException {
        if (ended) {
            return 0;
        }
        runner.enter("read");
        boolean resumed = false;
        try {
            if (target == null) {
                pipe.aimAtBuffer();
            } else {
                pipe.aim(target, offset, length);
            }
            ended = !runner.resume();
            resumed = true;
        } catch (Throwable t) {
            if (!runner.hasEnded()) { // it has not run: there was no room, or it is another thread's
                throw t;
            }
            ended = true; // and what it has written before comes first
            resumed = true;
            failure = t instanceof Exception e && !(e instanceof RuntimeException) ? Runner.failure(e) : t;
        } finally {
            if (!resumed) {
                pipe.settle();
            }
            runner.leave();
        }
        return target == null ? 0 : pipe.settle();
    }

    int available() throws IOException {
        runner.ensureIdle("read");
        return pipe.available();
    }

    long skip(long length) throws IOException {
        runner.ensureIdle("read");
        long left = length;
        while (left > 0 && fill()) {
            left -= pipe.drop((int) Math.min(left, Integer.MAX_VALUE));
        }
        return Math.max(0, length - left);
    }

    <X extends Exception> long transfer(Pipe.Receiver<A, X> receiver) throws IOException, X {
        long count = 0;
        while (fill()) {
            count += pipe.give(receiver);
        }
        return count;
    }

    void close() throws IOException {
        runner.close();
    }
}
