// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.internal.engine.Stacks;
import dev.fringe.internal.support.BargingLock;
import dev.fringe.nativestacks.linux.Libc;

/**
 * The memory of a stack that the library made. It is freed once: by the stack's {@code close}, or some
 * time after the stack has become unreachable. It does not refer to the stack, so that it can.
 */
public final class StackMemory implements Stacks.Memory, Runnable {

    private final long limit;
    private final long size;
    private final boolean mapped;
    private volatile boolean free;
    /** So that it is freed once. Not a monitor: who has it waits for the lock of {@link StacksInUse}. */
    private final BargingLock freeing = new BargingLock();

    private StackMemory(long limit, long size, boolean mapped) {
        this.limit = limit;
        this.size = size;
        this.mapped = mapped;
    }

    /**
     * Maps memory above a guard page.
     *
     * @param size the size in bytes, without the guard page; rounded up to whole pages
     */
    public static StackMemory map(long size) {
        long pages = StackRequirements.roundUp(size);
        return new StackMemory(GuardedMapping.map(pages), pages, true);
    }

    /**
     * Takes memory from the C library.
     *
     * @param size the size in bytes; rounded up to a multiple of the alignment of stacks
     */
    public static StackMemory allocate(long size) {
        int alignment = StackRequirements.alignment();
        long rounded = (size + alignment - 1) & -alignment;
        return new StackMemory(Libc.allocate(rounded, alignment), rounded, false);
    }

    /** The size in bytes. */
    @Override
    public long size() {
        return size;
    }

    /**
     * The lowest address.
     *
     * @throws IllegalStateException if the memory has been freed
     */
    @Override
    public long limit() {
        if (free) {
            throw new IllegalStateException("the stack " + this + " has been closed; make another one");
        }
        return limit;
    }

    /**
     * Frees the memory; does nothing if that has been done.
     *
     * @throws IllegalStateException if a generator uses it
     */
    @Override
    public void free() {
        freeing.lock();
        try {
            if (!free) { // if it is, others may use these addresses
                StacksInUse.ifFree(limit, limit + size, this);
            }
        } finally {
            freeing.held = 0;
        }
    }

    /** What {@link #free} does while nothing can begin to use the memory. */
    @Override
    public void run() {
        free = true;
        try {
            if (mapped) {
                GuardedMapping.unmap(limit, size);
            } else {
                Libc.free(limit);
            }
        } catch (Throwable t) { // no memory, or no room: it has not happened, and may be tried again
            free = false;
            throw t;
        }
    }

    @Override
    public String toString() {
        return String.format("%#x..%#x (%d bytes)", limit, limit + size, size);
    }
}
