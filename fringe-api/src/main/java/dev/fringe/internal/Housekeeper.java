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

    private Housekeeper() {}

    /** Called by the bystander; does not return. */
    static void run() {
        thread = Thread.currentThread();
        boolean more = false;
        while (true) {
            if (more) {
                LockSupport.parkNanos(StackPool.period());
            } else {
                LockSupport.park();
            }
            try {
                more = StackPool.tidy();
            } catch (Throwable t) { // out of memory, most likely; the next round may do better
                more = true;
            }
        }
    }

    /** Says that there is an idle stack. */
    static void wake() {
        LockSupport.unpark(thread);
    }
}
