// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;

/**
 * Where the memory of a stack is, asked once and checked, because a stack may be anybody's code.
 *
 * @param limit its lowest address
 * @param base the address above its highest
 */
record Extent(long limit, long base) {

    /**
     * The memory of a stack that can carry a Java body.
     *
     * @throws IllegalArgumentException if the stack is misaligned, too small or not writable
     */
    static Extent of(Stack stack) {
        Extent extent = new Extent(stack.limit(), stack.base());
        extent.checkShape();
        StackRequirements.check(extent);
        if (!isOurs(stack)) {
            extent.checkWritable(extent.firstPage());
        }
        return extent;
    }

    /**
     * The memory of a stack that can carry a native body.
     *
     * @throws IllegalArgumentException if the stack is misaligned, too small or not writable
     */
    static Extent ofNative(Stack stack, long least) {
        Extent extent = new Extent(stack.limit(), stack.base());
        extent.checkShape();
        if (extent.base - extent.limit < least) {
            throw new IllegalArgumentException("the stack is too small for a native body: it has "
                    + (extent.base - extent.limit) + " bytes, and needs at least " + least);
        }
        if (!isOurs(stack)) {
            extent.checkWritable(extent.limit & -Libc.PAGE_SIZE);
        }
        return extent;
    }

    private static boolean isOurs(Stack stack) {
        return stack instanceof OsStack || stack instanceof OwnedStack || stack instanceof SliceStack;
    }

    /** The lowest page boundary, where the guard pages of the virtual machine start. */
    long firstPage() {
        return StackRequirements.roundUp(limit);
    }

    private void checkShape() {
        int alignment = Hosted.get().backend.stackAlignment();
        if (limit <= 0 || base <= limit || limit % alignment != 0 || base % alignment != 0) {
            throw new IllegalArgumentException(String.format("the stack from limit %#x to base %#x is not valid:"
                    + " its base must be above its limit, and both multiples of %d", limit, base, alignment));
        }
    }

    /** Asks the kernel, because finding out by touching the memory would end the process. */
    private void checkWritable(long page) {
        if (!Libc.isMapped(page, base - page) || !Libc.isWritable(limit) || !Libc.isWritable(base - 1)) {
            throw new IllegalArgumentException(String.format("the stack from limit %#x to base %#x is not valid:"
                    + " not all of this memory is mapped and writable", limit, base));
        }
    }
}
