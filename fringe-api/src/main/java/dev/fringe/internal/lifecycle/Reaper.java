// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Stacks;
import dev.fringe.internal.support.BargingLock;
import dev.fringe.internal.support.Daemons;
import dev.fringe.internal.support.Log;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 * <p>Stacks, and generators with native bodies, are watched from the beginning, each by a {@link Cleanup}.
 *
 * <p>A body that is unwound may run anything in its {@code finally} blocks, and block there for ever. So the thread that
 * finds it does not unwind it itself but hands it to a worker; and if all workers are blocked after a while, it starts
 * one more. Workers that merely get no processor are not helped by another one, which would compete with them: a
 * program that forgets generators at full speed on a busy machine had a thousand. So one is started beside
 * workers that run only when none has come to an end for {@value #LONG_PATIENCE_MILLIS} ms: they may compute, or wait for
 * a device, which looks the same from outside.
 */
public final class Reaper {

    private static final SynchronousQueue<Reclaimable> ABANDONED = new SynchronousQueue<>();
    /** How long it waits for a worker if all of them are blocked. */
    private static final long PATIENCE_MILLIS = 50;
    /** How long it waits for one that runs to come to an end. */
    private static final long LONG_PATIENCE_MILLIS = 1_000;
    /** After how long a worker without work ends. */
    private static final long IDLE_SECONDS = 10;

    /** Generators. */
    static final ReferenceQueue<Object> UNREACHABLE = new ReferenceQueue<>();
    /** What there is a {@link Cleanup} for. */
    static final ReferenceQueue<Object> FREED = new ReferenceQueue<>();

    /** Those that the watcher has started; its own. */
    private static Finder finder;
    private static Finder cleaner;
    /** Those that it has stopped last. */
    private static volatile Thread endingFinder;
    private static volatile Thread endingCleaner;

    /** How often it looks for generators to watch while some are made. */
    private static final long WATCH_MILLIS = 200;
    /** How often it looks whether there are any at all. */
    private static final long LINGER_MILLIS = 2_000;
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
    /** How soon it is tried again to free something, if that has failed. */
    private static final long RETRY_MILLIS = 50;

    /** Whether there may be generators that nothing watches. */
    private static volatile boolean unwatched;

    /** Whether the watcher will look by itself, in a short while. */
    private static volatile boolean watching;

    private static final BargingLock LOCK = new BargingLock();

    /** The thread that watches; null if there is none. Set under the lock. */
    private static volatile Thread watcher;
    /** The one that watched last; it may be about to end. Set under the lock. */
    private static volatile Thread latest;
    private static final Watcher WATCHER = new Watcher();

    /** Set by {@link #shutDown}: the watcher ends as soon as there is nothing to watch. */
    private static volatile boolean hurry;
    private static final long HURRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Whether the watcher has removed the hook, and has not ended after all; its own. */
    private static boolean hookIsMissing;

    /** What is done when the watcher begins, and when it ends. */
    private static volatile Runnable begins;
    private static volatile Runnable ends;

    /** Says to a worker that it is not needed any more. */
    private static final Reclaimable NONE = new Reclaimable() {
        @Override
        public void watch() { }

        @Override
        public boolean hasFrames() {
            return false;
        }

        @Override
        public void close(boolean abandoned) { }

        @Override
        public boolean isBlocked() {
            return false;
        }

        @Override
        public void runBody() { }
    };

    /** What each worker unwinds. */
    private static final Set<Worker> WORKERS = ConcurrentHashMap.newKeySet();

    private static final class Worker implements Runnable {

        /** What it unwinds; null if it has come to the end of that. */
        private volatile Reclaimable at;

        Worker(Reclaimable first) {
            at = first;
        }

        @Override
        public void run() {
            try {
                while (at != null && at != NONE) {
                    close(at);
                    at = null;
                    at = ABANDONED.poll(IDLE_SECONDS, TimeUnit.SECONDS);
                }
            } catch (InterruptedException e) { // so this one ends; the next is unwound by another
                return;
            } finally {
                WORKERS.remove(this);
            }
        }

        boolean isBlocked() {
            Reclaimable current = at;
            return current != null && current.isBlocked();
        }
    }

    /** How many unreachable generators and stacks have been closed, or found to be; exact enough to see it go on. */
    private static volatile long reclaimed;

    private Reaper() {}

    /**
     * What is to be done on a thread of the library's when it begins to be used, and when it is used no more. Called
     * once, before there is a generator.
     */
    public static void whenUsed(Runnable first, Runnable last) {
        begins = first;
        ends = last;
    }

    /**
     * Has the threads that watch end as soon as there is nothing to watch.
     *
     * @param deadline until when this waits for it, by {@link System#nanoTime}
     * @return whether they have ended
     */
    public static boolean shutDown(long deadline) throws InterruptedException {
        hurry = true;
        try {
            if (!awaitEnd(latest, deadline) || !awaitEnd(endingFinder, deadline)
                    || !awaitEnd(endingCleaner, deadline)) {
                return false;
            }
            while (ABANDONED.offer(NONE)) { // one for each worker that waits
                reclaimed++;
            }
            return true;
        } finally {
            hurry = false;
        }
    }

    private static boolean awaitEnd(Thread thread, long deadline) throws InterruptedException {
        while (thread != null && thread.isAlive()) {
            LockSupport.unpark(thread);
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedJoin(thread, Math.min(left, HURRY_NANOS));
        }
        return true;
    }

    /** Grows while what is unreachable is being closed, or freed. */
    public static long reclaimed() {
        return reclaimed;
    }

    /**
     * A thread that waits for what becomes unreachable: there is one for generators, which may have to be unwound, and
     * one for the others. They live as long as the watcher.
     */
    private static final class Finder implements Runnable {

        private final ReferenceQueue<Object> queue;
        private final Thread thread;
        private volatile boolean stopped;

        Finder(String name, ReferenceQueue<Object> queue) {
            this.queue = queue;
            thread = Daemons.unstarted(name, this);
        }

        private void stop() {
            stopped = true;
            thread.interrupt();
        }

        @Override
        public void run() {
            while (!stopped) {
                try {
                    if (queue == FREED) {
                        cleanUp();
                    } else {
                        reclaim(((UnreachableReference) queue.remove()).task);
                    }
                } catch (Throwable t) { // an interrupt means nothing else; or no memory, and the next may do better
                    continue;
                }
            }
        }

        private void cleanUp() throws InterruptedException {
            Reference<?> found = queue.remove(Cleanup.anyFailed() ? RETRY_MILLIS : LINGER_MILLIS);
            if (found != null) {
                ((Cleanup) found).clean();
                reclaimed++;
            }
            reclaimed += Cleanup.retry();
        }
    }

    private static void startFinders() {
        if (finder == null) {
            finder = started(new Finder("fringe-reaper", UNREACHABLE));
        }
        if (cleaner == null) {
            cleaner = started(new Finder("fringe-cleaner", FREED));
        }
    }

    private static Finder started(Finder made) {
        made.thread.start();
        return made;
    }

    private static void stopFinders() {
        if (finder != null) {
            finder.stop();
            endingFinder = finder.thread;
            finder = null;
        }
        if (cleaner != null) {
            cleaner.stop();
            endingCleaner = cleaner.thread;
            cleaner = null;
        }
    }

    /**
     * Says that there is a generator to be watched.
     *
     * @throws OutOfMemoryError if there is no thread for it, or no memory; the generator must not be made then
     */
    public static void watchSoon() {
        if (!unwatched) {
            unwatched = true;
            if (!watching) {
                try {
                    wake();
                } catch (Throwable t) { // the next asks again
                    unwatched = false;
                    throw t;
                }
            }
        }
    }

    private static void wake() {
        Thread current = watcher;
        if (current != null) {
            LockSupport.unpark(current);
        } else {
            start();
        }
    }

    private static void start() {
        LOCK.lock();
        try {
            if (watcher == null) {
                WATCHER.before = latest;
                Thread started = Daemons.unstarted("fringe-watcher", WATCHER);
                started.start();
                watcher = started;
                latest = started;
            }
        } finally {
            LOCK.held = 0;
        }
    }

    /** What each thread that watches does. There is one at a time, which begins when the one before has ended. */
    private static final class Watcher implements Runnable {

        /** Set under the lock before a thread is started. */
        private Thread before;

        @Override
        public void run() {
            awaitEnd(before);
            before = null;
            watch();
        }

        /** So that it does not undo what this one does. */
        private static void awaitEnd(Thread other) {
            while (other != null && other.isAlive()) {
                try {
                    other.join();
                } catch (Throwable t) { // an interrupt, which means nothing; or no memory
                    Thread.onSpinWait();
                }
            }
        }
    }

    /**
     * What the watcher does, as long as there is something to watch. A generator that is made while it looks either is
     * seen or asks again; the one exception is one whose maker saw the question asked just before it was answered, and
     * for that it looks once more after it was asked last.
     */
    private static void watch() {
        run(begins);
        boolean again = false;
        long used = System.nanoTime();
        while (true) {
            try {
                startFinders();
                if (hookIsMissing) { // one that has been made since may have seen it
                    ShutdownHook.add();
                    hookIsMissing = false;
                }
                if (again || !unwatched) {
                    LockSupport.parkNanos(hurry ? HURRY_NANOS
                            : again ? TimeUnit.MILLISECONDS.toNanos(WATCH_MILLIS) : LINGER_NANOS);
                }
                Thread.interrupted(); // or it would not park again
                watching = false; // one that asks from here on is heard
                boolean asked = unwatched;
                if (asked || again) {
                    watchAll();
                }
                again = asked;
                watching = again;
                long now = System.nanoTime();
                if (again || !isIdle()) {
                    used = now;
                } else if ((hurry || now - used >= LINGER_NANOS) && leave()) {
                    stopFinders();
                    run(ends);
                    return;
                }
            } catch (Throwable t) { // no memory, or no thread: without it no generator that is forgotten would be closed
                again = true;
                LockSupport.parkNanos(HURRY_NANOS);
            }
        }
    }

    private static boolean isIdle() {
        Engine engine = Engines.loaded();
        return (engine == null || !engine.hasFlows()) && Cleanup.none();
    }

    /**
     * Whether the calling thread is the watcher no more. It first says so, and then looks whether there is something to
     * watch; one that asks does it the other way round.
     */
    private static boolean leave() {
        Thread self = Thread.currentThread();
        if (watcher != self) {
            return true;
        }
        watcher = null;
        boolean left = false;
        try {
            if (!unwatched && isIdle()) {
                hookIsMissing = ShutdownHook.remove();
                left = !unwatched && isIdle();
                if (left) {
                    hookIsMissing = false;
                }
            }
        } finally { // also if there is no memory to find out
            if (!left) {
                left = !stay(self);
            }
        }
        return left;
    }

    /** Makes it the watcher again, unless another has been started, which waits for its end. */
    private static boolean stay(Thread self) {
        LOCK.lock();
        try {
            if (watcher == null) {
                watcher = self;
            }
            return watcher == self;
        } finally {
            LOCK.held = 0;
        }
    }

    private static void run(Runnable action) {
        try {
            if (action != null) {
                action.run();
            }
        } catch (Throwable t) { // no memory
            return;
        }
    }

    /**
     * Has a shutdown hook close what {@linkplain Reclaimable#isClosedAtShutdown asks for it}. Called when the flow of
     * such a generator can be found already, and {@link #watchSoon} has been called for it. So the watcher that ends, and
     * removes the hook before it looks for such flows, does so before this, or finds that flow and adds the hook again.
     */
    public static void watchShutdown() {
        ShutdownHook.add();
    }

    /** Watches what is not watched yet. */
    static void watchAll() {
        LOCK.lock();
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
        } finally {
            LOCK.held = 0;
        }
    }

    /**
     * Has something be done when an object is unreachable.
     *
     * @throws OutOfMemoryError if there is no thread for it, or no memory; nothing is done then
     */
    public static void watch(Cleanup cleanup) {
        cleanup.list();
        try {
            if (watcher == null) { // one that is about to end, and has not seen this, is replaced
                start();
            }
        } catch (Throwable t) {
            cleanup.forget();
            throw t;
        }
    }

    /** What frees the memory of a stack, which is set when there is some. */
    public static final class Watched extends Cleanup {

        public volatile Stacks.Memory memory;

        private Watched(Object stack) {
            super(stack);
        }

        @Override
        protected void act() {
            try {
                Stacks.Memory last = memory;
                if (last != null) {
                    last.free();
                }
            } catch (IllegalStateException e) { // another stack was made over it, and is used
                Log.warn("a stack has become unreachable while its memory is in use; it is never freed", e);
            }
        }

        /** Frees it now. If this throws, nothing has happened. */
        public void free() {
            memory.free();
            try {
                forget();
            } catch (StackOverflowError e) { // it is free; so it will be forgotten when the stack is unreachable
                return;
            }
        }
    }

    /**
     * Frees the memory of a stack when the stack is unreachable. Called before there is any, because there may be no
     * room and no memory to call it afterwards.
     */
    public static Watched watchStack(Object stack) {
        Watched watched = new Watched(stack);
        watch(watched);
        Reference.reachabilityFence(stack); // one that is found before it is listed would stay there
        return watched;
    }

    /** Called by the thread that waits for unreachable generators; nothing is left to do for most. */
    private static void reclaim(Reclaimable coroutine) {
        if (!coroutine.hasFrames()) {
            close(coroutine);
            return;
        }
        long since = System.nanoTime();
        long before = reclaimed;
        while (true) {
            try {
                if (!WORKERS.isEmpty() && ABANDONED.offer(coroutine, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
                if (reclaimed != before) { // they get on
                    before = reclaimed;
                    since = System.nanoTime();
                } else if (WORKERS.stream().allMatch(Worker::isBlocked)
                        || System.nanoTime() - since >= TimeUnit.MILLISECONDS.toNanos(LONG_PATIENCE_MILLIS)) {
                    startWorker(coroutine);
                    return;
                }
            } catch (InterruptedException e) { // not meant for the coroutine
                continue;
            } catch (OutOfMemoryError e) { // no thread, or no memory; so be it
                close(coroutine);
                return;
            }
        }
    }

    private static void startWorker(Reclaimable first) {
        Worker worker = new Worker(first);
        Thread thread = Daemons.unstarted("fringe-unwinder", worker);
        WORKERS.add(worker);
        try {
            thread.start();
        } catch (Throwable t) {
            WORKERS.remove(worker);
            throw t;
        }
    }

    private static void close(Reclaimable coroutine) {
        try {
            coroutine.close(true);
        } catch (Throwable t) {
            Log.warn("the body of a generator that was abandoned threw while it was unwound", t);
        } finally {
            reclaimed++;
        }
    }
}
