// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.diagnostics.Log;
import dev.fringe.nativestacks.Bystander;
import dev.fringe.nativestacks.NativeFlow;
import dev.fringe.nativestacks.memory.StackMemory;
import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * Closes generators that have become unreachable before they ended, and frees stacks that have.
 *
 * <p><b>How it becomes known.</b> By a {@link PhantomReference}, which is kept by the coroutine; that is
 * reachable, by the thread of its stack, while it has one. To make a reference takes as long as a tenth of a
 * short life, and most lives are short. So it is made later, by the housekeeper, for generators that it finds
 * alive when it looks, each {@value #WATCH_MILLIS} ms; until then the coroutine itself refers to the generator,
 * which is not found to be unreachable in that time.
 *
 * <p>A body that is unwound may run anything in its {@code finally} blocks, and block there for ever. So
 * who finds it does not unwind it itself but hands it to a worker; and if the workers are still busy after
 * a while, it starts one more. One is enough as long as none blocks.
 */
public final class Reaper {

    private static final Cleaner CLEANER = Cleaner.create(task -> Daemons.unstarted("fringe-cleaner", task));

    private static final SynchronousQueue<Coroutine<?, ?>> ABANDONED = new SynchronousQueue<>();
    /** How long it waits for a worker. */
    private static final long PATIENCE_MILLIS = 50;
    /** After how long a worker without work ends. */
    private static final long IDLE_SECONDS = 10;

    private static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();

    /** How often the housekeeper looks for generators to watch while some are made. */
    public static final long WATCH_MILLIS = 200;

    /** Whether there may be generators that nobody watches. */
    private static volatile boolean unwatched;

    /** By which a generator's being unreachable becomes known. */
    public static final class Watch extends PhantomReference<Object> {

        private final Coroutine<?, ?> coroutine;

        public Watch(Object generator, Coroutine<?, ?> coroutine) {
            super(generator, UNREACHABLE);
            this.coroutine = coroutine;
        }
    }

    private Reaper() {}

    /** The thread that waits for generators to become unreachable, while there are stacks. */
    public static final class Finder {

        private final Thread thread = Daemons.unstarted("fringe-reaper", this::run);
        private volatile boolean stopped;

        /** Ends the thread. */
    public     void stop() {
            stopped = true;
            thread.interrupt();
        }

        private void run() {
            while (!stopped) {
                try {
                    reclaim(((Watch) UNREACHABLE.remove()).coroutine);
                } catch (Throwable t) { // an interrupt means nothing else; or there is no memory, and the next may do better
                    continue;
                }
            }
        }
    }

    /** Starts waiting. Called by the bystander. */
    public static Finder start() {
        Finder finder = new Finder();
        finder.thread.start();
        return finder;
    }

    /** Says that there is a generator to be watched. */
    public static void watchSoon() {
        if (!unwatched) {
            unwatched = true;
            Bystander.wake();
        }
    }

    /** Whether anybody has asked for {@link #watchAll} since it was last called. */
    public static boolean isAsked() {
        return unwatched;
    }

    /**
     * Called by the housekeeper. A generator that is made meanwhile either is seen here or asks again; the one
     * exception is one whose maker saw the question asked just before it was answered, and for that it looks
     * once more after it was asked last.
     */
    public static void watchAll() {
        unwatched = false;
        for (NativeFlow thread : NativeFlow.all()) {
            Coroutine<?, ?> coroutine = thread.task();
            if (coroutine != null) {
                coroutine.watch();
            }
        }
    }

    /** Runs {@code action} when {@code generator} is unreachable. */
    public static Cleaner.Cleanable watch(Object generator, Runnable action) {
        return CLEANER.register(generator, action);
    }

    /** Frees {@code memory} when {@code stack} is unreachable. */
    public static void watch(Object stack, StackMemory memory) {
        CLEANER.register(stack, () -> {
            try {
                memory.free();
            } catch (IllegalStateException e) { // another stack was made over it, and is used
                Log.warn("a stack has become unreachable while its memory is in use; it is never freed", e);
            }
        });
    }

    /** Called by the thread that waits for unreachable generators; nothing is left to do for most. */
    private static void reclaim(Coroutine<?, ?> coroutine) {
        if (!coroutine.hasFrames()) {
            close(coroutine);
            return;
        }
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (true) {
            try {
                if (!ABANDONED.offer(coroutine, until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    Daemons.unstarted("fringe-unwinder", () -> work(coroutine)).start();
                }
                return;
            } catch (InterruptedException e) { // not meant for the coroutine
                continue;
            } catch (OutOfMemoryError e) { // no thread, or no memory; so be it
                close(coroutine);
                return;
            }
        }
    }

    private static void work(Coroutine<?, ?> first) {
        Coroutine<?, ?> next = first;
        while (next != null) {
            close(next);
            try {
                next = ABANDONED.poll(IDLE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) { // so this one ends; the next is unwound by another
                return;
            }
        }
    }

    private static void close(Coroutine<?, ?> coroutine) {
        try {
            coroutine.close(true);
        } catch (Throwable t) {
            Log.warn("the body of a generator that was abandoned threw while it was unwound", t);
        }
    }
}
