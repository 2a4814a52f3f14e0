// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.nativestacks.hotspot.VmFlags;
import dev.fringe.nativestacks.linux.Libc;

/** What a stack must have so that the virtual machine can run Java code on it. */
public final class StackRequirements {

    private static final int ZONE_UNIT = 4096;
    /** struct fringe_context, and what aligning it takes. */
    private static final long CONTEXT = 192;
    /**
     * Thread start, attaching, the entry method and the downcall under it, interpreted. 11 KiB are used
     * on x86_64. The Zero VM keeps a second stack for Java frames in each native one; with 24 KiB it could
     * not attach the thread.
     */
    private static final long FRAMES = (isZero() ? 36 : 24) * 1024;

    /** To walk a stack takes 8 to 9 KiB, interpreted or by the first compiler. */
    private static final long ROOM = 16 * 1024;
    private static final long SMALLEST_CONTROL_BLOCK = 256;
    private static final long UNTOLD_CONTROL_BLOCK = 16 * 1024;

    private static final long GUARD = zone("StackRedPages", 1) + zone("StackYellowPages", 2)
            + zone("StackReservedPages", 1);
    private static final long SHADOW = zone("StackShadowPages", 20);
    private static final long CONTROL_BLOCK = controlBlock();
    /** The least distance from the first page boundary of a stack to its base. */
    public static final long MINIMUM =
            roundUp(Math.max(GUARD + SHADOW + CONTROL_BLOCK + CONTEXT + FRAMES, CONTEXT + Libc.SMALLEST_STACK));

    private static volatile int alignment;

    private StackRequirements() {}

    /** Says how a stack's base and limit are aligned on this machine, before the first stack. */
    public static void align(int bytes) {
        alignment = bytes;
    }

    /** How a stack's base and limit are aligned, in bytes. */
    static int alignment() {
        return alignment;
    }

    /** Rounds up to whole pages. */
    public static long roundUp(long size) {
        return (size + Libc.PAGE_SIZE - 1) & -Libc.PAGE_SIZE;
    }

    /**
     * Checks the size of a stack before anything is made on it.
     *
     * @throws IllegalArgumentException if it is too small
     */
    static void check(StackRange stack) {
        long size = stack.base() - stack.limit();
        long usable = stack.base() - stack.firstPage();
        if (usable < MINIMUM) {
            throw new IllegalArgumentException("the stack is too small for a Java body: it has " + size
                    + " bytes" + (usable == size ? "" : " (" + usable + " above its first page boundary)")
                    + ", and this virtual machine needs at least " + MINIMUM + ": " + GUARD
                    + " for guard pages (StackRedPages, StackYellowPages, StackReservedPages), " + SHADOW
                    + " for StackShadowPages, " + CONTROL_BLOCK
                    + " for the C library's thread-local storage and control block, and " + (CONTEXT + FRAMES)
                    + " for the frames of a thread's start, in whole pages; use a larger stack (Builder.stackSize, or the property dev.fringe.stackSize)");
        }
    }

    /** Whether code that is suspended at an address could call a dozen methods, interpreted ones. */
    public static boolean isRoomy(StackRange stack, long sp) {
        return sp - stack.firstPage() - GUARD - SHADOW >= ROOM;
    }

    /** Tells the kernel that the pages from the guard zone up to the one below {@code sp} are not needed. */
    public static void releaseUnused(StackRange stack, long sp) {
        long from = stack.firstPage() + GUARD;
        long to = (sp - 128) & -Libc.PAGE_SIZE;
        if (to > from) {
            Libc.advise(from, to - from, Libc.MADV_DONTNEED);
        }
    }

    /**
     * Makes the guard zone usable again. The virtual machine replaces it by pages of its own when the thread
     * is attached, and leaves pages there that can't be accessed when it is detached.
     */
    public static void restoreGuardZone(StackRange stack) {
        if (!Libc.protect(stack.firstPage(), GUARD, Libc.PROT_READ_WRITE)) {
            throw new IllegalStateException(String.format("can't make the memory from %#x to %#x accessible again,"
                    + " where a generator had its guard pages", stack.firstPage(), stack.firstPage() + GUARD));
        }
    }

    /** Whether this is the Zero VM, which interprets all, and has no stubs of its own for calls. */
    public static boolean isZero() {
        return System.getProperty("java.vm.name", "").contains("Zero");
    }

    /** The size of a zone; the flags count in units of 4 KiB, and a zone is whole pages. */
    private static long zone(String flag, long otherwise) {
        return roundUp(VmFlags.number(flag, otherwise) * ZONE_UNIT);
    }

    /**
     * Static thread-local storage and control block. glibc says what the smallest thread needs: a page, that
     * storage, and the smallest stack. Other C libraries don't tell; what they need is less than what is
     * taken then.
     */
    private static long controlBlock() {
        long told = Libc.smallestThread() - Libc.PAGE_SIZE - Libc.SMALLEST_STACK;
        return told >= SMALLEST_CONTROL_BLOCK ? told : UNTOLD_CONTROL_BLOCK;
    }
}
