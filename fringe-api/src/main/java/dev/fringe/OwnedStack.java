// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.StacksInUse;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A stack in memory from the C library's allocator, without a guard page.
 *
 * <p>A Java body that overflows it gets a {@link StackOverflowError} all the same, because the virtual
 * machine protects the lowest whole pages of the stack while a generator uses it.
 *
 * <p>A stack is closed by whoever made it, and only when no generator uses it. Instances may be shared
 * between threads.
 */
public final class OwnedStack implements Stack, AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final long limit;
    private final long size;

    private OwnedStack(long size) {
        int alignment = Stack.alignment();
        this.size = Math.max(alignment, (size + alignment - 1) & -alignment);
        MemorySegment memory = arena.allocate(this.size, alignment);
        limit = memory.address();
    }

    /**
     * Allocates a stack.
     *
     * @param size its size, in bytes; rounded up to a multiple of {@link Stack#alignment()}
     * @return a new stack
     * @throws IllegalArgumentException if {@code size} is not positive
     * @throws OutOfMemoryError if there is not so much memory
     * @throws UnsupportedOperationException if no backend fits this machine
     */
    public static OwnedStack ofSize(long size) {
        if (size <= 0 || size > Long.MAX_VALUE >> 1) {
            throw new IllegalArgumentException("the size of a stack can't be " + size + " bytes");
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
        return limit() + size;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the stack has been closed
     */
    @Override
    public long limit() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException(this + " has been closed");
        }
        return limit;
    }

    /**
     * Frees the memory. Does nothing if that has been done.
     *
     * @throws IllegalStateException if a generator uses the stack; nothing has happened then
     */
    @Override
    public void close() {
        StacksInUse.closeIfFree(this, limit, limit + size, () -> {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        });
    }

    @Override
    public String toString() {
        return String.format("OwnedStack[%#x..%#x, %d bytes]", limit, limit + size, size);
    }
}
