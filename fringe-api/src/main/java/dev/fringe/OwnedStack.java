// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Startup;
import dev.fringe.internal.engine.Stacks;
import dev.fringe.internal.lifecycle.Reaper;

/**
 * A stack in memory from the C library's allocator, without a guard page.
 *
 * <p>A Java body that overflows it gets a {@link StackOverflowError} all the same, because the virtual
 * machine protects the lowest whole pages of the stack while a generator uses it.
 *
 * <p>The code that made a stack closes it, and only when no generator uses it. A stack that becomes unreachable is
 * freed some time later, so code that uses its addresses has to keep the stack reachable; a generator does. Instances
 * may be shared between threads.
 */
public final class OwnedStack implements Stack, AutoCloseable {

    private final Stacks.Memory memory;
    private final Reaper.Watched watched;

    private OwnedStack(long size) {
        Stacks stacks = Startup.engine().stacks();
        watched = Reaper.watchStack(this);
        try {
            memory = stacks.allocate(size);
        } catch (Throwable t) {
            watched.forget();
            throw t;
        }
        watched.memory = memory;
    }

    /**
     * Allocates a stack.
     *
     * @param size its size, in bytes; rounded up to a multiple of {@link Stack#alignment()}
     * @return a new stack
     * @throws IllegalArgumentException if {@code size} is not positive
     * @throws OutOfMemoryError if there is not enough memory
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a body on a
     *     given stack
     */
    public static OwnedStack ofSize(long size) {
        if (size <= 0 || size > Long.MAX_VALUE >> 1) {
            throw new IllegalArgumentException("the size of a stack can't be " + size
                    + " bytes; it is at least 1, and rounded up to a multiple of Stack.alignment()");
        }
        return new OwnedStack(size);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the stack has been closed
     */
    @Override
    public long base() {
        return memory.limit() + memory.size();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the stack has been closed
     */
    @Override
    public long limit() {
        return memory.limit();
    }

    /**
     * Frees the memory. Does nothing if the stack has been closed.
     *
     * @throws IllegalStateException if a generator uses the stack; nothing has happened then
     */
    @Override
    public void close() {
        watched.free();
    }

    @Override
    public String toString() {
        return "OwnedStack[" + memory + "]";
    }
}
