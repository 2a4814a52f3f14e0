// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.settings.Settings;
import java.lang.StackWalker.StackFrame;

/** Notes where generators are created, if a property says so, because finding out takes a microsecond. */
public final class CreationSites {

    private static final boolean ENABLED = Settings.flag(Settings.CREATION_SITES, false);
    private static final String OURS = "dev.fringe";
    private static final String INTERNAL = OURS + ".internal.";

    private CreationSites() {}

    /** The newest caller that does not belong to the library; null if nobody wants to know. */
    public static StackTraceElement find() {
        if (!ENABLED) {
            return null;
        }
        return StackWalker.getInstance().walk(frames -> frames.filter(frame -> !isOurs(packageOf(frame)))
                .findFirst().map(StackFrame::toStackTraceElement).orElse(null));
    }

    /** The name of a generator that was created there. */
    public static String name(StackTraceElement site) {
        String simple = site.getClassName().substring(site.getClassName().lastIndexOf('.') + 1);
        return simple + "." + site.getMethodName() + "(" + site.getFileName() + ":" + site.getLineNumber() + ")";
    }

    private static boolean isOurs(String packageName) {
        return packageName.equals(OURS) || packageName.startsWith(INTERNAL);
    }

    private static String packageOf(StackFrame frame) {
        String name = frame.getClassName();
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }
}
