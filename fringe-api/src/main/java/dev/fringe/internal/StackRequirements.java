// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.fringe.Stack;
import java.lang.management.ManagementFactory;

/** What a stack must have so that the virtual machine can run Java code on it. */
final class StackRequirements {

    private static final int ZONE_UNIT = 4096;
    /** struct fringe_context, and what aligning it takes. */
    private static final long CONTEXT = 128;
    /**
     * Thread start, attaching, the entry method and the downcall under it, interpreted. 11 KiB are used
     * on x86_64.
     */
    private static final long FRAMES = 24 * 1024;

    private static final long GUARD = zone("StackRedPages", 1) + zone("StackYellowPages", 2)
            + zone("StackReservedPages", 1);
    private static final long SHADOW = zone("StackShadowPages", 20);
    private static final long CONTROL_BLOCK = controlBlock();
    /** The least distance from the first page boundary of a stack to its base. */
    static final long MINIMUM = roundUp(GUARD + SHADOW + CONTROL_BLOCK + CONTEXT + FRAMES);

    private StackRequirements() {}

    /** Rounds up to whole pages. */
    static long roundUp(long size) {
        return (size + Libc.PAGE_SIZE - 1) & -Libc.PAGE_SIZE;
    }

    /**
     * Checks a stack before anything is made on it.
     *
     * @return its lowest page boundary, where the guard pages of the virtual machine start
     * @throws IllegalArgumentException if it is misaligned or too small
     */
    static long check(Stack stack) {
        long base = stack.base();
        long limit = stack.limit();
        int alignment = Hosted.get().backend.stackAlignment();
        if (base % alignment != 0 || limit % alignment != 0 || limit <= 0 || base <= limit) {
            throw new IllegalArgumentException(String.format("the stack from limit %#x to base %#x is not valid:"
                    + " base must be above limit, and both multiples of %d", limit, base, alignment));
        }
        long first = roundUp(limit);
        if (base - first < MINIMUM) {
            throw new IllegalArgumentException("the stack is too small for a Java body: it has " + (base - limit)
                    + " bytes" + (first == limit ? "" : " (" + (base - first) + " above its first page boundary)")
                    + ", and this virtual machine needs at least " + MINIMUM + ": " + GUARD
                    + " for guard pages (StackRedPages, StackYellowPages, StackReservedPages), " + SHADOW
                    + " for StackShadowPages, " + CONTROL_BLOCK
                    + " for the C library's thread-local storage and control block, and " + (CONTEXT + FRAMES)
                    + " for the frames of a thread's start, in whole pages; use a larger stack");
        }
        return first;
    }

    /** Tells the kernel that the pages from the guard zone up to the one below {@code sp} are not needed. */
    static void releaseUnused(Stack stack, long sp) {
        long from = roundUp(stack.limit()) + GUARD;
        long to = (sp - 128) & -Libc.PAGE_SIZE;
        if (to > from) {
            Libc.advise(from, to - from, Libc.MADV_DONTNEED);
        }
    }

    /** The size of a zone; the flags count in units of 4 KiB, and a zone is whole pages. */
    private static long zone(String flag, long otherwise) {
        return roundUp(flag(flag, otherwise) * ZONE_UNIT);
    }

    /** A flag of the running virtual machine; its usual value where the VM can't be asked. */
    private static long flag(String name, long otherwise) {
        try {
            return Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .getVMOption(name).getValue());
        } catch (LinkageError | RuntimeException e) { // no such module, or no such flag
            return otherwise;
        }
    }

    /** Static thread-local storage and control block; not told by every C library. */
    private static long controlBlock() {
        return 16 * 1024;
    }
}
