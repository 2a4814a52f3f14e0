// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.nativestacks.linux.ProcMaps;

/**
 * Where the memory of a stack is, asked once and checked, because a stack may be anybody's code.
 *
 * @param limit its lowest address
 * @param base the address above its highest
 */
public record StackRange(long limit, long base) {

    private static final int ATTEMPTS = 3;

    /**
     * The memory of a stack that can carry a Java body.
     *
     * @throws IllegalArgumentException if the stack is misaligned, too small or not writable
     */
    public static StackRange of(Stack stack) {
        StackRange extent = new StackRange(stack.limit(), stack.base());
        extent.checkShape();
        StackRequirements.check(extent);
        if (!isOurs(stack)) {
            extent.checkWritable();
        }
        return extent;
    }

    /**
     * The memory of a stack that can carry a native body.
     *
     * @throws IllegalArgumentException if the stack is misaligned, too small or not writable
     */
    public static StackRange ofNative(Stack stack, long least) {
        StackRange extent = new StackRange(stack.limit(), stack.base());
        extent.checkShape();
        if (extent.base - extent.limit < least) {
            throw new IllegalArgumentException("the stack is too small for a native body: it has "
                    + (extent.base - extent.limit) + " bytes, and needs at least " + least);
        }
        if (!isOurs(stack)) {
            extent.checkWritable();
        }
        return extent;
    }

    static boolean isOurs(Stack stack) {
        return stack instanceof OsStack || stack instanceof OwnedStack || stack instanceof SliceStack;
    }

    /** The lowest page boundary, where the guard pages of the virtual machine start. */
    public long firstPage() {
        return StackRequirements.roundUp(limit);
    }

    private void checkShape() {
        int alignment = StackRequirements.alignment();
        if (limit <= 0 || base <= limit || limit % alignment != 0 || base % alignment != 0) {
            throw new IllegalArgumentException(String.format("the stack from limit %#x to base %#x is not valid:"
                    + " its base must be above its limit, and both must be multiples of %d (Stack.alignment())",
                    limit, base, alignment));
        }
    }

    /** Asks the kernel, because finding out by touching the memory would end the process. */
    private void checkWritable() {
        long end = limit;
        // More than once, because the list of an emulator may lack a mapping next to which one is being made.
        for (int attempt = 0; attempt < ATTEMPTS && end < base; attempt++) {
            end = endOfWritable();
        }
        if (end < base) {
            throw new IllegalArgumentException(String.format("the stack from limit %#x to base %#x is not valid: there is"
                    + " no memory at %#x that can be read and written; map it, or use OsStack", limit, base, end));
        }
    }

    private long endOfWritable() {
        long end = limit; // all below it is
        for (ProcMaps.Mapping mapping : ProcMaps.all()) { // sorted by address
            if (mapping.contains(end) && mapping.access().startsWith("rw")) {
                end = mapping.end();
            }
        }
        return end;
    }
}
