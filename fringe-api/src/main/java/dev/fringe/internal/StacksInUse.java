// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.SliceStack;
import dev.fringe.Stack;
import java.util.Map;
import java.util.TreeMap;

/** The memory of all stacks that have a thread, so that none is used twice or freed in use. */
final class StacksInUse {

    /** Limit to base. */
    private static final TreeMap<Long, Long> RANGES = new TreeMap<>();

    private StacksInUse() {}

    /** What is to become a thread on a stack. The stack is asked here, and never again: it may be anybody's code. */
    static StackThread prepare(Stack stack, StackPool pool) {
        Hosted.get();
        return new StackThread(stack, Extent.of(stack), pool);
    }

    /**
     * Makes the thread.
     *
     * @throws OutOfMemoryError if it can't be made
     * @throws IllegalStateException if the stack is in use
     */
    static StackThread start(StackThread thread) {
        if (Housekeeper.perform(thread) != StackThread.DONE) {
            throw thread.problem();
        }
        thread.unname(); // by its owner, because who has got hold of its monitor meanwhile would block another thread
        Events.born();
        return thread;
    }

    /**
     * Ends a thread that is between two bodies, so that its memory is free. Does nothing if that has been done.
     *
     * @return whether the memory is free; it will be some time later if not
     * @throws OutOfMemoryError if there can be no kernel thread for its end; nothing has changed then
     * @throws IllegalStateException if the memory has been freed by its owner; nothing has changed then
     */
    static boolean end(StackThread thread) {
        if (thread.phase() == StackThread.GONE) {
            return true;
        }
        if (thread.stack() instanceof SliceStack slice) {
            slice.limit(); // throws if the memory is gone
        }
        int answer = Housekeeper.perform(thread);
        if (answer == StackThread.REFUSED) {
            throw thread.problem();
        }
        return answer == StackThread.DONE;
    }

    /** Takes the memory of a stack for a thread. */
    static void claim(Extent extent) {
        synchronized (RANGES) {
            take(extent);
        }
    }

    /** Gives it back. */
    static void release(StackThread thread) {
        synchronized (RANGES) {
            RANGES.remove(thread.extent().limit());
        }
    }

    /** Takes a stack for a native body, which needs no thread, and so no mappings but the stack's own. */
    static Extent claimNative(Stack stack, long least) {
        Extent extent = Extent.ofNative(stack, least);
        claim(extent);
        StackObservers.inUseByNative(extent);
        return extent;
    }

    /** Undoes {@link #claimNative}. */
    static void releaseNative(Extent extent) {
        StackObservers.gone(extent);
        synchronized (RANGES) {
            RANGES.remove(extent.limit());
        }
    }

    /** Under the lock. */
    private static void take(Extent extent) {
        Map.Entry<Long, Long> overlap = overlap(extent.limit(), extent.base());
        if (overlap != null) {
            throw new IllegalStateException(String.format(
                    "the stack %#x..%#x is in use by another generator (which has %#x..%#x);"
                            + " finish that one and unwrap() it first, or use another stack",
                    extent.limit(), extent.base(), overlap.getKey(), overlap.getValue()));
        }
        RANGES.put(extent.limit(), extent.base());
    }

    /**
     * Does something with memory, such as freeing it, if no generator uses it and while none begins to.
     *
     * @throws IllegalStateException if one uses it
     */
    static void ifFree(long limit, long base, Runnable action) {
        synchronized (RANGES) {
            if (overlap(limit, base) != null) {
                throw new IllegalStateException(String.format("the stack %#x..%#x is in use by a generator and can't"
                        + " be closed; close the generator first, or finish and unwrap() it", limit, base));
            }
            action.run();
        }
    }

    private static Map.Entry<Long, Long> overlap(long limit, long base) {
        Map.Entry<Long, Long> below = RANGES.lowerEntry(base);
        return below != null && below.getValue() > limit ? below : null;
    }
}
