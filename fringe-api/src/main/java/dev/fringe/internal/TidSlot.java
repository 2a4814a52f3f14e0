// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
final class TidSlot {

    private static final long REACH = 4096;
    private static final int ATTEMPTS = 20;

    private TidSlot() {}

    /** The offsets at which the calling thread's slot may be. To be called by a platform thread. */
    static Set<Long> candidates(long threadPointer) {
        int id = Libc.gettid();
        long told = Libc.tidAddress();
        Set<Long> found = new TreeSet<>();
        if (told != 0) {
            if (Libc.getInt(told) == id) {
                found.add(told - threadPointer);
            }
            return found;
        }
        // The emulator's list of mappings may lack one while another thread makes a mapping next to it.
        for (int attempt = 0; found.isEmpty() && attempt < ATTEMPTS; attempt++) {
            search(threadPointer, id, found);
        }
        return found;
    }

    private static void search(long threadPointer, int id, Set<Long> found) {
        for (long[] range : readableAround(threadPointer)) {
            for (long address = range[0]; address + 4 <= range[1]; address += 4) {
                if (Libc.getInt(address) == id) {
                    found.add(address - threadPointer);
                }
            }
        }
    }

    /** What both of two threads found, if that is one offset. */
    static long agree(Set<Long> one, Set<Long> other) {
        Set<Long> both = new TreeSet<>(one);
        both.retainAll(other);
        if (both.size() != 1) {
            throw new UnsupportedOperationException("can't find where this C library keeps the id of a thread"
                    + " (candidates as offsets from the thread pointer: " + one + " in one thread, " + other
                    + " in another); Fringe needs it to move threads, and works with glibc and musl");
        }
        return both.iterator().next();
    }

    /** The readable parts of the memory on either side of an address. */
    private static Iterable<long[]> readableAround(long address) {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.matches("\\S+ r.*"))
                    .map(line -> line.split("[- ]", 3))
                    .map(part -> new long[] {
                        Math.max(Long.parseUnsignedLong(part[0], 16), (address - REACH) & ~3L),
                        Math.min(Long.parseUnsignedLong(part[1], 16), address + REACH)})
                    .filter(range -> range[0] < range[1])
                    .toList();
        } catch (IOException e) {
            throw new UnsupportedOperationException("can't read /proc/self/maps", e);
        }
    }
}
