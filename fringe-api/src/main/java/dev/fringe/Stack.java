// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Startup;

/**
 * Memory for the call stack of a generator. A stack grows downwards, from its <i>base</i>, the highest
 * address, to its <i>limit</i>, the lowest.
 *
 * <p>Most programs never see a stack: a generator made without one gets a stack from a pool. Applications may implement
 * this interface. The contract is libfringe's:
 *
 * <ul>
 *   <li>base and limit are multiples of {@link #alignment()}, and never change;
 *   <li>the memory from limit (inclusive) to base (exclusive) is readable and writable, is used for
 *       nothing else, and stays so until the generator that uses it has been closed or
 *       {@linkplain Generator#unwrap() unwrapped}.
 * </ul>
 *
 * <p>The virtual machine needs more of a stack than a C program does. A Java body needs some 128 KiB. A smaller stack
 * is refused when the generator is made, with an {@link IllegalArgumentException} that lists what the memory is needed
 * for. The virtual machine protects the lowest pages of the stack while a generator uses it, so overflow is a {@link
 * StackOverflowError} in the body, even on stacks without a {@linkplain GuardedStack guard page}.
 *
 * <p>A stack is used by one generator at a time; a second one is refused.
 */
public interface Stack {

    /**
     * The address above the stack, where it starts: the first byte that does not belong to it.
     *
     * @return an address
     */
    long base();

    /**
     * The lowest address of the stack, where it ends.
     *
     * @return an address
     */
    long limit();

    /**
     * The size of the stack.
     *
     * @return the distance from limit to base, in bytes
     */
    default long size() {
        return base() - limit();
    }

    /**
     * The alignment of base and limit on this machine; libfringe's {@code STACK_ALIGNMENT}.
     *
     * @return a power of two, in bytes
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a body on a
     *     given stack
     */
    static int alignment() {
        return Startup.engine().stacks().alignment();
    }
}
