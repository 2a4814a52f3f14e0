// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.nativestacks.linux.Libc;

/** The memory of an operating system stack: a mapping whose lowest page is a guard page. */
final class GuardedMapping {

    private GuardedMapping() {}

    /**
     * Maps a guard page and {@code size} bytes above it.
     *
     * @param size a multiple of the page size
     * @return the address above the guard page
     */
    static long map(long size) {
        MappingBudget.acquire();
        long start = 0;
        try {
            // If there is no room, or no memory, to call these once there is a mapping, it is known before.
            Libc.advise(0, 0, Libc.MADV_NOHUGEPAGE);
            Libc.protect(0, 0, Libc.PROT_NONE);
            start = Libc.mapStack(size);
            if (start < 0) {
                throw new OutOfMemoryError(MappingBudget.explainNoMapping(size, new Libc.Failure((int) -start)));
            }
            Libc.advise(start + Libc.PAGE_SIZE, size, Libc.MADV_NOHUGEPAGE);
            // Made as the virtual machine makes its guard pages, which lie above: the kernel then has one
            // mapping of both, and there can be half as many generators again.
            if (!Libc.remap(start, Libc.PAGE_SIZE) || !Libc.protect(start, Libc.PAGE_SIZE, Libc.PROT_NONE)) {
                throw new OutOfMemoryError(MappingBudget.explainNoMapping(size, new Libc.Failure(Libc.ENOMEM)));
            }
            return start + Libc.PAGE_SIZE;
        } catch (Throwable t) {
            MappingBudget.release();
            if (start > 0) {
                Libc.unmap(start, size + Libc.PAGE_SIZE);
            }
            throw t;
        }
    }

    /** Undoes {@link #map}. If this throws, nothing has happened. */
    static void unmap(long limit, long size) {
        MappingBudget.release();
        try {
            Libc.unmap(limit - Libc.PAGE_SIZE, size + Libc.PAGE_SIZE);
        } catch (Throwable t) { // no memory, or no room, for the call
            MappingBudget.keep();
            throw t;
        }
    }
}
