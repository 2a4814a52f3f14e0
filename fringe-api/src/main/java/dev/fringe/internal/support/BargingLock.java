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
 * <p>For sections in which nothing waits: no monitor that bodies contend for, no lock of the JDK's, no pause, and no
 * class of the user's loaded. A virtual thread that has the lock might leave its carrier there, and never get one
 * again. Most sections last microseconds; while one lasts longer, the others look again and again, with pauses that
 * grow to {@value #LONGEST_PAUSE_NANOS} ns. It is not reentrant. It is given back by storing 0 in {@link #held}, in a
 * {@code finally}: that takes no call, for which there may be no room.
 */
public final class BargingLock {

    private static final VarHandle HELD;
    /** So often the lock is looked at before the processor is left to others. */
    private static final int SPINS = 100;
    /** And so often after that before there are pauses. */
    private static final int YIELDS = 1_000;
    private static final long PAUSE_NANOS = 50_000;
    private static final long LONGEST_PAUSE_NANOS = 1_000_000;

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
        long pause = PAUSE_NANOS;
        for (int i = 0; held != 0 || !HELD.compareAndSet(this, 0, 1); i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else if (i < SPINS + YIELDS) {
                leaveProcessor(0);
            } else {
                leaveProcessor(pause);
                pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
            }
        }
    }

    private static void leaveProcessor(long nanos) {
        try {
            if (nanos == 0 || Thread.currentThread().isInterrupted()) { // it could not park then
                Thread.yield();
            } else {
                LockSupport.parkNanos(nanos);
            }
        } catch (OutOfMemoryError e) { // to leave its carrier takes a virtual thread memory
            Thread.onSpinWait();
        }
    }

    /** Takes the lock if nobody has it. */
    public boolean tryLock() {
        return held == 0 && HELD.compareAndSet(this, 0, 1);
    }
}
