// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A lock that is whose who gets there first. A monitor, or a lock of the JDK's, is handed to the one that waits for it
 * longest. If that is a virtual thread without a carrier, because all carriers are in bodies, which wait for the lock
 * themselves, nobody would ever go on.
 *
 * <p>For sections that last microseconds, and in which nothing blocks. The collector, a class that is linked, or a page
 * fault may make one longer; the others look again and again meanwhile. It is not reentrant. It is given back by
 * storing 0 in {@link #held}, in a {@code finally}: that takes no call, for which there may be no room.
 */
public final class BargingLock {

    private static final VarHandle HELD;
    /** So often the lock is looked at before the processor is left to others. */
    private static final int SPINS = 100;

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(BargingLock.class, "held", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** 1 while somebody has the lock. */
    public volatile int held;

    /** Waits until nobody has the lock, and takes it. */
    public void lock() {
        for (int i = 0; held != 0 || !HELD.compareAndSet(this, 0, 1); i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }
}
