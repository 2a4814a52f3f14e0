// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that drive bodies besides their resumers: those of the JDK's pool for virtual threads, and helpers.
 * A helper is a platform thread of the library's own. One is needed when the resumer can't leave its stack to
 * the body: it is pinned, or it has hardly any stack left.
 */
final class Pools {

    private static final int HELPER_IDLE_SECONDS = 10;
    /** How long to wait for the collector before a task is submitted again. */
    private static final long RETRY_MILLIS = 20;

    /** How long to wait before it is looked at again whether the helpers have ended. */
    private static final long END_NANOS = 1_000_000;

    /** As many as are needed at once. */
    static final ThreadPoolExecutor HELPERS = new ThreadPoolExecutor(0, Integer.MAX_VALUE, HELPER_IDLE_SECONDS,
            TimeUnit.SECONDS, new SynchronousQueue<>(), Thread.ofPlatform().daemon().name("fringe-helper-", 1)
                    .inheritInheritableThreadLocals(false).factory());

    private Pools() {}

    /**
     * Ends the helpers that have nothing to do.
     *
     * @param deadline until when this waits for the others, by {@link System#nanoTime}
     * @return whether there are none left
     */
    static synchronized boolean endHelpers(long deadline) throws InterruptedException {
        HELPERS.setKeepAliveTime(0, TimeUnit.SECONDS); // which wakes those that wait
        try {
            while (HELPERS.getPoolSize() > 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.sleep(Math.min(left, END_NANOS));
            }
            return true;
        } finally {
            HELPERS.setKeepAliveTime(HELPER_IDLE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /**
     * Has a task executed. If the heap is full it is tried until it works, as the JDK does: what is to be executed is
     * the only way for a body to go on.
     */
    static void execute(Executor pool, Runnable task) {
        while (true) {
            try {
                pool.execute(task);
                return;
            } catch (OutOfMemoryError e) {
                pause();
            }
        }
    }

    private static void pause() {
        boolean interrupted = Thread.interrupted();
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (OutOfMemoryError e) {
            Thread.onSpinWait();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
