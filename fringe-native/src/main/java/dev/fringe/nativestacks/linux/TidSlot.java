// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds where the C library keeps the id of the kernel thread: the offset from the thread pointer to
 * the "tid slot", which is the same in all threads.
 *
 * <p>In most C libraries it is the {@linkplain ExitWord exit word} too, which most kernels tell: then it holds
 * the id. Else the slot is the word of the control block that equals the id, at the same offset in every
 * thread. If there is not exactly one, it is not guessed.
 */
public final class TidSlot {

    /** How far from the thread pointer the control block may reach, in bytes. */
    static final long REACH = 4096;

    private TidSlot() {}

    /**
     * What a thread sees of itself.
     *
     * @param threadPointer its thread pointer
     * @param told the address of its exit word, or 0 if the kernel does not tell
     * @param candidates the offsets at which its tid slot may be
     */
    public record Look(long threadPointer, long told, Set<Long> candidates) {}

    /** What the calling thread sees. To be called by a platform thread. */
    public static Look look(long threadPointer) {
        long told = Libc.tidAddress();
        Set<Long> candidates = told != 0 && Libc.getInt(told) == Libc.gettid()
                ? Set.of(told - threadPointer) : search(threadPointer);
        return new Look(threadPointer, told, candidates);
    }

    /**
     * Whether the control block lies at the thread pointer and above, not below. Where it does (x86), its first
     * word is the thread pointer itself, so that it can be read; elsewhere that word leads to the thread variables.
     */
    static boolean isControlBlockAbove(long threadPointer) {
        return Libc.getWord(threadPointer) == threadPointer;
    }

    /** On the other side are thread variables, of which the virtual machine and others keep the id too. */
    private static Set<Long> search(long threadPointer) {
        int id = Libc.gettid();
        Set<Long> found = new TreeSet<>();
        try (ProcMem memory = ProcMem.open()) {
            long start = isControlBlockAbove(threadPointer) ? threadPointer : threadPointer - REACH;
            long end = start + REACH;
            for (long from = start & ~3L; from < end; ) {
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
    public static long agree(Look one, Look other) {
        Set<Long> both = new TreeSet<>(one.candidates);
        both.retainAll(other.candidates);
        if (both.size() != 1) {
            throw new UnsupportedOperationException("can't find where this C library keeps the id of a thread"
                    + " (candidates as offsets from the thread pointer: " + one.candidates + " in one thread, "
                    + other.candidates + " in another); Fringe needs it to move threads, and works with glibc and musl");
        }
        return both.iterator().next();
    }

    /** An offset from the thread pointer, in words. */
    public static String describe(long offset) {
        return Math.abs(offset) + (offset < 0 ? " bytes below" : " bytes above") + " the thread pointer";
    }
}
