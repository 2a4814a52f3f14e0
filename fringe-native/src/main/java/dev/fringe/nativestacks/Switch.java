// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.NativeCall;
import dev.fringe.spi.Assembly;
import java.lang.invoke.MethodHandle;

/**
 * The functions that switch. The handles are constants of this class, so that the compiler inlines the
 * calls; it is therefore initialised only after {@link NativeRuntime#get} has succeeded.
 *
 * <p>All are ordinary downcalls, not critical ones: the side that is left must count as being in
 * native code, or the next safepoint waits for it for ever.
 */
final class Switch {

    private static final Assembly ASSEMBLY = NativeRuntime.get().assembly;
    private static final MethodHandle RESUME = ASSEMBLY.resume();
    private static final MethodHandle SUSPEND = ASSEMBLY.suspend();
    private static final MethodHandle DEMATERIALISE = ASSEMBLY.dematerialise();

    private Switch() {}

    /**
     * Runs the body of a context until it suspends.
     *
     * @param frames near which address its newest frames are, as far as is known; a hint for the processor, as is the
     *     next, and the context if nothing is known
     * @param vmThread the virtual machine's thread
     */
    static void resume(long context, long frames, long vmThread) {
        try {
            RESUME.invokeExact(context, frames, vmThread);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    static void suspend(long context) {
        try {
            SUSPEND.invokeExact(context, 0L, 0L);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    static void dematerialise(long context) {
        try {
            DEMATERIALISE.invokeExact(context, 0L, 0L);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /** Returns 0, or the negated error number. */
    static int materialise(long context) {
        return (int) NativeCall.call(ASSEMBLY.materialise(), context);
    }

    static int await(long context) {
        return (int) NativeCall.call(ASSEMBLY.await(), context);
    }
}
