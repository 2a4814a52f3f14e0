// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A stack over memory of the caller's, without a guard page. Base and limit are aligned inward.
 *
 * <p>The memory must stay allocated, and be used for nothing else, until the generator that uses it has been closed or
 * {@linkplain Generator#unwrap() unwrapped}. The library can't keep an arena from being closed. It checks before it
 * makes a generator, before each switch into it and before its end, and throws an {@link IllegalStateException} if the
 * memory is gone. But the virtual machine, whose frames were on that memory, stops at the next collection. If in doubt,
 * allocate from {@link java.lang.foreign.Arena#ofAuto}: a generator keeps its stack reachable, and the stack its
 * memory.
 *
 * <p>A Java body that overflows it gets a {@link StackOverflowError}, because the virtual machine protects the lowest
 * whole pages of the stack while a generator uses it. The memory around the stack is not touched.
 */
public final class SliceStack implements Stack {

    private final MemorySegment memory;
    private final long base;
    private final long limit;

    private SliceStack(MemorySegment memory) {
        this.memory = memory;
        int alignment = Stack.alignment();
        limit = (memory.address() + alignment - 1) & -alignment;
        base = (memory.address() + memory.byteSize()) & -alignment;
        if (base < limit) {
            throw new IllegalArgumentException("SliceStack too small: the segment has " + memory.byteSize()
                    + " bytes, and none is left when both ends are aligned to " + alignment + "; a generator with a Java"
                    + " body needs some 128 KiB");
        }
    }

    /**
     * Makes a stack of a memory segment.
     *
     * @param memory native memory that is writable and accessible to the calling thread
     * @return a new stack over the aligned part of {@code memory}
     * @throws IllegalArgumentException if {@code memory} is on the Java heap, read-only, or so small
     *     that nothing is left when it is aligned
     * @throws IllegalStateException if the arena of {@code memory} has been closed
     * @throws WrongThreadException if {@code memory} is confined to another thread
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a body on a
     *     given stack
     */
    public static SliceStack of(MemorySegment memory) {
        Objects.requireNonNull(memory, "memory");
        if (!memory.isNative()) {
            throw new IllegalArgumentException("a stack can't be on the Java heap, where objects move;"
                    + " allocate the segment from an Arena");
        }
        if (memory.isReadOnly()) {
            throw new IllegalArgumentException("a stack can't be in a segment that is read-only: " + memory
                    + "; pass the segment that it was made from");
        }
        if (!memory.scope().isAlive()) {
            throw new IllegalStateException("the arena of the segment has been closed: " + memory
                    + "; keep it open for as long as a generator uses the stack");
        }
        if (!memory.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("the segment is confined to another thread than " + Thread.currentThread()
                    + "; allocate it from an arena of this thread, or from Arena.ofShared()");
        }
        return new SliceStack(memory);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the arena of the memory has been closed
     */
    @Override
    public long base() {
        checkAlive();
        return base;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the arena of the memory has been closed
     */
    @Override
    public long limit() {
        checkAlive();
        return limit;
    }

    private void checkAlive() {
        if (!memory.scope().isAlive()) {
            throw new IllegalStateException("the memory of " + this + " has been freed: its arena is closed");
        }
    }

    @Override
    public String toString() {
        return String.format("SliceStack[%#x..%#x, %d bytes]", limit, base, base - limit);
    }
}
