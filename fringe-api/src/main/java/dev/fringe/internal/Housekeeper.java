// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.util.concurrent.locks.LockSupport;

/**
 * What the bystander does with its time. The bystander is the kernel thread whose id stands in the tid
 * slot of suspended generators, so it has to live as long as the process and to be attached to the
 * virtual machine; it sleeps, unless there are idle stacks.
 */
final class Housekeeper {

    private static volatile Thread thread;

    /** Whether it will look at the pools by itself, within their period. */
    private static volatile boolean watching;

    private Housekeeper() {}

    /** Called by the bystander; does not return. */
    static void run() {
        thread = Thread.currentThread();
        boolean more = false;
        while (true) {
            boolean woken = !more;
            if (more) {
                LockSupport.parkNanos(StackPool.period());
            } else {
                LockSupport.park();
            }
            watching = false; // whoever leaves a stack from here on is heard
            try {
                more = StackPool.tidy() || woken; // a stack that comes and goes would wake it each time
            } catch (Throwable t) { // out of memory, most likely; the next round may do better
                more = true;
            }
            watching = more;
        }
    }

    /** Says that there is an idle stack. */
    static void wake() {
        if (!watching) {
            LockSupport.unpark(thread);
        }
    }
}
