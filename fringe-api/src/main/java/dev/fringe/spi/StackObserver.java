// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

/**
 * Is told which memory becomes a generator's stack and when it no longer is one: for tools that have to
 * know, such as Valgrind. Nothing is called when a generator is switched.
 *
 * <p>Implementations are found by {@link java.util.ServiceLoader}, so they have a public constructor
 * without parameters (or a {@code provider} method). One is made in each class loader that has a copy of
 * this library, when the first generator is.
 *
 * <p>{@link #inUse} and {@link #gone} are called by any thread, for different stacks by several at once; for the stack
 * of a thread that is a thread of the library's own, so a thread-local of the caller's is not seen. The generator that is
 * made or ended waits until they return, and no other does. What they throw is logged and otherwise ignored.
 */
public interface StackObserver {

    /**
     * Whether this observer has anything to do in this process. Asked once, before anything else; one
     * that says no is forgotten. What it throws makes generators impossible, as a broken backend does.
     *
     * @return whether to call the other methods
     */
    boolean isNeeded();

    /**
     * Some memory is about to become a stack; nothing has run on it yet. A pooled stack stays one from
     * its first body to its last, and is not announced for each.
     *
     * @param name a name for the stack, which no other in this class loader has or had; its thread, if it
     *     has one, is called so as long as no body gives it another name
     * @param limit the lowest address
     * @param base the address above the highest
     * @param thread whether it is the stack of a thread of the virtual machine; else it is a native body's,
     *     which runs on the threads of others only
     */
    void inUse(String name, long limit, long base, boolean thread);

    /**
     * Some memory no longer is a stack: nothing runs on it any more, and its owner may use it again once
     * this method has returned.
     *
     * @param limit the lowest address, as it was told to {@link #inUse}
     * @param base the address above the highest
     */
    void gone(long limit, long base);
}
