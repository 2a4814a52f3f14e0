// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.nativestacks.hotspot.ExitWait;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackRange;
import java.util.Map;
import java.util.TreeMap;

/** The memory of all stacks that have a thread, so that none is used twice or freed in use. */
public final class StacksInUse {

    /** Limit to base. */
    private static final TreeMap<Long, Long> RANGES = new TreeMap<>();

    private StacksInUse() {}

    /** What is to become a thread on a stack. The stack is asked here, and never again: it may be anybody's code. */
    public static NativeFlow prepare(Stack stack, StackPool pool) {
        NativeRuntime.get();
        return new NativeFlow(stack, StackRange.of(stack), pool);
    }

    /**
     * Makes the thread.
     *
     * @throws OutOfMemoryError if it can't be made
     * @throws IllegalStateException if the stack is in use
     */
    public static NativeFlow start(NativeFlow thread) {
        if (Bystander.perform(thread) != NativeFlow.DONE) {
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
    public static boolean end(NativeFlow thread) {
        if (thread.phase() == NativeFlow.GONE) {
            return true;
        }
        if (thread.stack() instanceof SliceStack slice) {
            slice.limit(); // throws if the memory is gone
        }
        int answer = Bystander.perform(thread);
        if (answer == NativeFlow.REFUSED) {
            throw thread.problem();
        }
        return answer == NativeFlow.DONE;
    }

    /** Takes the memory of a stack for a thread. */
    static void claim(StackRange extent) {
        synchronized (RANGES) {
            take(extent);
        }
    }

    /** Gives it back. */
    static void release(NativeFlow thread) {
        synchronized (RANGES) {
            RANGES.remove(thread.extent().limit());
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
        synchronized (RANGES) {
            RANGES.remove(extent.limit());
        }
    }

    /** Under the lock. */
    private static void take(StackRange extent) {
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
    public static void ifFree(long limit, long base, Runnable action) {
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
