// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Stack;
import java.util.Map;
import java.util.TreeMap;

/** The memory of all stacks that have a thread, so that none is used twice or freed in use. */
public final class StacksInUse {

    /** Limit to base. */
    private static final TreeMap<Long, Long> RANGES = new TreeMap<>();

    private StacksInUse() {}

    /** Makes a thread on a stack that nobody uses. */
    static StackThread start(Stack stack) {
        Hosted.get();
        StackRequirements.check(stack);
        claim(stack);
        try {
            Limits.acquire();
            try {
                return new StackThread(stack);
            } catch (Throwable t) {
                Limits.release();
                throw t;
            }
        } catch (Throwable t) {
            release(stack);
            throw t;
        }
    }

    /** Ends a thread that is between two bodies; its memory is then free. */
    static void end(StackThread thread) {
        thread.destroy();
        Limits.release();
        release(thread.stack());
    }

    private static void claim(Stack stack) {
        synchronized (RANGES) {
            long base = stack.base();
            long limit = stack.limit();
            Map.Entry<Long, Long> overlap = overlap(limit, base);
            if (overlap != null) {
                throw new IllegalStateException(String.format(
                        "the stack %#x..%#x is in use by another generator (which has %#x..%#x);"
                                + " finish that one and unwrap() it first, or use another stack",
                        limit, base, overlap.getKey(), overlap.getValue()));
            }
            RANGES.put(limit, base);
        }
    }

    private static void release(Stack stack) {
        synchronized (RANGES) {
            RANGES.remove(stack.limit());
        }
    }

    /**
     * Does something to memory that no generator uses, and that none begins to use meanwhile.
     *
     * @return whether it was done
     */
    public static boolean ifFree(long limit, long base, Runnable action) {
        synchronized (RANGES) {
            if (overlap(limit, base) != null) {
                return false;
            }
            action.run();
            return true;
        }
    }

    private static Map.Entry<Long, Long> overlap(long limit, long base) {
        Map.Entry<Long, Long> below = RANGES.lowerEntry(base);
        return below != null && below.getValue() > limit ? below : null;
    }
}
