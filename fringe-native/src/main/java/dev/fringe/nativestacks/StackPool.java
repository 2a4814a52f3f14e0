// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.settings.Settings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(
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
    private final ArrayDeque<NativeFlow> idle = new ArrayDeque<>();
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
    private final Set<NativeFlow> unseated = new HashSet<>();

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

    /** The pool of stacks of a size, in bytes. */
    static StackPool ofSize(long size) {
        if (DEFAULT != null && size == DEFAULT.size) {
            return DEFAULT;
        }
        return POOLS.computeIfAbsent(size, key -> new StackPool(key, CAPACITY));
    }

    /** A source of stacks that are used once. */
    static StackPool unpooled(long size) {
        return FRESH.computeIfAbsent(size, key -> new StackPool(key, 0));
    }

    NativeFlow take() {
        NativeFlow seated = seat; // it may be read at any time: only who can claim it uses it
        NativeFlow taken = seated != null && seated.claim() ? seated : takeOther();
        taken.leased = true;
        return taken;
    }

    private NativeFlow takeOther() {
        synchronized (idle) {
            NativeFlow thread = capacity == 0 ? null : idle.pollLast();
            if (thread != null) {
                return thread;
            }
        }
        OsStack stack = OsStack.ofSize(size);
        try {
            NativeFlow thread = NativeFlow.start(stack);
            thread.pool = this;
            return thread;
        } catch (Throwable t) {
            stack.close();
            throw t;
        }
    }

    void give(NativeFlow thread) {
        thread.becomesIdle();
        if (thread == seat) {
            thread.release();
        } else if (!keep(thread)) {
            thread.leased = false;
            try {
                free(thread);
                return;
            } catch (OutOfMemoryError e) { // no kernel thread for its end; the housekeeper will try again
                synchronized (idle) {
                    idle.addLast(thread);
                }
            }
        }
        try {
            Bystander.wake();
        } catch (StackOverflowError e) { // who comes next wakes it; the stack may be somebody else's by now
            return;
        }
    }

    private boolean keep(NativeFlow thread) {
        synchronized (idle) {
            unseated.remove(thread);
            if (isFull()) {
                return false;
            }
            if (seat == null && capacity > 1) {
                seat = thread;
                thread.release();
            } else {
                idle.addLast(thread);
                thread.leased = false;
            }
            return true;
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

    private static void free(NativeFlow thread) {
        thread.destroy();
        ((OsStack) thread.stack()).close();
    }

    /** See {@link dev.fringe.internal.engine.Engine#shortage}. */
    static void shortage() {
        lastShortage = System.nanoTime();
        shortage = true;
        for (StackPool pool : POOLS.values()) {
            NativeFlow oldest;
            do {
                synchronized (pool.idle) {
                    oldest = pool.idle.pollFirst();
                }
                if (oldest != null) {
                    free(oldest);
                }
            } while (oldest != null);
        }
    }

    /**
     * Takes back stacks that nobody could give back, frees those that have been idle for long, and the unused
     * memory of others.
     *
     * @return whether there is anything left to keep house for
     */
    static boolean tidy() {
        for (NativeFlow thread : NativeFlow.all()) {
            if (thread.lost) {
                thread.lost = false;
                thread.retire();
            }
        }
        boolean more = false;
        for (Map<Long, StackPool> pools : List.of(POOLS, FRESH)) {
            for (StackPool pool : pools.values()) {
                more |= pool.tidyOne();
            }
        }
        return more;
    }

    private boolean tidyOne() {
        List<NativeFlow> old = new ArrayList<>();
        boolean more;
        synchronized (idle) {
            clearSeat(old);
            long now = System.nanoTime();
            while (!idle.isEmpty() && now - idle.peekFirst().idleSince(now) > IDLE_NANOS) {
                old.add(idle.pollFirst());
            }
            more = !idle.isEmpty();
            // Under the lock, so that nobody runs on them meanwhile.
            for (NativeFlow thread : idle) {
                if (now - thread.idleSince(now) > TRIM_NANOS) {
                    thread.trimOnce();
                }
            }
        }
        for (int i = 0; i < old.size(); i++) {
            try {
                free(old.get(i));
            } catch (OutOfMemoryError e) { // no kernel thread for its end; again in the next round
                synchronized (idle) {
                    old.subList(i, old.size()).reversed().forEach(idle::addFirst);
                }
                return true;
            }
        }
        return more;
    }

    /**
     * Moves what lies in the seat to where it can be looked at, and taken from; and what has been in use there
     * since the last time loses the seat to others.
     */
    private void clearSeat(List<NativeFlow> surplus) {
        NativeFlow seated = seat;
        if (seated != null && seated.claim()) {
            seat = null;
            moveIn(seated, surplus);
        } else if (seated != null && seated == hogging) {
            seat = null;
            unseated.add(seated);
        }
        hogging = seat;
        unseated.removeIf(thread -> {
            boolean released = thread.claim();
            if (released) {
                moveIn(thread, surplus);
            }
            return released;
        });
    }

    private void moveIn(NativeFlow thread, List<NativeFlow> surplus) {
        if (isFull()) {
            surplus.add(thread);
        } else {
            idle.addLast(thread);
        }
    }

    /** How often the housekeeper looks, in nanoseconds. */
    static long period() {
        return Math.min(IDLE_NANOS / 2, TimeUnit.SECONDS.toNanos(5));
    }
}
