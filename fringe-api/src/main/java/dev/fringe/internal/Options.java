// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Stack;

/**
 * What a generator is made with.
 *
 * @param stack the caller's stack, or null for one of the library's
 * @param stackSize the size of the library's stack, in bytes
 * @param shared whether any thread may resume
 * @param freshThread whether no other body may have used the generator's thread
 * @param interruptible whether interrupting the thread that resumes interrupts the body
 * @param name the name of the generator's thread, or null for that of its stack
 */
public record Options(Stack stack, long stackSize, boolean shared, boolean freshThread, boolean interruptible,
        String name) {

    /** Where the stack comes from; null if it is the caller's. */
    StackPool pool() {
        if (stack != null) {
            return null;
        }
        return freshThread ? StackPool.unpooled(stackSize) : StackPool.ofSize(stackSize);
    }
}
