// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Stacks;
import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Closes generators that have become unreachable before they ended, and frees stacks that have.
 *
 * <p><b>How it becomes known.</b> By a {@link PhantomReference}, which is kept by the coroutine; that is
 * reachable, by the engine, while its body may run. To make a reference takes as long as a tenth of a
 * short life, and most lives are short. So it is made later, by a thread that looks for generators that are
 * alive each {@value #WATCH_MILLIS} ms while some are made; until then the coroutine itself refers to the generator,
 * which is not found to be unreachable in that time.
 *
 * <p>A body that is unwound may run anything in its {@code finally} blocks, and block there for ever. So
 * who finds it does not unwind it itself but hands it to a worker; and if the workers are still busy after
 * a while, it starts one more. One is enough as long as none blocks.
 */
public final class Reaper {

    private static final Cleaner CLEANER = Cleaner.create(task -> daemon("fringe-cleaner", task));

    private static final SynchronousQueue<Reclaimable> ABANDONED = new SynchronousQueue<>();
    /** How long it waits for a worker. */
    private static final long PATIENCE_MILLIS = 50;
    /** After how long a worker without work ends. */
    private static final long IDLE_SECONDS = 10;

    static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();

    static {
        daemon("fringe-reaper", Reaper::awaitUnreachable).start();
    }

    /** How often it looks for generators to watch while some are made. */
    private static final long WATCH_MILLIS = 200;
    private static final Thread WATCHER = daemon("fringe-watcher", Reaper::watch);

    static {
        WATCHER.start();
    }

    /** Whether there may be generators that nobody watches. */
    private static volatile boolean unwatched;

    /** Whether the watcher will look by itself, in a short while. */
    private static volatile boolean watching;

    /** How many unreachable generators have been closed, or found to be closed; exact enough to see that it goes on. */
    private static volatile long reclaimed;

    private Reaper() {}

    /** Grows while unreachable generators are being closed. */
    public static long reclaimed() {
        return reclaimed;
    }

    private static Thread daemon(String name, Runnable task) {
        return Thread.ofPlatform().name(name).daemon().inheritInheritableThreadLocals(false).unstarted(task);
    }

    private static void awaitUnreachable() {
        while (true) {
            try {
                reclaim(((UnreachableReference) UNREACHABLE.remove()).task);
            } catch (Throwable t) { // somebody interrupts it, or there is no memory; the next may do better
                continue;
            }
        }
    }

    /** Says that there is a generator to be watched. */
    public static void watchSoon() {
        if (!unwatched) {
            unwatched = true;
            if (!watching) {
                LockSupport.unpark(WATCHER);
            }
        }
    }

    /**
     * What the watcher does. A generator that is made while it looks either is seen or asks again; the one
     * exception is one whose maker saw the question asked just before it was answered, and for that it looks
     * once more after it was asked last.
     */
    private static void watch() {
        boolean again = false;
        while (true) {
            if (again) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(WATCH_MILLIS));
            } else if (!unwatched) {
                LockSupport.park();
            }
            Thread.interrupted(); // or it would not park again
            watching = false; // one that asks from here on is heard
            boolean asked = unwatched;
            if (asked || again) {
                watchAll();
            }
            again = asked;
            watching = again;
        }
    }

    /** Watches what is not watched yet. */
    static synchronized void watchAll() {
        unwatched = false;
        try {
            Engine engine = Engines.loaded();
            if (engine == null) {
                return;
            }
            for (Flow flow : engine.flows()) {
                if (flow.task() instanceof Reclaimable task) {
                    task.watch();
                }
            }
        } catch (Throwable t) { // out of memory, most likely; the next round may do better
            unwatched = true;
        }
    }

    /** Runs {@code action} when {@code generator} is unreachable. */
    public static Cleaner.Cleanable watch(Object generator, Runnable action) {
        return CLEANER.register(generator, action);
    }

    /** Frees {@code memory} when {@code stack} is unreachable. */
    public static void watch(Object stack, Stacks.Memory memory) {
        CLEANER.register(stack, () -> {
            try {
                memory.free();
            } catch (IllegalStateException e) { // another stack was made over it, and is used
                System.getLogger("dev.fringe").log(System.Logger.Level.WARNING,
                        "a stack has become unreachable while its memory is in use; it is kept for ever", e);
            }
        });
    }

    /** Called by the thread that waits for unreachable generators; nothing is left to do for most. */
    private static void reclaim(Reclaimable coroutine) {
        if (!coroutine.hasFrames()) {
            close(coroutine);
            return;
        }
        try {
            if (!ABANDONED.offer(coroutine, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                daemon("fringe-unwinder", () -> work(coroutine)).start();
            }
        } catch (InterruptedException | OutOfMemoryError e) { // no thread; so be it
            close(coroutine);
        }
    }

    private static void work(Reclaimable first) {
        try {
            for (Reclaimable next = first; next != null;
                    next = ABANDONED.poll(IDLE_SECONDS, TimeUnit.SECONDS)) {
                close(next);
            }
        } catch (InterruptedException e) {
            // somebody wants this thread to end; the cleaner will start another
        }
    }

    private static void close(Reclaimable coroutine) {
        try {
            coroutine.close(true);
        } catch (Throwable t) {
            System.getLogger("dev.fringe").log(System.Logger.Level.WARNING,
                    "the body of a generator that was abandoned threw while it was unwound", t);
        } finally {
            reclaimed++;
        }
    }
}
