// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.settings.Settings;
import dev.fringe.nativestacks.memory.StackRequirements;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Stack threads of one size, between two bodies. Making one takes hundreds of microseconds, reusing one
 * takes less than one. The last one given is the first taken, because its memory is in the caches; so
 * those that are not needed gather at the other end, where the housekeeper finds them.
 */
final class StackPool {

    private static final int CAPACITY =
            Math.max(0, (int) Settings.number(Settings.POOL_SIZE, 256, Integer.MIN_VALUE, Integer.MAX_VALUE, "number"));
    static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(
            Math.max(1, Settings.number(Settings.POOL_IDLE_SECONDS, 60, Integer.MIN_VALUE, Integer.MAX_VALUE, "number")));

    private static final long TRIM_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Map<Long, StackPool> POOLS = new ConcurrentHashMap<>();
    private static final Map<Long, StackPool> FRESH = new ConcurrentHashMap<>();
    private static final StackPool DEFAULT = ofSize(OsStack.defaultSize());

    /** For so long after a shortage, the pools keep all that they are given. */
    private static final long AFTERMATH_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static volatile long lastShortage;
    private static volatile boolean shortage;

    private final long size;
    private final int capacity;
    private final IdleList idle = new IdleList();
    /**
     * One more if there is room for two, for threads that make one generator after the other. It stays in
     * its seat while it is used; who takes it claims it by an atomic operation on the thread itself, and who
     * gives it back needs neither the lock nor such an operation. Set under the lock.
     */
    private NativeFlow seat;
    /** What the housekeeper found in the seat, and in use, when it looked last. */
    private NativeFlow hogging;
    /**
     * What has lost the seat while it was used. Who gave it back just then may not have noticed, and have
     * released it; so the housekeeper looks. Under the lock.
     */
    private NativeFlow unseated;

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
        return POOLS.computeIfAbsent(size, key -> new StackPool(key, CAPACITY));
    }

    /** A source of stacks that are used once. */
    static StackPool unpooled(long least) {
        return FRESH.computeIfAbsent(pages(least), key -> new StackPool(key, 0));
    }

    private static long pages(long size) {
        return size < 0 || size > Long.MAX_VALUE >> 1 ? size : StackRequirements.roundUp(Math.max(size, 1));
    }

    NativeFlow take() {
        NativeFlow seated = seat; // it may be read at any time: only who can claim it uses it
        NativeFlow taken = seated != null && seated.claim() ? seated : takeOther();
        taken.leased = true;
        return taken;
    }

    private NativeFlow takeOther() {
        synchronized (idle) {
            NativeFlow thread = capacity == 0 ? null : idle.pollNewest();
            if (thread != null) {
                return thread;
            }
        }
        OsStack stack = OsStack.ofSize(size);
        try {
            return NativeFlow.start(stack, this);
        } catch (Throwable t) {
            close(stack);
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
        } else if (!keep(thread)) {
            thread.destroy();
            thread.leased = false;
        }
    }

    private boolean keep(NativeFlow thread) {
        synchronized (idle) {
            forgetUnseated(thread);
            if (isFull()) {
                return false;
            }
            if (seat == null && capacity > 1) {
                seat = thread;
                thread.release();
            } else {
                idle.add(thread);
                thread.leased = false;
            }
            return true;
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

    /** What is used in the seat counts, as it can come back at any time. Under the lock. */
    private boolean isFull() {
        return idle.size() + (seat == null ? 0 : 1) >= capacity && (capacity == 0 || !isShort());
    }

    /** See {@link dev.fringe.internal.engine.Engine#shortage}. */
    static void shortage() {
        lastShortage = System.nanoTime();
        shortage = true;
        for (StackPool pool : POOLS.values()) {
            for (NativeFlow old = pool.takeOld(-1); old != null; old = pool.takeOld(-1)) {
                old.destroy();
            }
        }
    }

    /**
     * Takes back stacks that their owners could not give back, frees those that have been idle for long, and the
     * unused memory of others. Called by the bystander.
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
        for (StackPool pool : POOLS.values()) {
            pool.tidyOne(idleNanos);
        }
        for (StackPool pool : FRESH.values()) {
            pool.tidyOne(idleNanos);
        }
    }

    private void tidyOne(long idleNanos) {
        for (NativeFlow ended = clearSeat(); ended != null; ended = takeUnseated()) {
            ended.destroy();
        }
        for (NativeFlow old = takeOld(idleNanos); old != null; old = takeOld(idleNanos)) {
            old.destroy();
        }
        synchronized (idle) { // so that nothing runs on them meanwhile
            long now = System.nanoTime();
            for (NativeFlow thread = idle.oldest(); thread != null; thread = thread.newer) {
                if (now - thread.idleSince(now) > TRIM_NANOS) {
                    thread.trimOnce();
                }
            }
        }
    }

    private NativeFlow takeOld(long idleNanos) {
        synchronized (idle) {
            NativeFlow oldest = idle.oldest();
            long now = System.nanoTime();
            if (oldest == null || now - oldest.idleSince(now) < idleNanos) {
                return null;
            }
            idle.remove(oldest);
            return oldest;
        }
    }

    /**
     * Moves what lies in the seat to where it can be looked at, and taken from; and what has been in use there
     * since the last time loses the seat to others.
     *
     * @return one that there is no room for, or null
     */
    private NativeFlow clearSeat() {
        synchronized (idle) {
            NativeFlow seated = seat;
            NativeFlow surplus = null;
            if (seated != null && seated.claim()) {
                seat = null;
                surplus = moveIn(seated);
            } else if (seated != null && seated == hogging) {
                seat = null;
                seated.nextUnseated = unseated;
                unseated = seated;
            }
            hogging = seat;
            return surplus == null ? takeUnseated() : surplus;
        }
    }

    /** Looks at those that have lost the seat; one that has been released and that there is no room for, or null. */
    private NativeFlow takeUnseated() {
        synchronized (idle) {
            NativeFlow previous = null;
            for (NativeFlow thread = unseated; thread != null; thread = thread.nextUnseated) {
                if (thread.claim()) {
                    unlinkUnseated(previous, thread);
                    NativeFlow surplus = moveIn(thread);
                    if (surplus != null) {
                        return surplus;
                    }
                } else {
                    previous = thread;
                }
            }
            return null;
        }
    }

    private void unlinkUnseated(NativeFlow previous, NativeFlow thread) {
        if (previous == null) {
            unseated = thread.nextUnseated;
        } else {
            previous.nextUnseated = thread.nextUnseated;
        }
    }

    private NativeFlow moveIn(NativeFlow thread) {
        if (isFull()) {
            return thread;
        }
        idle.add(thread);
        return null;
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

    /** How often the housekeeper looks, in nanoseconds. */
    static long period() {
        return Math.min(IDLE_NANOS / 2, TimeUnit.SECONDS.toNanos(5));
    }
}
