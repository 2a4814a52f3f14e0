// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Startup;
import dev.fringe.internal.engine.Stacks;
import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.internal.lifecycle.Reclamation;
import dev.fringe.internal.settings.Settings;

/**
 * A stack in an anonymous memory mapping of its own, with a guard page below its limit. The mapping reserves addresses,
 * not memory: a page takes memory once it is first used.
 *
 * <p>The code that made a stack closes it, and only when no generator uses it. A stack that becomes unreachable is
 * unmapped some time later, so code that uses its addresses has to keep the stack reachable; a generator does.
 * Instances may be shared between threads.
 */
public final class OsStack implements GuardedStack, AutoCloseable {

    private static final long DEFAULT_SIZE =
            Settings.number(Settings.STACK_SIZE, 1 << 20, 1, Long.MAX_VALUE >> 1, "size in bytes");

    private final Stacks.Memory memory;
    private final Reaper.Watched watched;

    private OsStack(long size) {
        Stacks stacks = Startup.engine().stacks();
        watched = Reaper.watchStack(this);
        try {
            memory = stacks.map(size);
        } catch (Throwable t) {
            watched.forget();
            throw t;
        }
        watched.memory = memory;
    }

    /**
     * Maps a stack.
     *
     * @param size its minimum size, in bytes; rounded up to whole pages, and to one page at least. Any size is legal
     *     for a stack, but a generator with a Java body refuses a small one
     * @return a new stack
     * @throws IllegalArgumentException if {@code size} is negative
     * @throws OutOfMemoryError if the kernel refuses the mapping; the message says why
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a body on a
     *     given stack
     */
    public static OsStack ofSize(long size) {
        if (size < 0 || size > Long.MAX_VALUE >> 1) {
            throw new IllegalArgumentException("the size of a stack can't be " + size
                    + " bytes; it is at least 0, and rounded up to whole pages");
        }
        return Reclamation.make(() -> new OsStack(Math.max(size, 1)));
    }

    /**
     * Maps a stack of the {@linkplain #defaultSize() default size}.
     *
     * @return a new stack
     * @throws OutOfMemoryError if the kernel refuses the mapping; the message says why
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a body on a
     *     given stack
     */
    public static OsStack ofDefaultSize() {
        return ofSize(DEFAULT_SIZE);
    }

    /**
     * Returns the size of the stacks of generators that are made without one. It is 1 MiB, as for other Java threads,
     * unless the system property {@code dev.fringe.stackSize} sets another size in bytes.
     *
     * @return a size in bytes
     */
    public static long defaultSize() {
        return DEFAULT_SIZE;
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
     * Unmaps the memory. Does nothing if the stack has been closed.
     *
     * @throws IllegalStateException if a generator uses the stack; nothing has happened then
     */
    @Override
    public void close() {
        watched.free();
    }

    @Override
    public String toString() {
        return "OsStack[" + memory + "]";
    }
}
