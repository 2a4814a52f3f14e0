// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.util.Set;

/** Finds callbacks of native code on the stack. An exception that leaves one ends the process. */
final class Upcalls {

    /** Classes are enough, and walking them takes little more than half as long as walking methods. */
    private static final StackWalker ALL_CLASSES = StackWalker.getInstance(Set.of(
            StackWalker.Option.SHOW_HIDDEN_FRAMES, StackWalker.Option.DROP_METHOD_INFO,
            StackWalker.Option.RETAIN_CLASS_REFERENCE));

    private Upcalls() {}

    /**
     * Whether a body, which calls this, is in a callback. The one that all bodies are in is older than
     * they. A body that runs Java code and has a frame of the linker on its stack has called native code
     * which has called back.
     */
    static boolean below() {
        return ALL_CLASSES.walk(frames -> frames.map(StackWalker.StackFrame::getDeclaringClass)
                .takeWhile(type -> type != StackThread.class)
                .anyMatch(type -> type.getPackageName().startsWith("jdk.internal.foreign.abi")));
    }
}
