// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.support.BargingLock;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What is done at a limit of mappings, addresses, memory or threads before it is an error. What is there may all
 * be garbage, which the collector does not look for, because its own memory is not short. So generators that are not
 * watched yet are, idle stacks are freed, one collection is requested, and it is tried again, with pauses that
 * double, for as long as the reaper gets on and for half a second after that. {@code java.nio.Bits} does the same
 * for direct buffers.
 *
 * <p>What the reaper unwinds meanwhile the engine keeps, however much it is: the threads that wait take it from there, at
 * a hundredth of the price of freeing a stack and making another.
 */
public final class Reclamation {

    /** With pauses of 1, 2, 4, ... ms that is half a second. */
    private static final int ATTEMPTS = 9;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final BargingLock LOCK = new BargingLock();
    /** Whether the thread is in a call. An array, because to change it back takes no call, which might fail. */
    private static final ThreadLocal<boolean[]> INSIDE = new ThreadLocal<>();

    private static volatile long collections;

    private Reclamation() {}

    /**
     * Makes something that takes memory which is not the collector's, if need be after others of its kind have
     * been freed. One call in another leaves it to the outer one.
     *
     * @throws OutOfMemoryError as {@code attempt} does, if it does so at last
     */
    public static <T> T make(Supplier<T> attempt) {
        boolean[] inside = INSIDE.get();
        if (inside == null) {
            inside = new boolean[1];
            INSIDE.set(inside);
        }
        if (inside[0]) {
            return attempt.get();
        }
        inside[0] = true;
        try {
            long before = collections;
            try {
                return attempt.get();
            } catch (OutOfMemoryError e) {
                if (isOfHeap(e)) {
                    throw e;
                }
                return retry(attempt, before);
            }
        } finally {
            inside[0] = false;
        }
    }

    /** The virtual machine has collected before it says so, and there is nothing to wait for. */
    private static boolean isOfHeap(OutOfMemoryError e) {
        if (e.getMessage() == null) {
            return true;
        }
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError && at.getMessage() != null && saysHeap(at.getMessage())) {
                return true;
            }
        }
        return false;
    }

    private static boolean saysHeap(String message) {
        return message.startsWith("Java heap space") || message.startsWith("GC overhead")
                || message.startsWith("Metaspace") || message.startsWith("Compressed class space");
    }

    private static <T> T retry(Supplier<T> attempt, long collectionsBefore) {
        Reaper.watchAll();
        Engine engine = Engines.loaded();
        if (engine != null) {
            engine.shortage();
        }
        long begun = System.nanoTime();
        boolean interrupted = false;
        long reclaimed = Reaper.reclaimed();
        try {
            collect(collectionsBefore);
            int left = ATTEMPTS;
            long pause = 1;
            while (true) {
                try {
                    return attempt.get();
                } catch (OutOfMemoryError e) {
                    long now = Reaper.reclaimed();
                    if (now != reclaimed) {
                        reclaimed = now;
                        left = ATTEMPTS;
                        pause = 1;
                    }
                    if (left-- == 0 || System.nanoTime() - begun > LONGEST_NANOS || isOfHeap(e)) {
                        throw e;
                    }
                }
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    interrupted = true; // it goes on waiting, and the caller sees it afterwards
                }
                pause *= 2;
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Requests a collection, unless one was since the caller made its first attempt. */
    private static void collect(long before) {
        LOCK.lock();
        try {
            if (collections == before) {
                System.gc();
                collections = before + 1;
            }
        } finally {
            LOCK.held = 0;
        }
    }
}
