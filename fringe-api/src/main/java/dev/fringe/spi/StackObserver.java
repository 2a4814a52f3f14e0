// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

/**
 * Is told when memory becomes a generator's stack and when it no longer is one, for tools such as Valgrind. A switch
 * calls no method.
 *
 * <p>Implementations are found by {@link java.util.ServiceLoader}, so they have a public constructor without parameters
 * (or a {@code provider} method). Each class loader that has a copy of this library makes one observer, with the first
 * generator.
 *
 * <p>Any thread may call {@link #inUse} and {@link #gone}, and several threads at once for different stacks. For the
 * stack of a thread, a thread of the library's own calls them, so they do not see thread-locals of the thread that
 * makes the generator. Only the generator that is made or ended waits until they return. Their exceptions are logged
 * and otherwise ignored.
 */
public interface StackObserver {

    /**
     * Whether this observer has anything to do in this process. Called once, before any other method; an observer that
     * returns false is dropped. If this method throws, no generator can be made, as with a broken backend.
     *
     * @return whether to call the other methods
     */
    boolean isNeeded();

    /**
     * Memory is about to become a stack; nothing has run on it yet. A pooled stack is announced once, before its first
     * body, and not for each body.
     *
     * @param name a name for the stack, unique in this class loader; its thread, if it has one, has this name unless a
     *     body gives it another
     * @param limit the lowest address
     * @param base the address above the highest
     * @param thread true for the stack of a thread of the virtual machine; false for the stack of a native body, which
     *     runs only on its resumers' threads
     */
    void inUse(String name, long limit, long base, boolean thread);

    /**
     * Memory is no longer a stack: nothing runs on it any more, and its owner may use it again once this method has
     * returned.
     *
     * @param limit the lowest address, as passed to {@link #inUse}
     * @param base the address above the highest
     */
    void gone(long limit, long base);
}
