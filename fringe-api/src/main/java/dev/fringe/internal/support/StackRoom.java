// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

/**
 * Room on the calling thread's stack. Where a step is followed by others that must not fail, whether there is room for
 * them is tried out before it, as for the heap by {@link FreeHeap}.
 */
public final class StackRoom {

    private static final int FRAMES = 30;
    private static final int FRAMES_TO_LINK = 800;

    private StackRoom() {}

    /**
     * Throws unless there is room for a dozen calls more, which are not linked for the first time: 6 KiB, or twice as
     * much while this is interpreted.
     *
     * @throws StackOverflowError if there is not
     */
    public static void require() {
        descend(FRAMES, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    }

    /**
     * Throws unless there is room to initialise classes and to link calls: 170 KiB, or twice as much while this is
     * interpreted. A class whose initialiser finds no room can never be used again.
     *
     * @throws StackOverflowError if there is not
     */
    public static void requireToLink() {
        descend(FRAMES_TO_LINK, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    }

    /** All arguments are needed again after the call, so that each frame has them, compiled or not. */
    private static long descend(int frames, long a, long b, long c, long d, long e, long f, long g, long h, long i,
            long j, long k, long l, long m, long n, long o, long p) {
        return frames == 0 ? 0 : descend(frames - 1, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a)
                ^ a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ o ^ p;
    }
}
