// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Tells the unwinding of a body from failures.
 *
 * <p>{@link Coroutine#close} has the body's suspension point throw an {@link Unwinding} of its own. What leaves
 * the body then may be that object, or an exception which code between the body and the suspension point has
 * wrapped it in: neither is a failure. But what is <i>suppressed</i> in one of these is one: a resource whose
 * {@code close} has thrown, an inner generator that could not be closed. An attempt to suspend again is answered
 * by an {@link IllegalStateException} whose cause is the unwinding, so code that makes such attempts in its
 * {@code finally} blocks does not fail either.
 */
public final class Closing {

    /** Causes may go in a circle; so many are more than anybody has. */
    private static final int LONGEST_CHAIN = 1000;

    private Closing() {}

    /**
     * What there is to report of an exception that has left a body while it was unwound. Called on the body's
     * stack, which has room by then.
     *
     * @return null if it is no failure. If there are several, the others are suppressed in the first
     */
    static Throwable failure(Throwable thrown, Unwinding own) {
        try {
            return wraps(thrown, own)
                    ? suppressed(thrown, own, Collections.newSetFromMap(new IdentityHashMap<>()))
                    : thrown;
        } catch (VirtualMachineError e) {
            return e;
        } catch (Throwable t) { // from an overridden getCause
            return thrown;
        }
    }

    private static Throwable suppressed(Throwable wrapper, Unwinding own, Set<Throwable> seen) {
        Throwable first = null;
        for (Throwable next = wrapper; next != null && seen.add(next); next = next.getCause()) {
            for (Throwable suppressed : next.getSuppressed()) {
                Throwable failure = wraps(suppressed, own) ? suppressed(suppressed, own, seen) : suppressed;
                if (first == null) {
                    first = failure;
                } else if (failure != null && failure != first) {
                    first.addSuppressed(failure);
                }
            }
        }
        return first;
    }

    /** Whether an exception is the unwinding, or has it as its cause, at any distance. */
    private static boolean wraps(Throwable thrown, Unwinding own) {
        Throwable next = thrown;
        for (int i = 0; next != null && i < LONGEST_CHAIN; i++) {
            if (next == own) {
                return true;
            }
            next = next.getCause();
        }
        return false;
    }

    /** Whether an exception is an unwinding, whichever generator's, or has one as its cause. */
    public static boolean isUnwinding(Throwable thrown) {
        Throwable next = thrown;
        for (int i = 0; next != null && i < LONGEST_CHAIN; i++) {
            if (next instanceof Unwinding) {
                return true;
            }
            next = next.getCause();
        }
        return false;
    }
}
