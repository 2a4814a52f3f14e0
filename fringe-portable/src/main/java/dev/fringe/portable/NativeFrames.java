// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.StackWalker.StackFrame;
import java.util.Set;

/** Finds callbacks of native code on the caller's stack: no exception may leave one, or the process ends. */
final class NativeFrames {

    private static final StackWalker CLASSES = StackWalker.getInstance(Set.of(StackWalker.Option.SHOW_HIDDEN_FRAMES,
            StackWalker.Option.DROP_METHOD_INFO, StackWalker.Option.RETAIN_CLASS_REFERENCE));
    private static final String LINKER = "jdk.internal.foreign.abi";

    private NativeFrames() {}

    /** Whether there are any. A body that has a frame of the linker below it has called native code that called back. */
    static boolean onStack() {
        return CLASSES.walk(frames -> frames.map(StackFrame::getDeclaringClass)
                .anyMatch(type -> type.getPackageName().startsWith(LINKER)));
    }
}
