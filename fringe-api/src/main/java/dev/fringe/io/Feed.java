// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way from a caller that writes to a body that reads. The body reads from where the caller has
 * it; when all of that has been read, the next read suspends, and the caller's write returns.
 *
 * <p>One side runs at a time, so the fields are plain ones; see {@code Coroutine} for their ordering.
 *
 * @param <R> what the body returns
 */
abstract class Feed<R extends @Nullable Object> implements Generator.Producer<Boolean> {

    @SuppressWarnings("NullAway.Init") // set before the body runs
    private Yielder<Void, Boolean> yielder;
    /** The body's; null when it does not run. */
    private @Nullable Thread thread;
    /** What the caller writes, from {@code position} to {@code limit}. */
    @SuppressWarnings("NullAway.Init") // only looked at between position and limit
    Object source;
    int position;
    private int limit;
    /** Whether nothing more will come. */
    private boolean ended;
    /** What the body's next read throws. */
    private @Nullable IOException failure;
    /** What the body has returned. */
    @SuppressWarnings("NullAway.Init") // only asked for when the body has returned
    private R result;

    abstract void copy(Object from, int position, Object to, int at, int length);

    /** Runs the body with what reads from this. */
    abstract R body() throws Exception;

    // ---- the side of the caller ------------------------------------------------------------------

    /** Offers something to read. */
    @SuppressWarnings("NullAway") // null if there is nothing, so that it is not looked at
    final void offer(@Nullable Object source, int offset, int length) {
        this.source = source;
        position = offset;
        limit = offset + length;
    }

    /** Takes it back. */
    final void clear() {
        offer(null, 0, 0);
    }

    /**
     * There will be nothing more to read.
     *
     * @param cause what the body's next read throws; null if that is the end of the stream
     */
    final void end(@Nullable IOException cause) {
        failure = cause;
        ended = true;
    }

    final R result() {
        return result;
    }

    // ---- the side of the body --------------------------------------------------------------------

    @Override
    public final void run(Yielder<Void, Boolean> yielder) throws Exception {
        this.yielder = yielder;
        thread = Thread.currentThread();
        try {
            result = body();
        } finally {
            thread = null;
        }
    }

    /** What can be read without suspending. */
    final int available() {
        check();
        return limit - position;
    }

    /** Whether there is something to read, after suspending until there is; false at the end. */
    final boolean await() throws IOException {
        check();
        if (position < limit) {
            return true;
        }
        if (!ended) {
            try {
                yielder.suspend(true);
            } catch (Throwable t) {
                if (yielder.isClosing()) {
                    ended = true; // no caller writes any more
                }
                throw t;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return position < limit;
    }

    final int read(Object target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!await()) {
            return -1;
        }
        int count = Math.min(length, limit - position);
        copy(source, position, target, offset, count);
        position += count;
        return count;
    }

    final long skip(long length) throws IOException {
        long left = length;
        while (left > 0 && await()) {
            int count = (int) Math.min(left, limit - position);
            position += count;
            left -= count;
        }
        return Math.max(0, length - left);
    }

    private void check() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException(thread == null ? "the body that this stream was given to has ended"
                    : "only the body that this stream was given to may read it, in its own thread; "
                    + Thread.currentThread() + " tried");
        }
    }
}
