// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import dev.fringe.BodyContext;
import dev.fringe.Stack;

/**
 * What a generator is made with, as far as an engine may have to know it. The rest that an engine has to know is
 * said by the thread that calls {@link Engine#create}: it is the creator, and owns the generator unless that is
 * shared.
 *
 * @param stack the caller's stack, or null for one of the engine's; needs {@link Capability#GIVEN_STACK}
 * @param stackSize the size of the engine's stack, in bytes; {@link #ANY_SIZE} for the engine's usual one, and
 *     anything else needs {@link Capability#STACK_SIZE}. Without a meaning if there is a {@code stack}
 * @param shared whether any thread may resume; if not, the creator only
 * @param freshThread whether no other body may have used the body's thread
 * @param interruptible whether interrupting the thread that resumes interrupts the body; the core does that
 * @param name the name of the generator, which its thread has while the body runs; null if it has none
 * @param context what the body sees of the thread that resumes it; null if nothing; the core does that
 * @param closedAtShutdown whether a suspended body is unwound when the virtual machine shuts down; the core does that.
 *     Only for shared ones
 */
public record Options(Stack stack, long stackSize, boolean shared, boolean freshThread, boolean interruptible,
        String name, BodyContext<?> context, boolean closedAtShutdown) {

    /** A {@link #stackSize} that is left to the engine. */
    public static final long ANY_SIZE = 0;

    /** Without a context. */
    public Options(Stack stack, long stackSize, boolean shared, boolean freshThread, boolean interruptible,
            String name) {
        this(stack, stackSize, shared, freshThread, interruptible, name, null, false);
    }

    /** The same, but any thread may resume. */
    public Options asShared() {
        return new Options(stack, stackSize, true, freshThread, interruptible, name, context, closedAtShutdown);
    }
}
