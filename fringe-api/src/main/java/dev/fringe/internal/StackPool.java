// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.OsStack;
import java.util.ArrayDeque;

/** Stack threads between two bodies: making one takes some 200 us, reusing one does not. */
final class StackPool {

    /** The largest number of idle stacks that are kept; 0 switches the pool off. */
    static final String SIZE_PROPERTY = "dev.fringe.pool.size";

    private static final int SIZE = Integer.getInteger(SIZE_PROPERTY, 256);

    private static final ArrayDeque<StackThread> IDLE = new ArrayDeque<>();

    private StackPool() {}

    static StackThread take() {
        synchronized (IDLE) {
            StackThread idle = IDLE.pollLast();
            if (idle != null) {
                return idle;
            }
        }
        OsStack stack = OsStack.ofDefaultSize();
        try {
            return StacksInUse.start(stack);
        } catch (Throwable t) {
            stack.close();
            throw t;
        }
    }

    static void give(StackThread thread) {
        synchronized (IDLE) {
            if (IDLE.size() < SIZE) {
                IDLE.addLast(thread);
                return;
            }
        }
        StacksInUse.end(thread);
        ((OsStack) thread.stack()).close();
    }
}
