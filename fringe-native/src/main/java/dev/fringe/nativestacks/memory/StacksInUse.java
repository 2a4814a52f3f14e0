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
        StackObservers.inUseByNative(extent);
        return extent;
    }

    /** Undoes {@link #claimNative}. */
    public static void releaseNative(StackRange extent) {
        StackObservers.gone(extent);
        release(extent);
    }

    /** Takes the memory of a stack for a thread. */
    public static void claim(StackRange extent) {
        LOCK.lock();
        try {
            StackRange overlap = overlap(extent.limit(), extent.base());
            if (overlap != null) {
                throw new IllegalStateException(String.format(
                        "the stack %#x..%#x is in use by another generator (which has %#x..%#x);"
                                + " finish that one and unwrap() it first, or use another stack",
                        extent.limit(), extent.base(), overlap.limit(), overlap.base()));
            }
            RANGES.add(extent);
        } finally {
            LOCK.held = 0;
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
        LOCK.lock();
        try {
            if (overlap(limit, base) != null) {
                throw new IllegalStateException(String.format("the stack %#x..%#x is in use by a generator and can't"
                        + " be closed; close the generator first, or finish and unwrap() it", limit, base));
            }
            action.run();
        } finally {
            LOCK.held = 0;
        }
    }

    private static StackRange overlap(long limit, long base) {
        StackRange below = RANGES.lower(new StackRange(base, base));
        return below != null && below.base() > limit ? below : null;
    }
}
