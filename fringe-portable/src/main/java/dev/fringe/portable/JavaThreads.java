// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * What HotSpot's {@code JavaThread} says of a platform thread: whether it holds monitors, and how much stack it has
 * left. Where the fields are, HotSpot tells debuggers ({@link JvmLibrary}). If it does not, or native access is
 * denied, the answers are the cautious ones.
 */
final class JavaThreads {

    private static final long UNKNOWN = -1;
    private static final VarHandle ADDRESS;
    private static final MemorySegment MEMORY;
    /** Offset of the 32-bit field that says where the top of the lock stack is, as an offset in the JavaThread. */
    private static final long LOCK_STACK_TOP;
    /** What it says when the lock stack is empty. */
    private static final int LOCK_STACK_EMPTY;
    private static final long CONTINUATION_ENTRY;
    private static final long STACK_BASE;
    private static final long STACK_SIZE;

    static {
        MemorySegment memory = MemorySegment.NULL;
        VarHandle address = null;
        long top = UNKNOWN;
        int empty = 0;
        long entry = UNKNOWN;
        long base = UNKNOWN;
        long size = UNKNOWN;
        try (Arena arena = Arena.ofConfined()) {
            if (!Access.mayBeNative()) {
                throw new IllegalCallerException("native access is not enabled");
            }
            address = Access.lookup().findVarHandle(Thread.class, "eetop", long.class);
            memory = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
            JvmLibrary library = JvmLibrary.open(arena);
            entry = library.offset("JavaThread", "_cont_entry");
            base = library.offset("JavaThread", "_stack_base");
            size = library.offset("JavaThread", "_stack_size");
            long lockStack = library.offset("JavaThread", "_lock_stack");
            empty = (int) (lockStack + library.offset("LockStack", "_base[0]"));
            top = lockStack + library.offset("LockStack", "_top");
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            // What has been found is used, and what is not known is done without.
            System.getLogger("dev.fringe").log(System.Logger.Level.DEBUG,
                    "Fringe does not know the virtual machine's threads and is a little slower", e);
        }
        if (ValueLayout.ADDRESS.byteSize() != Long.BYTES) { // no 32-bit virtual machine has continuations
            top = UNKNOWN;
            entry = UNKNOWN;
        }
        MEMORY = memory;
        ADDRESS = address;
        LOCK_STACK_TOP = top;
        LOCK_STACK_EMPTY = empty;
        CONTINUATION_ENTRY = size == UNKNOWN ? UNKNOWN : entry;
        STACK_BASE = base;
        STACK_SIZE = size;
    }

    private JavaThreads() {}

    /** Whether the fields are known. */
    static boolean known() {
        return knowsLocks() && knowsRoom();
    }

    /** Whether it is known where the lock stack is. */
    static boolean knowsLocks() {
        return LOCK_STACK_TOP != UNKNOWN;
    }

    /** Whether it is known where the stack ends. */
    static boolean knowsRoom() {
        return CONTINUATION_ENTRY != UNKNOWN;
    }

    /**
     * Whether a platform thread, which is the caller, holds no monitor by its lock stack; those that are inflated do
     * not count.
     */
    static boolean lockStackIsEmpty(Thread current) {
        return MEMORY.get(ValueLayout.JAVA_INT, address(current) + LOCK_STACK_TOP) == LOCK_STACK_EMPTY;
    }

    /**
     * How much stack a carrier had left when it entered the continuation that the caller runs in.
     *
     * @return bytes, the guard zones and the shadow zone included
     */
    static long roomBelowEntry(Thread carrier) {
        long thread = address(carrier);
        long base = MEMORY.get(ValueLayout.JAVA_LONG, thread + STACK_BASE);
        long size = MEMORY.get(ValueLayout.JAVA_LONG, thread + STACK_SIZE);
        return MEMORY.get(ValueLayout.JAVA_LONG, thread + CONTINUATION_ENTRY) - (base - size);
    }

    private static long address(Thread thread) {
        return (long) ADDRESS.get(thread);
    }
}
