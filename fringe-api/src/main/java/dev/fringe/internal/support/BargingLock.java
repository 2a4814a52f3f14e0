// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock that is whose who gets there first. A monitor, or a lock of the JDK's, is handed to the one that waits for it
 * longest. If that is a virtual thread without a carrier, because all carriers are in bodies, which wait for the lock
 * themselves, nobody would ever go on.
 *
 * <p>For sections in which nothing waits for a body. Most last microseconds; if one lasts longer, the others look
 * again and again, after a while at most every {@value #PAUSE_NANOS} ns. It is not reentrant. It is given back by
 * storing 0 in {@link #held}, in a {@code finally}: that takes no call, for which there may be no room.
 */
public final class BargingLock {

    private static final VarHandle HELD;
    /** So often the lock is looked at before the processor is left to others. */
    private static final int SPINS = 100;
    /** And so often after that before there are pauses. */
    private static final int YIELDS = 1_000;
    private static final long PAUSE_NANOS = 50_000;

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
                leaveProcessor(i < SPINS + YIELDS);
            }
        }
    }

    private static void leaveProcessor(boolean shortly) {
        try {
            if (shortly) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (OutOfMemoryError e) { // a virtual thread's timer takes memory
            Thread.onSpinWait();
        }
    }
}
