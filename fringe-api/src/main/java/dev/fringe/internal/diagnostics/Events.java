// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.core.Coroutine;

/**
 * What flight recorder is told, if it is there and a recording has asked. Each method is a test of a
 * constant and of a flag otherwise.
 */
public final class Events {

    private static final boolean AVAILABLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    /** Set to true, has CPU-time samples taken also of stacks that are born during a recording. */
    static final String RENEW_PROPERTY = "dev.fringe.renewCpuTimeSampling";

    private static final boolean RENEW = AVAILABLE && Boolean.getBoolean(RENEW_PROPERTY);

    private Events() {}

    /** A stack thread has been born. */
    public static void born() {
        if (RENEW) {
            try {
                CpuTimeSampling.born();
            } catch (Throwable t) { // no thread for it, or no memory
                return;
            }
        }
    }

    public static void created(Coroutine<?, ?> coroutine) {
        if (AVAILABLE) {
            try {
                JfrEvents.created(coroutine);
            } catch (Throwable t) {
                return;
            }
        }
    }

    /** The body has returned or thrown. */
    public static void finished(String name, Thread thread, Throwable failure) {
        if (AVAILABLE) {
            try {
                JfrEvents.finished(name, thread, failure);
            } catch (Throwable t) {
                return;
            }
        }
    }

    /** The generator is closed before its body has ended; abandoned if nobody but the collector has asked. */
    public static void closed(String name, Thread thread, boolean abandoned) {
        if (AVAILABLE) {
            try {
                JfrEvents.closed(name, thread, abandoned);
            } catch (Throwable t) {
                return;
            }
        }
    }

    /** Before a switch into a body. Null, unless a recording wants to know how long it takes. */
    public static Object resuming() {
        return AVAILABLE ? JfrEvents.resuming() : null;
    }

    /** After the switch back. */
    public static void resumed(Object begun, String name, Thread thread) {
        try {
            JfrEvents.resumed(begun, name, thread);
        } catch (Throwable t) {
            return;
        }
    }
}
