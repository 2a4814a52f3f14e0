// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.util.Set;

/** Finds callbacks of native code on the stack. An exception that leaves one ends the process. */
final class Upcalls {

    private static final StackWalker ALL_FRAMES = StackWalker.getInstance(Set.of(StackWalker.Option.SHOW_HIDDEN_FRAMES));

    private Upcalls() {}

    /** Whether a body, which calls this, is in a callback; the one that all bodies are in does not count. */
    static boolean below() {
        return ALL_FRAMES.walk(frames -> frames.filter(Upcalls::isUpcall).skip(1).findAny().isPresent());
    }

    private static boolean isUpcall(StackWalker.StackFrame frame) {
        String name = frame.getClassName();
        return name.startsWith("jdk.internal.foreign.abi.")
                && (name.contains("UpcallStub") || frame.getMethodName().equals("doUpcall"));
    }
}
