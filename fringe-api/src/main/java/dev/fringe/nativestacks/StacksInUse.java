// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.Stack;
import dev.fringe.nativestacks.hotspot.ExitWait;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackRange;
import java.util.Map;
import java.util.TreeMap;

/** The memory of all stacks that have a thread, so that none is used twice or freed in use. */
public final class StacksInUse {

    /** Limit to base. */
    private static final TreeMap<Long, Long> RANGES = new TreeMap<>();

    /** More calls than what follows the birth of a thread is deep, interpreted or not. */
    private static final int ROOM = 200;

    private StacksInUse() {}

    /** Makes a thread on a stack that nobody uses. */
    public static NativeFlow start(Stack stack) {
        NativeRuntime.get();
        boolean counted = stack instanceof OsStack;
        if (!counted) {
            MappingBudget.acquire();
        }
        StackRange extent = null;
        try {
            extent = claim(stack);
            String name = NativeFlow.nextName();
            StackObservers.inUse(name, extent);
            room(ROOM);
            NativeFlow thread = new NativeFlow(stack, extent, name);
            ExitWait.threadStarts();
            return thread;
        } catch (Throwable t) {
            if (extent != null) {
                release(extent);
            }
            if (!counted) {
                MappingBudget.release();
            }
            throw t;
        }
    }

    /**
     * Throws if there is no room for so many calls: what is done once there is a thread on the stack must be
     * done to its end.
     */
    private static int room(int calls) {
        return calls == 0 ? 0 : room(calls - 1) + 1;
    }

    /** Ends a thread that is between two bodies; its memory is then free. */
    public static void end(NativeFlow thread) {
        thread.destroy();
        ExitWait.threadEnds();
        if (!(thread.stack() instanceof OsStack)) {
            MappingBudget.release();
        }
        release(thread.extent());
    }

    private static StackRange claim(Stack stack) {
        synchronized (RANGES) {
            return claim(StackRange.of(stack));
        }
    }

    /** Takes a stack for a native body, which needs no thread, and so no mappings but the stack's own. */
    public static StackRange claimNative(Stack stack, long least) {
        StackRange extent;
        synchronized (RANGES) {
            extent = claim(StackRange.ofNative(stack, least));
        }
        StackObservers.inUseByNative(extent);
        return extent;
    }

    /** Undoes {@link #claimNative}. */
    public static void releaseNative(StackRange extent) {
        release(extent);
    }

    private static StackRange claim(StackRange extent) {
        synchronized (RANGES) {
            Map.Entry<Long, Long> overlap = overlap(extent.limit(), extent.base());
            if (overlap != null) {
                throw new IllegalStateException(String.format(
                        "the stack %#x..%#x is in use by another generator (which has %#x..%#x);"
                                + " finish that one and unwrap() it first, or use another stack",
                        extent.limit(), extent.base(), overlap.getKey(), overlap.getValue()));
            }
            RANGES.put(extent.limit(), extent.base());
            return extent;
        }
    }

    private static void release(StackRange extent) {
        StackObservers.gone(extent);
        synchronized (RANGES) {
            RANGES.remove(extent.limit());
        }
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
