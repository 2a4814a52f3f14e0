// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.nativestacks.linux.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * What has to be there before the library does something for the first time.
 *
 * <p>A class whose initialiser fails for want of memory can never be used again, be it of the library or of the
 * JDK; and an error while an upcall is linked, before the method that it calls has begun, stops the virtual
 * machine. Neither can be undone, so both are kept from happening: that there is room in the heap is tried out
 * beforehand, and whatever is linked by its first call is called while there is.
 */
final class FirstUse {

    /** What loading takes, with a reserve; some 2 MiB of it stay. */
    static final int TO_LOAD = 6 << 20;
    /** What a new bystander takes. */
    static final int TO_AWAKEN = 2 << 20;

    private static final int CHUNK = 32 << 10; // small enough for every collector to take it for an ordinary object

    private FirstUse() {}

    /**
     * Throws if the heap is nearly full.
     *
     * @param bytes how many have to be free
     */
    static void requireRoom(int bytes) {
        try {
            byte[][] chunks = new byte[bytes / CHUNK][];
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = new byte[CHUNK];
            }
        } catch (OutOfMemoryError e) {
            OutOfMemoryError error = new OutOfMemoryError("the Java heap is too full for generators to be loaded, which"
                    + " takes " + (bytes >> 20) + " MiB of it once; free some, or raise -Xmx, and try again");
            error.initCause(e);
            throw error;
        }
    }

    /** Calls a stub of {@link NativeFlow#entryStub} from this thread, which does nothing. */
    static void rehearse(MemorySegment entry, int times) {
        MethodHandle call = Linker.nativeLinker().downcallHandle(entry, FunctionDescriptor.ofVoid(Libc.WORD));
        MethodHandle words = MethodHandles.explicitCastArguments(call, MethodType.methodType(void.class, long.class));
        try {
            for (int i = 0; i < times; i++) {
                words.invokeExact(0L);
            }
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }
}
