// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds where the C library keeps the id of the kernel thread: the offset from the thread pointer to
 * the "tid slot", which is the same in all threads.
 *
 * <p>The kernel knows the address, because it clears the slot when the thread ends, and most kernels
 * tell it. Where one does not (qemu's user mode), the slot is a word near the thread pointer that
 * equals the id, at the same offset in every thread.
 */
public final class TidSlot {

    private static final long REACH = 4096;

    private TidSlot() {}

    /** The offsets at which the calling thread's slot may be. To be called by a platform thread. */
    public static Set<Long> candidates(long threadPointer) {
        int id = Libc.gettid();
        long told = Libc.tidAddress();
        Set<Long> found = new TreeSet<>();
        if (told != 0) {
            if (Libc.getInt(told) == id) {
                found.add(told - threadPointer);
            }
            return found;
        }
        try (ProcMem memory = ProcMem.open()) {
            long end = threadPointer + REACH;
            for (long from = (threadPointer - REACH) & ~3L; from < end; ) {
                long to = Math.min(end, (from & -Libc.PAGE_SIZE) + Libc.PAGE_SIZE);
                ByteBuffer words = memory.read(from, (int) (to - from));
                while (words.remaining() >= 4) {
                    long address = from + words.position();
                    if (words.getInt() == id) {
                        found.add(address - threadPointer);
                    }
                }
                from = to;
            }
        }
        return found;
    }

    /** What both of two threads found, if that is one offset. */
    public static long agree(Set<Long> one, Set<Long> other) {
        Set<Long> both = new TreeSet<>(one);
        both.retainAll(other);
        if (both.size() != 1) {
            throw new UnsupportedOperationException("can't find where this C library keeps the id of a thread"
                    + " (candidates as offsets from the thread pointer: " + one + " in one thread, " + other
                    + " in another); Fringe needs it to move threads, and works with glibc and musl");
        }
        return both.iterator().next();
    }
}
