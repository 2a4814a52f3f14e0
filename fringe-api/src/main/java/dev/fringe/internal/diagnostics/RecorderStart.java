// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import java.lang.invoke.MethodHandles;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;

/** Loads the events when flight recorder starts, on the thread that starts it. Only loaded where there is one. */
final class RecorderStart implements FlightRecorderListener {

    private RecorderStart() {}

    /** Has the events loaded now, if flight recorder has been started, or when it is. */
    static void await() {
        FlightRecorder.addListener(new RecorderStart());
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
