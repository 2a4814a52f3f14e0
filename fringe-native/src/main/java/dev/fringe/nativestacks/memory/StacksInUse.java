// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.Stack;
import dev.fringe.internal.support.BargingLock;
import java.util.Comparator;
import java.util.TreeSet;

/** The memory of all stacks that have a thread, so that none is used twice or freed in use. */
public final class StacksInUse {

    private static final BargingLock LOCK = new BargingLock();
    /** By their limits. The keys are what the callers have, so that to remove one takes no memory. Under the lock. */
    private static final TreeSet<StackRange> RANGES = new TreeSet<>(new ByLimit());

    private StacksInUse() {}

    /** A class: to make a lambda takes a millisecond, for which the first generator waits. */
    private static final class ByLimit implements Comparator<StackRange> {

        @Override
        public int compare(StackRange one, StackRange other) {
            return Long.compare(one.limit(), other.limit());
        }
    }

    /** Takes a stack for a native body, which needs no thread, and so no mappings but the stack's own. */
    public static StackRange claimNative(Stack stack, long least) {
        StackRange extent = StackRange.ofNative(stack, least);
        claim(extent);
        try {
            requireOpen(stack);
            StackObservers.inUseByNative(extent);
        } catch (Throwable t) {
            release(extent);
            throw t;
        }
        return extent;
    }

    /** Undoes {@link #claimNative}. */
    public static void releaseNative(StackRange extent) {
        StackObservers.gone(extent);
        release(extent);
    }

    /** Takes the memory of a stack for a thread. */
    public static void claim(StackRange extent) {
        StackRange overlap;
        LOCK.lock();
        try {
            overlap = overlap(extent.limit(), extent.base());
            if (overlap == null) {
                RANGES.add(extent);
            }
        } finally {
            LOCK.held = 0;
        }
        if (overlap != null) {
            throw new IllegalStateException(String.format(
                    "the stack %#x..%#x is in use by another generator (which has %#x..%#x);"
                            + " finish that one and unwrap() it first, or use another stack",
                    extent.limit(), extent.base(), overlap.limit(), overlap.base()));
        }
    }

    /**
     * Looks once more whether the memory is there, of a stack whose memory has been claimed. Another thread may have
     * closed it between asking for the addresses and claiming them; from then on {@link #ifFree} refuses.
     *
     * @throws IllegalStateException if it has been closed
     */
    public static void requireOpen(Stack stack) {
        if (StackRange.isOurs(stack)) { // others may be anybody's code, and are asked once
            stack.limit();
        }
    }

    /** Undoes {@link #claim}, when nothing refers to the memory any more. */
    public static void release(StackRange extent) {
        LOCK.lock();
        try {
            RANGES.remove(extent);
        } finally {
            LOCK.held = 0;
        }
    }

    /**
     * Does something with memory, such as freeing it, if no generator uses it and while none begins to.
     *
     * @throws IllegalStateException if one uses it
     */
    public static void ifFree(long limit, long base, Runnable action) {
        boolean used;
        LOCK.lock();
        try {
            used = overlap(limit, base) != null;
            if (!used) {
                action.run();
            }
        } finally {
            LOCK.held = 0;
        }
        if (used) {
            throw new IllegalStateException(String.format("the stack %#x..%#x is in use by a generator and can't"
                    + " be closed; close the generator first, or finish and unwrap() it", limit, base));
        }
    }

    private static StackRange overlap(long limit, long base) {
        StackRange below = RANGES.lower(new StackRange(base, base));
        return below != null && below.base() > limit ? below : null;
    }
}
