// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.nativestacks.hotspot.UpcallDetector;
import java.util.concurrent.locks.LockSupport;

/**
 * What the bystander does with its time. The bystander is the kernel thread whose id stands in the tid
 * slot of suspended generators, so it has to live as long as the process and to be attached to the
 * virtual machine; it sleeps, unless there are idle stacks.
 */
final class Bystander {

    private static volatile Thread thread;

    /** Whether it will look at the pools by itself, within their period. */
    private static volatile boolean watching;

    private Bystander() {}

    /** Called by the bystander; does not return. */
    static void run() {
        thread = Thread.currentThread();
        boolean stacks = false;
        while (true) {
            boolean woken = !stacks;
            if (woken) {
                LockSupport.park();
            } else {
                LockSupport.parkNanos(StackPool.period());
            }
            watching = false; // one that leaves a stack from here on is heard
            try {
                if (UpcallDetector.isAsked()) {
                    UpcallDetector.tryOut(NativeRuntime.get().kernelThreadIds);
                }
                stacks = StackPool.tidy() || woken; // a stack that comes and goes would wake it each time
            } catch (Throwable t) { // out of memory, most likely; the next round may do better
                stacks = true;
            }
            watching = stacks;
        }
    }

    /** Says that there is something to look after. */
    static void wake() {
        if (!watching) {
            LockSupport.unpark(thread);
        }
    }
}
