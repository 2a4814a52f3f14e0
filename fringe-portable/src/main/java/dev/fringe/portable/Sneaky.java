// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

/** Throws what the compiler would want declared: what a method handle, or a body, has thrown. */
final class Sneaky {

    private Sneaky() {}

    /** Never returns; to be written after {@code throw}, so that the compiler knows. */
    @SuppressWarnings("unchecked") // nothing is cast: the type of a thrown exception is not checked
    static <X extends Throwable> RuntimeException rethrow(Throwable t) throws X {
        throw (X) t;
    }
}
