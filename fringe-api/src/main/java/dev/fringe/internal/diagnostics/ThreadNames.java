// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.settings.Settings;

/**
 * Lets thread dumps say by whom a generator is being resumed. They show nothing of a thread but its name
 * and its frames, so the name has to say it; and it has to be changed at every switch, which takes longer
 * than the switch. So it is done only if a property says so.
 */
public final class ThreadNames {

    /** Whether the names of generators' threads follow what the generators do. */
    public static final boolean ENABLED = Settings.flag(Settings.THREAD_STATES, false);

    private ThreadNames() {}

    public static void resumed(Thread thread, String name) {
        thread.setName(name + " (resumed by " + Backtraces.describe(Thread.currentThread()) + ")");
    }

    public static void suspended(Thread thread, String name) {
        try {
            thread.setName(name + " (suspended)");
        } catch (Throwable t) { // no room on the stack; the switch has happened, so it must look like it
            return;
        }
    }
}
