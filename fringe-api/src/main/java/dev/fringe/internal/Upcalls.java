// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.util.Set;

/** Finds callbacks of native code on the stack. An exception that leaves one ends the process. */
final class Upcalls {

    private static final StackWalker ALL_FRAMES = StackWalker.getInstance(Set.of(StackWalker.Option.SHOW_HIDDEN_FRAMES));

    private static final String ENTRY = StackThread.class.getName();

    private Upcalls() {}

    /** Whether a body, which calls this, is in a callback. The one that all bodies are in is older than they. */
    static boolean below() {
        return ALL_FRAMES.walk(frames -> frames.takeWhile(frame -> !frame.getClassName().equals(ENTRY))
                .anyMatch(Upcalls::isUpcall));
    }

    /** With HotSpot's own linker it is a class of that name; with the one on libffi a method. */
    private static boolean isUpcall(StackWalker.StackFrame frame) {
        String name = frame.getClassName();
        return name.startsWith("jdk.internal.foreign.abi.")
                && (name.contains("UpcallStub") || frame.getMethodName().equals("doUpcall"));
    }
}
