// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.settings.Settings;
import dev.fringe.internal.support.BargingLock;
import dev.fringe.nativestacks.memory.StackRequirements;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Stack threads of one size, between two bodies. Making one takes hundreds of microseconds, and ending one as long;
 * reusing one takes less than one. The last one given is the first taken, because its memory is in the caches; so
 * those that are not needed gather at the other end, where the bystander finds them.
 *
 * <p><b>How many there are.</b> What has been in use at once will be in use at once again. So a stack that is given
 * back always stays for now, and the thread that closes a generator never waits for a thread's end. There are never
 * more stacks than have been in use at once, because one is made only when none is idle. That peak is
 * forgotten bit by bit, a quarter in each round of the bystander, which ends the stacks above it, and those that nothing
 * has used for {@link #IDLE_NANOS}. It leaves {@value #USUALLY_KEPT} of a size until then. If the property for the size
 * of pools is set, that many stay, and the bystander ends the others at once.
 *
 * <p>A stack that is to be ended lies in the pool until the bystander gets to it, so whoever makes a generator meanwhile
 * takes it from there.
 */
final class StackPool {

    /** Stands for a pool that follows the peak. */
    private static final int UNBOUNDED = Integer.MAX_VALUE;
    private static final int CAPACITY = Math.max(0,
            (int) Settings.number(Settings.POOL_SIZE, UNBOUNDED, Integer.MIN_VALUE, Integer.MAX_VALUE, "number"));
    /** So many stay until nothing has used them for long, whatever the peak. */
    private static final int USUALLY_KEPT = 256;
    /** So many end at once: their kernel threads share the processors, and who wants a stack waits for no more. */
    private static final int TOGETHER = 32;
    /** So many are trimmed, or freed in a shortage, before others get the lock, or their turn. */
    private static final int AT_A_TIME = 64;
    static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(
            Math.max(1, Settings.number(Settings.POOL_IDLE_SECONDS, 60, Integer.MIN_VALUE, Integer.MAX_VALUE, "number")));

    private static final long TRIM_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long TRIM_PAUSE_NANOS = 100_000;

    private static final Map<Long, StackPool> POOLS = new ConcurrentHashMap<>();
    private static final Map<Long, StackPool> FRESH = new ConcurrentHashMap<>();
    private static final StackPool DEFAULT = ofSize(OsStack.defaultSize());

    /** For so long after a shortage, the pools keep all that they are given. */
    private static final long AFTERMATH_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static volatile long lastShortage;
    private static volatile boolean shortage;
    /** Whether there may be stacks that are to be ended at once. */
    private static volatile boolean surplus;
    /** Those that end together; the bystander's. */
    private static final NativeFlow[] ENDING = new NativeFlow[TOGETHER];

    private final long size;
    private final int capacity;
    private final BargingLock lock = new BargingLock();
    private final IdleList idle = new IdleList();
    /**
     * One more if there is room for two, for threads that make one generator after the other. It stays in
     * its seat while it is used; who takes it claims it by an atomic operation on the thread itself, and who
     * gives it back needs neither the lock nor such an operation. Set under the lock.
     */
    private NativeFlow seat;
    /** What the bystander found in the seat, and in use, when it looked last. */
    private NativeFlow hogging;
    /**
     * What has lost the seat while it was used. Who gave it back just then may not have noticed, and have
     * released it; so the bystander looks. Under the lock.
     */
    private NativeFlow unseated;
    /** How many are in use, without one in the seat, and how many were at most since the bystander looked. Under the lock. */
    private int inUse;
    private int peak;
    /** The peak of recent rounds, of which a quarter is forgotten in each. */
    private int recentPeak;

    private StackPool(long size, int capacity) {
        this.size = size;
        this.capacity = capacity;
    }

    /** Where the stack that options ask for comes from, unless it is the caller's. */
    static StackPool of(Options options) {
        if (options.stackSize() == Options.ANY_SIZE) {
            return options.freshThread() ? unpooled(DEFAULT.size) : DEFAULT;
        }
        return options.freshThread() ? unpooled(options.stackSize()) : ofSize(options.stackSize());
    }

    /** The pool of stacks of a size, in bytes; sizes that are as many pages have one pool. */
    static StackPool ofSize(long least) {
        long size = pages(least);
        if (DEFAULT != null && size == DEFAULT.size) {
            return DEFAULT;
        }
        return of(POOLS, size, CAPACITY);
    }

    /** A source of stacks that are used once. */
    static StackPool unpooled(long least) {
        return of(FRESH, pages(least), 0);
    }

    private static StackPool of(Map<Long, StackPool> pools, long size, int capacity) {
        StackPool known = pools.get(size); // takes no lock
        return known != null ? known : pools.computeIfAbsent(size, key -> new StackPool(key, capacity));
    }

    private static long pages(long size) {
        return size < 0 || size > Long.MAX_VALUE >> 1 ? size : StackRequirements.roundUp(Math.max(size, 1));
    }

    /** One that is idle, or a new one. */
    NativeFlow take() {
        NativeFlow taken = takeIdle();
        return taken != null ? taken : start();
    }

    /** One that is idle, or null. */
    NativeFlow takeIdle() {
        NativeFlow seated = seat; // it may be read at any time: only who can claim it uses it
        NativeFlow taken = seated != null && seated.claim() ? seated : takeListed();
        if (taken != null) {
            taken.leased = true;
        }
        return taken;
    }

    private NativeFlow takeListed() {
        if (capacity == 0) {
            return null;
        }
        lock.lock();
        try {
            NativeFlow thread = idle.pollNewest();
            if (thread != null) { // no call from here on, for which there might be no room: it would be lost
                thread.leased = true;
                inUse++;
                if (inUse > peak) {
                    peak = inUse;
                }
            }
            return thread;
        } finally {
            lock.held = 0;
        }
    }

    private NativeFlow start() {
        lock.lock();
        try {
            inUse++;
            if (inUse > peak) {
                peak = inUse;
            }
        } finally {
            lock.held = 0;
        }
        OsStack stack = null;
        try {
            stack = OsStack.ofSize(size);
            NativeFlow started = NativeFlow.start(stack, this);
            started.leased = true;
            return started;
        } catch (Throwable t) {
            if (stack != null) {
                close(stack);
            }
            lock.lock();
            try {
                inUse--;
            } finally {
                lock.held = 0;
            }
            throw t;
        }
    }

    private static void close(OsStack stack) {
        try {
            stack.close();
        } catch (Throwable t) { // it is in use until its thread has ended; or there is no room: freed when unreachable
            return;
        }
    }

    void give(NativeFlow thread) {
        thread.becomesIdle();
        if (thread == seat) {
            thread.release();
        } else if (capacity == 0) {
            thread.destroy();
            thread.leased = false;
        } else if (keep(thread)) {
            try {
                Bystander.wake();
            } catch (Throwable t) { // no room: it looks by itself from time to time, and the stack has been given
                return;
            }
        }
    }

    /** Returns whether the bystander is to be told that there is a surplus. */
    private boolean keep(NativeFlow thread) {
        lock.lock();
        try {
            forgetUnseated(thread);
            if (seat == null && capacity > 1) {
                seat = thread;
                thread.release();
            } else {
                idle.add(thread);
                thread.leased = false;
            }
            inUse--;
            boolean tell = !surplus && capacity != UNBOUNDED && hasSurplus();
            if (tell) {
                surplus = true;
            }
            return tell;
        } finally {
            lock.held = 0;
        }
    }

    private void forgetUnseated(NativeFlow thread) {
        NativeFlow previous = null;
        for (NativeFlow at = unseated; at != null && at != thread; at = at.nextUnseated) {
            previous = at;
        }
        if (previous != null ? previous.nextUnseated == thread : unseated == thread && thread != null) {
            unlinkUnseated(previous, thread);
        }
    }

    private static boolean isShort() {
        if (shortage && System.nanoTime() - lastShortage > AFTERMATH_NANOS) {
            shortage = false;
        }
        return shortage;
    }

    /** Whether one that is idle is to be ended, however short it has been idle. Under the lock. */
    private boolean hasSurplus() {
        if (idle.size() == 0 || isShort()) {
            return false;
        }
        int seated = seat == null ? 0 : 1; // what is used in the seat counts, as it can come back at any time
        return capacity == UNBOUNDED
                ? idle.size() + seated + inUse > Math.max(USUALLY_KEPT, recentPeak + 1)
                : idle.size() + seated > capacity;
    }

    /** See {@link dev.fringe.internal.engine.Engine#shortage}. */
    static void shortage() {
        lastShortage = System.nanoTime();
        shortage = true;
        for (StackPool pool : POOLS.values()) {
            for (int i = 0; i < AT_A_TIME; i++) {
                NativeFlow oldest = pool.takeOldest();
                if (oldest == null) {
                    break;
                }
                oldest.destroy();
            }
        }
    }

    /**
     * Takes back stacks that their owners could not give back, looks which have been idle for long, and frees the
     * unused memory of others. Called by the bystander, which goes on with {@link #endSurplus}.
     *
     * @param idleNanos how long an idle stack is kept
     */
    static void tidy(long idleNanos) {
        for (NativeFlow thread : NativeFlow.all()) {
            if (thread.lost) {
                thread.lost = false;
                try {
                    thread.retire();
                } catch (Throwable t) { // again in the next round
                    thread.lost = thread.leased;
                    throw t;
                }
            }
        }
        surplus = true;
        for (StackPool pool : POOLS.values()) {
            pool.tidyOne(idleNanos);
        }
    }

    private void tidyOne(long idleNanos) {
        clearSeat();
        takeUnseated();
        lock.lock();
        try {
            recentPeak = Math.max(peak, recentPeak - recentPeak / 4 - 1);
            peak = inUse;
        } finally {
            lock.held = 0;
        }
        while (trimSome(idleNanos)) {
            LockSupport.parkNanos(TRIM_PAUSE_NANOS); // others get the lock
        }
    }

    /** Gives back memory of some that have been idle for a while; whether there may be more. */
    private boolean trimSome(long idleNanos) {
        lock.lock();
        try { // so that nothing runs on them meanwhile
            long now = System.nanoTime();
            int trimmed = 0;
            for (NativeFlow thread = idle.oldest(); thread != null; thread = thread.newer) {
                long age = now - thread.idleSince(now);
                if (age > TRIM_NANOS && age < idleNanos && thread.trimOnce() && ++trimmed == AT_A_TIME) {
                    return true;
                }
            }
            return false;
        } finally {
            lock.held = 0;
        }
    }

    /**
     * Ends some of the stacks that are to be ended. Called by the bystander, which has others to serve in between.
     *
     * @param idleNanos how long an idle stack is kept
     * @return whether there may be more
     */
    static boolean endSurplus(long idleNanos) {
        if (!surplus) {
            return false;
        }
        surplus = false;
        boolean more = false;
        for (StackPool pool : POOLS.values()) {
            int count = pool.takeSurplus(idleNanos);
            more |= count == TOGETHER;
            try {
                Bystander.end(ENDING, count);
            } finally {
                Arrays.fill(ENDING, null);
            }
        }
        if (more) {
            surplus = true;
        }
        return more;
    }

    /** Moves stacks that are to be ended from the pool to {@link #ENDING}; returns how many. */
    private int takeSurplus(long idleNanos) {
        lock.lock();
        try {
            long now = System.nanoTime();
            int count = 0;
            while (count < TOGETHER) {
                NativeFlow oldest = idle.oldest();
                if (oldest == null || now - oldest.idleSince(now) < idleNanos && !hasSurplus()) {
                    break;
                }
                idle.remove(oldest);
                ENDING[count++] = oldest;
            }
            return count;
        } finally {
            lock.held = 0;
        }
    }

    private NativeFlow takeOldest() {
        lock.lock();
        try {
            NativeFlow oldest = idle.oldest();
            if (oldest != null) {
                idle.remove(oldest);
            }
            return oldest;
        } finally {
            lock.held = 0;
        }
    }

    /**
     * Moves what lies in the seat to where it can be looked at, and taken from; and what has been in use there
     * since the last time loses the seat to others.
     */
    private void clearSeat() {
        lock.lock();
        try {
            NativeFlow seated = seat;
            if (seated != null && seated.claim()) {
                seat = null;
                idle.add(seated);
            } else if (seated != null && seated == hogging) {
                seat = null;
                inUse++;
                seated.nextUnseated = unseated;
                unseated = seated;
            }
            hogging = seat;
        } finally {
            lock.held = 0;
        }
    }

    /** Moves those to the others that have lost the seat and been released nevertheless. */
    private void takeUnseated() {
        lock.lock();
        try {
            NativeFlow previous = null;
            NativeFlow next;
            for (NativeFlow thread = unseated; thread != null; thread = next) {
                next = thread.nextUnseated;
                if (thread.claim()) {
                    unlinkUnseated(previous, thread);
                    idle.add(thread);
                    inUse--;
                } else {
                    previous = thread;
                }
            }
        } finally {
            lock.held = 0;
        }
    }

    private void unlinkUnseated(NativeFlow previous, NativeFlow thread) {
        if (previous == null) {
            unseated = thread.nextUnseated;
        } else {
            previous.nextUnseated = thread.nextUnseated;
        }
    }

    /** Idle stacks in the order in which they became so. Linked by themselves, so that to add one takes no memory. */
    private static final class IdleList {

        private NativeFlow oldest;
        private NativeFlow newest;
        private int size;

        NativeFlow oldest() {
            return oldest;
        }

        int size() {
            return size;
        }

        void add(NativeFlow thread) {
            thread.older = newest;
            thread.newer = null;
            if (newest == null) {
                oldest = thread;
            } else {
                newest.newer = thread;
            }
            newest = thread;
            size++;
        }

        void remove(NativeFlow thread) {
            NativeFlow before = thread.older;
            NativeFlow after = thread.newer;
            if (before == null) {
                oldest = after;
            } else {
                before.newer = after;
            }
            if (after == null) {
                newest = before;
            } else {
                after.older = before;
            }
            thread.older = null;
            thread.newer = null;
            size--;
        }

        NativeFlow pollNewest() {
            NativeFlow thread = newest;
            if (thread != null) {
                remove(thread);
            }
            return thread;
        }
    }

    /** How often the bystander looks, in nanoseconds. */
    static long period() {
        return Math.min(IDLE_NANOS / 2, TimeUnit.SECONDS.toNanos(5));
    }
}
