// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import dev.fringe.Generator;
import dev.fringe.Stack;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/** Bodies that are C functions, by engines with {@link Capability#NATIVE_BODY}. Used by any thread. */
public interface NativeBodies {

    /**
     * Lays out a body that has not started. The calling thread owns it unless it is shared.
     *
     * @param stack the caller's stack, or null for one of the engine's
     * @param size the least size of the engine's stack, in bytes
     * @param shared whether any thread may resume
     * @param function the C function
     * @return the body
     */
    Body create(Stack stack, long size, boolean shared, MemorySegment function);

    /**
     * The address of {@code fringe_yield}, for native bodies that do not link to the library.
     *
     * @return a pointer to the function
     */
    MemorySegment yieldFunction();

    /** One body. {@link Runnable#run} frees it when nothing can use it any more. */
    interface Body extends Runnable {

        /**
         * Runs the body until it yields or returns.
         *
         * @param value what the body receives
         * @return what it has yielded; empty if it has returned
         */
        OptionalLong resume(long value);

        /**
         * What the body does at the moment.
         *
         * @return its state
         */
        Generator.State state();

        /**
         * Gives back the stack that was given, of a body that has returned or was closed.
         *
         * @return the stack
         */
        Stack unwrap();

        /** Frees the stack, on behalf of a thread that may do so. */
        void close();

        /**
         * Whether nothing is left to be freed. Some time after it was closed, if another thread does that.
         *
         * @return whether the stack is not in use any more
         */
        boolean isReleased();
    }
}
