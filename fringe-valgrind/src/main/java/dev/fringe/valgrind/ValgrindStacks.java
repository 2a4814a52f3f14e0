// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import dev.fringe.spi.StackObserver;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Registers the stacks of generators with Valgrind, if the process runs under it.
 *
 * <p>Valgrind follows the stack pointer to know which part of a stack is in use. When the stack pointer
 * jumps, it has to guess whether a function has made a large frame or the program has gone to another
 * stack; it guesses by the distance, and is wrong where two stacks are near each other. For registered
 * stacks it does not guess.
 *
 * <p>Memcheck is also told the name of each stack, so that a report about an address in one says which,
 * and told that the memory of a stack that is gone is memory like any other again.
 *
 * <p>Applications need not call anything here. One that runs native code on stacks which the library does
 * not make, by {@code fringe_init} and {@code fringe_swap} for instance, may make an instance of its own
 * and announce them in the same way.
 */
public final class ValgrindStacks implements StackObserver {

    /** What Valgrind calls a stack, and Memcheck the block of its memory. */
    private record Numbers(long stack, long block, boolean thread) {}

    /** Null if there is none. */
    private Valgrind valgrind;
    private boolean asked;
    /** By limit. */
    private final Map<Long, Numbers> stacks = new ConcurrentHashMap<>();

    /** Has no effect by itself: Valgrind is looked for when it is first of interest. */
    public ValgrindStacks() {}

    /**
     * {@inheritDoc}
     *
     * <p>That is whether the process runs under Valgrind.
     */
    @Override
    public boolean isNeeded() {
        return running() != null;
    }

    private synchronized Valgrind running() {
        if (!asked) {
            Valgrind loaded = Valgrind.load();
            valgrind = loaded == null || loaded.send(ClientRequest.RUNNING_ON_VALGRIND) == 0 ? null : loaded;
            asked = true;
        }
        return valgrind;
    }

    /** {@inheritDoc} Does nothing if there is no Valgrind. */
    @Override
    public void inUse(String name, long limit, long base, boolean thread) {
        Valgrind valgrind = running();
        if (valgrind == null) {
            return;
        }
        if (thread) {
            LowestPage.protect(limit, base);
        }
        long stack = valgrind.send(ClientRequest.STACK_REGISTER, limit, base - 1);
        try (Arena arena = Arena.ofConfined()) {
            // Read as "N bytes inside a stack of generator fringe-1 of size 1,048,576 client-defined".
            long description = arena.allocateFrom("stack of generator " + name).address();
            long block = valgrind.send(ClientRequest.CREATE_BLOCK, limit, base - limit, description);
            stacks.put(limit, new Numbers(stack, block, thread));
        }
    }

    /** {@inheritDoc} Does nothing if there is no Valgrind or if the stack has not been announced. */
    @Override
    public void gone(long limit, long base) {
        Numbers numbers = stacks.remove(limit);
        if (numbers != null) {
            Valgrind valgrind = running();
            valgrind.send(ClientRequest.DISCARD, 0, numbers.block());
            valgrind.send(ClientRequest.STACK_DEREGISTER, numbers.stack());
            if (numbers.thread()) {
                LowestPage.restore(limit, base);
            }
            // Where frames have been and are no more is no-man's-land to Memcheck.
            valgrind.send(ClientRequest.MAKE_MEM_UNDEFINED, limit, base - limit);
        }
    }
}
