// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The time limit of one {@code resume}: when it is over, the body that runs is interrupted, once. The resumer cannot
 * leave the body alone, because it is the resumer's kernel thread that executes it.
 *
 * <p>The thread that resumes has one, for the bodies that it runs until {@code resume} returns: with delegation these
 * are several, one after the other. {@link Interrupts} notes it before a switch, and tells it when a body goes on and
 * when it suspends. A timer that comes later than that finds no body, or that the limit is closed, and does nothing:
 * all three take the lock of this object. The order of locks is this one's, then that of a link.
 */
public final class TimeLimit {

    private static final ThreadLocal<TimeLimit> CURRENT = new ThreadLocal<>();

    /** Whether a thread has ever had one. A thread that has one has set this itself, so it need not be volatile. */
    static boolean used;

    /** Interrupts the body that runs; null if none does that can be interrupted. */
    private Interrupts running;
    private boolean over;
    /** Set without the lock at the end, so that this takes no call. */
    private volatile boolean closed;
    /** Whether the body that is to take the interrupt has it. */
    private boolean spent;
    /** Whether a body has ever had it. */
    private volatile boolean told;

    private TimeLimit() {}

    /** That of the calling thread; null if it has none. */
    static TimeLimit current() {
        return CURRENT.get();
    }

    /** The body of an interruptible generator goes on, in this thread. */
    synchronized void begin(Interrupts body) {
        running = body;
        expire();
    }

    /** The body suspends, or has ended. */
    synchronized void end() {
        running = null;
    }

    /** The body that had the interrupt has not taken it; so the next that goes on in this {@code resume} gets it. */
    synchronized void giveBack() {
        spent = false;
    }

    private synchronized void over() {
        over = true;
        expire();
    }

    private void expire() {
        if (over && !spent && !closed && running != null) {
            spent = true;
            told = true;
            running.expire();
        }
    }

    /**
     * Resumes within a time limit.
     *
     * @throws TimeoutException if the limit was over, and after that the body has ended by an exception, which is the
     *     cause
     */
    public static <R> R resume(Duration limit, Supplier<R> resume) throws TimeoutException {
        long nanos = TimeUnit.NANOSECONDS.convert(limit);
        TimeLimit time = new TimeLimit();
        TimeLimit outer = CURRENT.get(); // a context of the body may have one of its own while it is captured
        CompletableFuture<Void> timer = new CompletableFuture<>();
        used = true;
        CURRENT.set(time);
        try {
            if (nanos <= 0) {
                time.over();
            } else {
                timer.thenRun(time::over);
                timer.completeOnTimeout(null, nanos, TimeUnit.NANOSECONDS);
            }
            return resume.get();
        } catch (Error e) {
            throw e;
        } catch (Throwable t) {
            if (time.told) {
                throw timeout(limit, t);
            }
            throw Coroutine.sneak(t);
        } finally {
            time.closed = true;
            try {
                CURRENT.set(outer);
                timer.cancel(false); // and so the timer lets go of this
            } catch (StackOverflowError e) {
                time.running = null; // the value that has come out must not be lost
            }
        }
    }

    private static TimeoutException timeout(Duration limit, Throwable cause) {
        TimeoutException timeout = new TimeoutException(
                "the body had not suspended within " + limit + ", was interrupted, and has ended: " + cause);
        timeout.initCause(cause);
        return timeout;
    }
}
