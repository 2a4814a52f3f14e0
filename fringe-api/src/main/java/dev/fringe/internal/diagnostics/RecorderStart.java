// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import java.lang.invoke.MethodHandles;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;

/** Loads the events when flight recorder starts, on the thread that starts it. Only loaded where there is one. */
final class RecorderStart implements FlightRecorderListener {

    /** Under the lock of the class; null if it is not heard. */
    private static RecorderStart heard;

    private RecorderStart() {}

    /** Has the events loaded now, if flight recorder has been started, or when it is. */
    static synchronized void await() {
        if (heard == null) {
            RecorderStart next = new RecorderStart();
            FlightRecorder.addListener(next);
            heard = next;
        }
    }

    /** Has them not loaded any more. Flight recorder refers to what it tells, and so to its class loader. */
    static synchronized void forget() {
        if (heard != null) {
            FlightRecorder.removeListener(heard);
            heard = null;
        }
    }

    @Override
    public void recorderInitialized(FlightRecorder recorder) {
        try {
            MethodHandles.lookup().ensureInitialized(JfrEvents.class);
            Events.begin();
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
