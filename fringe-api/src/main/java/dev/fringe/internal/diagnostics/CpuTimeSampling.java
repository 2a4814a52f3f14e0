// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.settings.Settings;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;

/**
 * Has flight recorder take CPU-time samples also of stack threads that are born while it does so of others.
 * Only loaded where there is a flight recorder, and if {@link Settings#RENEW_CPU_TIME_SAMPLING} says so.
 *
 * <p>HotSpot makes ready for samples all threads when sampling starts, and later each that Java starts; but
 * not those that native code attaches. So sampling is stopped and started again, by the settings of the
 * recordings that ask for it. That has a price: in JDK 25 stopping it may corrupt memory of the virtual
 * machine, if a timer's signal comes at that instant to a thread in native code (JDK-8392187). So it is done
 * at most once a second, and ever more seldom while stacks go on being born.
 */
public final class CpuTimeSampling {

    private static final String EVENT = "jdk.CPUTimeSample";
    private static final String ENABLED = EVENT + "#enabled";
    /** A program that makes one stack is likely to make more. */
    private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SHORTEST = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(64);

    private static volatile boolean born;
    private static volatile Thread thread;

    private CpuTimeSampling() {}

    /** Says that native code has attached a thread. */
    static void threadAttached() {
        if (!born && FlightRecorder.isInitialized()) {
            born = true;
            if (thread == null) {
                start();
            }
            LockSupport.unpark(thread);
        }
    }

    private static synchronized void start() {
        if (thread == null) {
            thread = Thread.ofPlatform().name("fringe-recorder").daemon().inheritInheritableThreadLocals(false)
                    .start(CpuTimeSampling::run);
        }
    }

    private static void run() {
        long pause = SHORTEST;
        while (true) {
            while (!born) {
                pause = SHORTEST;
                LockSupport.park();
                Thread.interrupted();
            }
            sleep(PATIENCE);
            born = false;
            boolean done = false;
            try {
                done = renew();
            } catch (Throwable t) { // out of memory, or a recording has been closed meanwhile
                done = true;
            }
            if (done) {
                sleep(pause);
                pause = Math.min(2 * pause, LONGEST);
            }
        }
    }

    private static void sleep(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            Thread.interrupted(); // or it would not park again
        }
    }

    /** Whether there was anything to do. */
    private static boolean renew() {
        List<Recording> sampling = FlightRecorder.getFlightRecorder().getRecordings().stream()
                .filter(recording -> recording.getState() == RecordingState.RUNNING
                        && "true".equals(recording.getSettings().get(ENABLED)))
                .toList();
        try {
            sampling.forEach(recording -> recording.disable(EVENT));
        } finally {
            sampling.forEach(CpuTimeSampling::enable);
        }
        return !sampling.isEmpty();
    }

    private static void enable(Recording recording) {
        try {
            recording.enable(EVENT);
        } catch (IllegalStateException e) {
            // it has been closed meanwhile
        }
    }
}
