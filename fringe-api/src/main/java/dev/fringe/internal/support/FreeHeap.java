// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

/**
 * What has to be free of the heap before the library does something for the first time.
 *
 * <p>A class whose initialiser fails for want of memory can never be used again, be it of the library or of the
 * JDK; and an error while an upcall is linked, before the method that it calls has begun, stops the virtual
 * machine. Neither can be undone, so both are kept from happening: that there is room in the heap is tried out
 * beforehand, and whatever is linked by its first call is called while there is. (What is left: another thread that
 * takes all of it in the same instant.)
 */
public final class FreeHeap {

    /** What loading takes, with a reserve; some 2 MiB of it stay. */
    public static final int TO_LOAD = 6 << 20;
    /** What the native engine takes to make its first stack, after it had none. */
    public static final int TO_START = 2 << 20;
    /** What diagnostics take that are called for the first time. */
    public static final int TO_LOOK = 1 << 20;

    /** If so many times as much is free, it need not be tried out. */
    private static final int PLENTY = 8;
    private static final int CHUNK = 32 << 10; // small enough for every collector to take it for an ordinary object

    private FreeHeap() {}

    /**
     * Throws if the heap is nearly full.
     *
     * @param bytes how many have to be free
     * @throws OutOfMemoryError if they are not
     */
    public static void require(int bytes) {
        require(bytes, "generators");
    }

    /**
     * Throws if the heap is nearly full.
     *
     * @param bytes how many have to be free
     * @param what what is to be loaded, for the message
     * @throws OutOfMemoryError if they are not
     */
    public static void require(int bytes, String what) {
        Runtime runtime = Runtime.getRuntime();
        if (runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory()) > (long) PLENTY * bytes) {
            return; // to touch so much memory takes milliseconds
        }
        try {
            byte[][] chunks = new byte[bytes / CHUNK][];
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = new byte[CHUNK];
            }
        } catch (OutOfMemoryError e) {
            OutOfMemoryError error = new OutOfMemoryError("the Java heap is too full for " + what + " to be loaded,"
                    + " which takes " + (bytes >> 20) + " MiB of it once; free some, or raise -Xmx, and try again");
            error.initCause(e);
            throw error;
        }
    }

    /** Whether there is no room for an ordinary object, not even after a collection. */
    public static boolean isFull() {
        try {
            return new byte[CHUNK].length == 0;
        } catch (OutOfMemoryError e) {
            return true;
        }
    }
}
