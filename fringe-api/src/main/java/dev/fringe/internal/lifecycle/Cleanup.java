// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.support.BargingLock;
import java.lang.ref.PhantomReference;

/**
 * What is done when an object has become unreachable, on a thread of the library's, as with {@link
 * java.lang.ref.Cleaner}. That one has a list with a monitor, for which bodies on all carriers would wait behind a
 * virtual thread without one; see {@link BargingLock}.
 */
public abstract class Cleanup extends PhantomReference<Object> {

    private static final BargingLock LOCK = new BargingLock();
    /** The newest of those that are to be done: by it all of them are reachable. Written under the lock. */
    private static volatile Cleanup newest;

    /** Whether there may be some that could not be done, for want of memory or room. */
    private static volatile boolean anyFailed;
    /** How often those have been tried again. */
    private static int passes;

    private Cleanup older;
    private Cleanup newer;
    private boolean listed;
    /** Whether it is being done. */
    private volatile boolean busy;
    /** Whether it could not be done. */
    private volatile boolean failed;
    /** The pass in which it was tried again. */
    private int pass;

    /** Nothing is done before {@link Reaper#watch}. */
    protected Cleanup(Object watched) {
        super(watched, Reaper.FREED);
    }

    /** What is to be done; it must not refer to the object. */
    protected abstract void act();

    /**
     * Does it now, unless it has been done or {@linkplain #forget forgotten}, or is being done. If it fails for want of
     * memory or room, {@link #retry} does it later.
     */
    public final void clean() {
        if (!claim()) {
            return;
        }
        boolean over = true;
        try {
            act();
        } catch (VirtualMachineError e) {
            over = false;
            busy = false; // first: who finds that it has failed does it again
            failed = true;
            anyFailed = true;
            throw e;
        } finally {
            if (over) {
                busy = false;
                forget();
            }
        }
    }

    private boolean claim() {
        LOCK.lock();
        try {
            if (!listed || busy) {
                return false;
            }
            busy = true;
            return true;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Whether there may be some to {@link #retry}. */
    static boolean anyFailed() {
        return anyFailed;
    }

    /**
     * Does what could not be done before, if it can be done now. Called by one thread.
     *
     * @return how many have been done
     */
    static int retry() {
        if (!anyFailed) {
            return 0;
        }
        anyFailed = false;
        passes++;
        int done = 0;
        for (Cleanup next = takeFailed(); next != null; next = takeFailed()) {
            try {
                next.clean();
                done++;
            } catch (VirtualMachineError e) { // again in the next pass
                continue;
            }
        }
        return done;
    }

    /** One that has failed, and has not been tried again in this pass; null if there is none. */
    private static Cleanup takeFailed() {
        LOCK.lock();
        try {
            for (Cleanup at = newest; at != null; at = at.older) {
                if (at.failed && at.pass != passes) {
                    at.failed = false;
                    at.pass = passes;
                    return at;
                }
            }
            return null;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Has it not be done, unless that has begun. */
    public final void forget() {
        LOCK.lock();
        try {
            if (!listed) {
                return;
            }
            listed = false;
            if (newer == null) {
                newest = older;
            } else {
                newer.older = older;
            }
            if (older != null) {
                older.newer = newer;
            }
            older = null;
            newer = null;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Has it be done, by whoever looks for what is unreachable. */
    final void list() {
        LOCK.lock();
        try {
            older = newest;
            if (older != null) {
                older.newer = this;
            }
            newest = this;
            listed = true;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Whether there is none. */
    static boolean none() {
        return newest == null;
    }
}
