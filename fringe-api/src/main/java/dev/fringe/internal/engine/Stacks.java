// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/** Memory for stacks, by engines with {@link Capability#GIVEN_STACK}. Used by any thread. */
public interface Stacks {

    /**
     * The alignment of a stack's base and limit.
     *
     * @return a power of two, in bytes
     */
    int alignment();

    /**
     * Maps memory above a guard page.
     *
     * @param size the least size in bytes, without the guard page; rounded up to whole pages
     * @return the memory
     * @throws OutOfMemoryError if the kernel refuses
     */
    Memory map(long size);

    /**
     * Takes memory from the C library.
     *
     * @param size the least size in bytes; rounded up to a multiple of the alignment
     * @return the memory
     * @throws OutOfMemoryError if there is not so much
     */
    Memory allocate(long size);

    /** The memory of one stack. It does not refer to the stack, so that it can be freed with it. */
    interface Memory {

        /**
         * The size.
         *
         * @return bytes
         */
        long size();

        /**
         * The lowest address.
         *
         * @return an address
         * @throws IllegalStateException if the memory has been freed
         */
        long limit();

        /**
         * Frees the memory; does nothing if that has been done.
         *
         * @throws IllegalStateException if a generator uses it
         */
        void free();
    }
}
