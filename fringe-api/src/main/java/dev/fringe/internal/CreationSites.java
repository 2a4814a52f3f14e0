// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.lang.StackWalker.StackFrame;
import java.util.Set;

/** Notes where generators are created, if a property says so, because finding out takes a microsecond. */
final class CreationSites {

    /** Whether to note it, and to name generators by it that have no other name. */
    static final String PROPERTY = "dev.fringe.creationSites";

    private static final boolean ENABLED = Boolean.getBoolean(PROPERTY);
    private static final String INTERNAL = CreationSites.class.getPackageName();
    private static final Set<String> OURS = Set.of(INTERNAL, INTERNAL.substring(0, INTERNAL.lastIndexOf('.')));

    private CreationSites() {}

    /** The newest caller that does not belong to the library; null if nobody wants to know. */
    static StackTraceElement find() {
        if (!ENABLED) {
            return null;
        }
        return StackWalker.getInstance().walk(frames -> frames.filter(frame -> !OURS.contains(packageOf(frame)))
                .findFirst().map(StackFrame::toStackTraceElement).orElse(null));
    }

    /** The name of a generator that was created there. */
    static String name(StackTraceElement site) {
        String simple = site.getClassName().substring(site.getClassName().lastIndexOf('.') + 1);
        return simple + "." + site.getMethodName() + "(" + site.getFileName() + ":" + site.getLineNumber() + ")";
    }

    private static String packageOf(StackFrame frame) {
        String name = frame.getClassName();
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }
}
