// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * Closes generators that have become unreachable before they ended, and frees stacks that have.
 *
 * <p>A body that is unwound may run anything in its {@code finally} blocks, and block there for ever. So
 * who finds it does not unwind it itself but hands it to a worker; and if the workers are still busy after
 * a while, it starts one more. One is enough as long as none blocks.
 */
public final class Reaper {

    private static final Cleaner CLEANER = Cleaner.create(task -> daemon("fringe-cleaner", task));

    private static final SynchronousQueue<Coroutine<?, ?>> ABANDONED = new SynchronousQueue<>();
    /** How long it waits for a worker. */
    private static final long PATIENCE_MILLIS = 50;
    /** After how long a worker without work ends. */
    private static final long IDLE_SECONDS = 10;

    private static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();

    static {
        daemon("fringe-reaper", Reaper::awaitUnreachable).start();
    }

    /**
     * What becomes known here when its generator is unreachable, as long as it is reachable itself: a
     * coroutine is, by the thread of its stack, while it has one. A {@link Cleaner} would keep it in a list,
     * under a lock, which takes a quarter of a short life.
     */
    abstract static class Watched extends PhantomReference<Object> {

        Watched(Object generator) {
            super(generator, UNREACHABLE);
        }
    }

    private Reaper() {}

    private static Thread daemon(String name, Runnable task) {
        return Thread.ofPlatform().name(name).daemon().inheritInheritableThreadLocals(false).unstarted(task);
    }

    private static void awaitUnreachable() {
        while (true) {
            try {
                reclaim((Coroutine<?, ?>) UNREACHABLE.remove());
            } catch (Throwable t) { // somebody interrupts it, or there is no memory; the next may do better
                continue;
            }
        }
    }

    /** Runs {@code action} when {@code generator} is unreachable. */
    public static Cleaner.Cleanable watch(Object generator, Runnable action) {
        return CLEANER.register(generator, action);
    }

    /** Frees {@code memory} when {@code stack} is unreachable. */
    static void watch(Object stack, StackMemory memory) {
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
    private static void reclaim(Coroutine<?, ?> coroutine) {
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

    private static void work(Coroutine<?, ?> first) {
        try {
            for (Coroutine<?, ?> next = first; next != null;
                    next = ABANDONED.poll(IDLE_SECONDS, TimeUnit.SECONDS)) {
                close(next);
            }
        } catch (InterruptedException e) {
            // somebody wants this thread to end; the cleaner will start another
        }
    }

    private static void close(Coroutine<?, ?> coroutine) {
        try {
            coroutine.close(true);
        } catch (Throwable t) {
            System.getLogger("dev.fringe").log(System.Logger.Level.WARNING,
                    "the body of a generator that was abandoned threw while it was unwound", t);
        }
    }
}
