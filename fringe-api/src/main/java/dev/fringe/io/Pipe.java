// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way from a body that writes to a caller that reads. There is one copy, into the caller's
 * array:
 *
 * <ul>
 * <li>The caller names its array as the <i>target</i> and runs the body, whose writes go there until it is
 *     full. So small writes take no switch each.
 * <li>The write that does not fit suspends, and what is left of it stays where it is, in the body's array: it
 *     is <i>pending</i>, and the caller takes it from there with its next reads. So small reads take no switch
 *     each.
 * </ul>
 *
 * A caller that asks for little at a time has no array that could be a target. Its target is a buffer; a write
 * that is too long for that is left pending as a whole.
 *
 * <p>One side runs at a time, so the fields are plain ones; see {@code Coroutine} for their ordering.
 *
 * @param <A> what a body writes from: an array of bytes or characters
 */
abstract class Pipe<A> implements Generator.Producer<Boolean> {

    static final int BUFFER_SIZE = 8192;

    /** After so many writes of a body that is being closed, which have gone nowhere, the next one fails. */
    static final int SWALLOWED = 1 << 24;

    @SuppressWarnings("NullAway.Init") // set before the body runs
    private Yielder<Void, Boolean> yielder;
    /** The body's; null when it does not run. */
    private @Nullable Thread thread;
    private boolean swallowing;
    private int swallowed;

    /** Where the body's next writes go, from {@code position} to {@code limit}; null if nowhere. */
    @SuppressWarnings("NullAway.Init") // only looked at where start, position or limit say so
    Object target;
    /** The first element of the target that the caller has not got. */
    int start;
    int position;
    int limit;
    @SuppressWarnings("NullAway.Init") // made when it is first the target
    A buffer;

    /** What is left of a write, from {@code next} to {@code end}. */
    @SuppressWarnings("NullAway.Init") // only looked at between next and end
    A pending;
    int next;
    int end;

    abstract A newBuffer();

    abstract void copy(A from, int position, Object to, int at, int length);

    /** Runs the body with what writes to this. */
    abstract void body() throws Exception;

    // ---- the side of the caller ------------------------------------------------------------------

    /** How much there is without running the body. */
    final int available() {
        return position - start + end - next;
    }

    /** Takes what there is without running the body, if anything. */
    @SuppressWarnings("unchecked") // there is something before position only if the target is the buffer
    final int take(Object into, int at, int length) {
        int first = Math.min(length, position - start);
        if (first > 0) {
            copy((A) target, start, into, at, first);
            start += first;
        }
        int second = Math.min(length - first, end - next);
        if (second > 0) {
            copy(pending, next, into, at + first, second);
            next += second;
        }
        return first + second;
    }

    /** Drops what there is. */
    final int drop(int length) {
        int first = Math.min(length, position - start);
        start += first;
        int second = Math.min(length - first, end - next);
        next += second;
        return first + second;
    }

    /** As {@link #take}, but it is given away where it lies. */
    final <X extends Exception> int give(Receiver<A, X> receiver) throws X {
        int first = position - start;
        if (first > 0) {
            receiver.receive(buffer, start, first);
            start += first;
        }
        int second = end - next;
        if (second > 0) {
            receiver.receive(pending, next, second);
            next += second;
        }
        return first + second;
    }

    /** What {@link #give} gives to. */
    interface Receiver<A, X extends Exception> {
        void receive(A array, int offset, int length) throws X;
    }

    /** Lets the body write into the caller's array or buffer. Nothing must be available. */
    @SuppressWarnings("NullAway") // nothing is pending
    final void aim(Object target, int offset, int length) {
        this.target = target;
        start = offset;
        position = offset;
        limit = offset + length;
        pending = null;
    }

    /** Lets the body write into a buffer of this pipe. Nothing must be available. */
    final void aimAtBuffer() {
        if (buffer == null) {
            buffer = newBuffer();
        }
        aim(buffer, 0, BUFFER_SIZE);
    }

    /** Forgets the caller's target; returns how much has been written there. */
    @SuppressWarnings("NullAway") // there is no room in the target
    final int settle() {
        int written = position - start;
        target = null;
        start = 0;
        position = 0;
        limit = 0;
        return written;
    }

    // ---- the side of the body --------------------------------------------------------------------

    @Override
    public final void run(Yielder<Void, Boolean> yielder) throws Exception {
        this.yielder = yielder;
        thread = Thread.currentThread();
        try {
            body();
        } finally {
            thread = null;
            limit = position; // so that who writes afterwards comes to check()
        }
    }

    /** Whether there is room for so many elements and more, and the caller is the body. */
    final boolean fits(int length) {
        return length < limit - position && Thread.currentThread() == thread;
    }

    /** Writes. */
    final void put(A from, int offset, int length) {
        if (fits(length)) {
            copy(from, offset, target, position, length);
            position += length;
        } else {
            putAndSuspend(from, offset, length);
        }
    }

    private void putAndSuspend(A from, int offset, int length) {
        check();
        if (length == 0 || swallow()) {
            return;
        }
        int first = target == buffer ? 0 : Math.min(length, limit - position);
        if (first > 0) {
            copy(from, offset, target, position, first);
            position += first;
        }
        pending = from;
        next = offset + first;
        end = offset + length;
        suspend();
    }

    /** Hands over what has been written. */
    final void flush() {
        check();
        if (position > start && !swallow()) {
            suspend();
        }
    }

    @SuppressWarnings("NullAway") // nothing is pending
    private void suspend() {
        try {
            yielder.suspend(true);
        } catch (Throwable t) {
            pending = null;
            next = 0;
            end = 0;
            if (yielder.isClosing()) {
                swallowing = true; // no caller reads what the body writes now
                settle();
            }
            throw t;
        }
    }

    private boolean swallow() {
        if (swallowing && ++swallowed > SWALLOWED) {
            yielder.suspend(true); // throws, and counts the attempts of a body that never ends
        }
        return swallowing;
    }

    private void check() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException(thread == null ? "the body that this stream was given to has ended"
                    : "only the body that this stream was given to may write to it, in its own thread; "
                    + Thread.currentThread() + " tried");
        }
    }
}
