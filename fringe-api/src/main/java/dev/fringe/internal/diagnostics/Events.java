// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.engine.EngineListener;
import dev.fringe.internal.settings.Settings;

/**
 * What flight recorder is told, if it is there and a recording has asked. Each method is a test of a
 * flag otherwise.
 */
public final class Events {

    private static final boolean AVAILABLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private static final boolean RENEW = AVAILABLE && Settings.flag(Settings.RENEW_CPU_TIME_SAMPLING, false);

    /**
     * Whether flight recorder has been started in this virtual machine. The classes of the events are loaded then: to
     * load them takes a third of the time that the first generator takes, and few programs have a recording.
     */
    private static volatile boolean recorded;

    /** What an engine tells. */
    public static final EngineListener LISTENER = new EngineListener() {
        @Override
        public void threadAttached() {
            Events.threadAttached();
        }
    };

    /** {@link #listen} and {@link #stopListening}; not lambdas, because the first generator waits until they are made. */
    public static final Runnable LISTEN = new Runnable() {
        @Override
        public void run() {
            listen();
        }
    };
    public static final Runnable STOP_LISTENING = new Runnable() {
        @Override
        public void run() {
            stopListening();
        }
    };

    static {
        listen();
    }

    private Events() {}

    /** Says that there will be something to tell. */
    public static void listen() {
        if (AVAILABLE && !recorded) {
            RecorderStart.await();
        }
    }

    /** Says that there will not, before {@link #listen} is called again; nothing outside refers to this class then. */
    public static void stopListening() {
        if (AVAILABLE) {
            RecorderStart.forget();
        }
    }

    /** Called when the classes of the events can be used. */
    static void begin() {
        recorded = true;
    }

    private static void threadAttached() {
        if (RENEW) {
            try {
                CpuTimeSampling.threadAttached();
            } catch (Throwable t) { // no thread for it, or no memory
                return;
            }
        }
    }

    public static void created(Inspectable coroutine) {
        if (recorded) {
            try {
                JfrEvents.created(coroutine);
            } catch (Throwable t) {
                return;
            }
        }
    }

    /** The body has returned or thrown. */
    public static void finished(String name, Thread thread, Throwable failure) {
        if (recorded) {
            try {
                JfrEvents.finished(name, thread, failure);
            } catch (Throwable t) {
                return;
            }
        }
    }

    /** The generator is closed before its body has ended; abandoned if nobody but the collector has asked. */
    public static void closed(String name, Thread thread, boolean abandoned) {
        if (recorded) {
            try {
                JfrEvents.closed(name, thread, abandoned);
            } catch (Throwable t) {
                return;
            }
        }
    }

    /** Before a switch into a body. Null, unless a recording wants to know how long it takes. */
    public static Object resuming() {
        return recorded ? JfrEvents.resuming() : null;
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
