// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Something that another thread does, whose result is waited for whatever happens to either: the other may end
 * by an error before it has begun, and the one that waits may be interrupted.
 */
public final class OtherThread<T> implements Runnable {

    private static final long LOOK_NANOS = 10_000_000;
    private static final long END_NANOS = 1_000_000_000;
    private static final long PAUSE_NANOS = 50_000;

    private final Thread waiting = Thread.currentThread();
    private final Thread thread;
    private final Supplier<T> task;
    private T result;
    private Throwable failure;
    private volatile boolean done;

    /**
     * Starts it.
     *
     * @param name the other thread's name
     * @param contextClassLoader its context class loader, or null
     * @param task what it does
     */
    public OtherThread(String name, ClassLoader contextClassLoader, Supplier<T> task) {
        this.task = task;
        thread = Daemons.unstarted(name, this);
        thread.setContextClassLoader(contextClassLoader);
        thread.start();
    }

    /** For the other thread. */
    @Override
    public void run() {
        try {
            result = task.get();
        } catch (Throwable t) {
            failure = t;
        } finally {
            done = true;
            LockSupport.unpark(waiting);
        }
    }

    /**
     * Waits for the result, and then up to a second for the end of the thread.
     *
     * @return the result
     * @throws OutOfMemoryError if the other thread could not run
     */
    public T await() {
        boolean interrupted = false;
        try {
            while (!done) {
                if (!thread.isAlive() && !done) {
                    throw new OutOfMemoryError("the thread " + thread.getName() + " ended before it had begun; there is"
                            + " hardly any memory");
                }
                LockSupport.parkNanos(this, LOOK_NANOS);
                interrupted |= Thread.interrupted();
            }
            long until = System.nanoTime() + END_NANOS;
            while (thread.isAlive() && System.nanoTime() < until) { // soon over, unless somebody holds its monitor
                LockSupport.parkNanos(this, PAUSE_NANOS);
                interrupted |= Thread.interrupted();
            }
        } finally { // also if there was no room to wait
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (failure != null) {
            throw OtherThread.<RuntimeException>sneak(failure);
        }
        return result;
    }

    @SuppressWarnings("unchecked") // nothing is cast: the type of a thrown exception is not checked
    private static <X extends Throwable> X sneak(Throwable t) throws X {
        throw (X) t;
    }
}
