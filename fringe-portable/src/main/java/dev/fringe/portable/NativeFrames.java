// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.StackWalker.StackFrame;
import java.util.Set;

/** Finds callbacks of native code on the caller's stack: no exception may leave one, or the process ends. */
final class NativeFrames {

    private static final StackWalker CLASSES = StackWalker.getInstance(Set.of(StackWalker.Option.SHOW_HIDDEN_FRAMES,
            StackWalker.Option.DROP_METHOD_INFO, StackWalker.Option.RETAIN_CLASS_REFERENCE));
    private static final String LINKER = "jdk.internal.foreign.abi";

    /** What a look takes at most, in bytes of the heap: some 5 KB, the first one more. */
    private static final int LOOK = 16 * 1024;
    private static final int BLOCKS = 16;

    /**
     * Kept for looks while the heap is full, because a body of which it is not known whether it may be unwound is given
     * up. A look takes one, or more; what it leaves is used for another again, unless something else has taken it.
     */
    private static final byte[][] RESERVE = new byte[BLOCKS][];

    static {
        refill();
    }

    private NativeFrames() {}

    /** Whether there are any. A body that has a frame of the linker below it has called native code that called back. */
    static boolean onStack() {
        refill();
        while (true) {
            try {
                return look();
            } catch (OutOfMemoryError e) {
                if (!freeBlock()) {
                    throw e;
                }
            }
        }
    }

    private static void refill() {
        synchronized (RESERVE) {
            try {
                for (int i = 0; i < BLOCKS; i++) {
                    if (RESERVE[i] == null) {
                        RESERVE[i] = new byte[LOOK];
                    }
                }
            } catch (OutOfMemoryError e) { // next time
                return;
            }
        }
    }

    private static boolean freeBlock() {
        synchronized (RESERVE) {
            for (int i = 0; i < BLOCKS; i++) {
                if (RESERVE[i] != null) {
                    RESERVE[i] = null;
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean look() {
        return CLASSES.walk(frames -> frames.map(StackFrame::getDeclaringClass)
                .anyMatch(type -> type.getPackageName().startsWith(LINKER)));
    }
}
