// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What the bystander does with its time. The bystander is the kernel thread whose id stands in the tid
 * slot of suspended generators, so it has to live as long as the process and to be attached to the
 * virtual machine; it sleeps, unless there are idle stacks, or generators that nobody watches.
 */
public final class Bystander {

    private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(Reaper.WATCH_MILLIS);

    private static volatile Thread thread;

    /** Whether it will look at the pools and for generators by itself, within their periods. */
    private static volatile boolean watching;

    private Bystander() {}

    /** Called by the bystander; does not return. */
    static void run() {
        thread = Thread.currentThread();
        boolean stacks = false;
        boolean generators = false;
        long tidied = System.nanoTime() - StackPool.period();
        while (true) {
            boolean woken = !stacks && !generators;
            if (woken) {
                LockSupport.park();
            } else {
                LockSupport.parkNanos(generators ? WATCH_NANOS : StackPool.period());
            }
            watching = false; // whoever leaves a stack or makes a generator from here on is heard
            try {
                if (UpcallDetector.isAsked()) {
                    UpcallDetector.tryOut();
                }
                boolean asked = Reaper.isAsked();
                if (asked || generators) { // once more after it was asked last
                    Reaper.watchAll();
                }
                generators = asked;
                long now = System.nanoTime();
                if (woken || !generators || now - tidied >= StackPool.period()) {
                    tidied = now;
                    stacks = StackPool.tidy() || woken; // a stack that comes and goes would wake it each time
                }
            } catch (Throwable t) { // out of memory, most likely; the next round may do better
                stacks = true;
            }
            watching = stacks || generators;
        }
    }

    /** Says that there is something to look after. */
    public static void wake() {
        if (!watching) {
            LockSupport.unpark(thread);
        }
    }
}
