// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.StackWalker.StackFrame;
import java.util.Set;

/** Finds callbacks of native code on the caller's stack: no exception may leave one, or the process ends. */
final class NativeFrames {

    private static final StackWalker CLASSES = StackWalker.getInstance(Set.of(StackWalker.Option.SHOW_HIDDEN_FRAMES,
            StackWalker.Option.DROP_METHOD_INFO, StackWalker.Option.RETAIN_CLASS_REFERENCE));
    private static final String LINKER = "jdk.internal.foreign.abi";

    /** What is kept for a look, in bytes of the heap. It takes some 5 KB, the first one more. */
    private static final int MOST = 64 * 1024;
    private static final int LEAST = MOST / 4;

    /** Kept for a look while the heap is full; null if it has been used and there is no room for another. */
    private static volatile byte[] reserve = new byte[MOST];

    private NativeFrames() {}

    /** Whether there are any. A body that has a frame of the linker below it has called native code that called back. */
    static boolean onStack() {
        if (reserve == null) {
            reserve = makeReserve();
        }
        try {
            return look();
        } catch (OutOfMemoryError e) {
            if (reserve == null) {
                throw e;
            }
            reserve = null;
            try {
                return look();
            } finally {
                reserve = makeReserve();
            }
        }
    }

    private static byte[] makeReserve() {
        for (int size = MOST; size >= LEAST; size /= 2) { // a look may have left something that stays
            try {
                return new byte[size];
            } catch (OutOfMemoryError e) {
                continue;
            }
        }
        return null;
    }

    private static boolean look() {
        return CLASSES.walk(frames -> frames.map(StackFrame::getDeclaringClass)
                .anyMatch(type -> type.getPackageName().startsWith(LINKER)));
    }
}
