// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.support.BargingLock;
import dev.fringe.internal.support.Log;
import java.util.concurrent.TimeUnit;

/**
 * Closes generators when the virtual machine shuts down, those that ask for it.
 *
 * <p>They are shared, and entered by compare-and-set by every thread. So the hook either enters one that is suspended,
 * and no other thread can from then on; or finds that another thread runs the body, and leaves it to that one for the
 * moment. A generator that is confined to a living thread could not be closed here: its owner enters by a plain look at
 * the state.
 *
 * <p>The runtime refers to the hook, and so to the library's class loader; the hook is removed when there are no
 * generators, and no stacks of the program's, for some time.
 */
final class ShutdownHook {

    /** For so long the hook waits for bodies that run. One may be in {@code System.exit}, and never suspend. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long PAUSE_MILLIS = 5;

    /**
     * Of its own, as the runtime has a monitor for hooks. So one thread of the library's asks for that at a time, and
     * only while a program adds hooks of its own might it wait.
     */
    private static final BargingLock LOCK = new BargingLock();
    /** Null if there is none. Written under the lock. */
    private static volatile Thread hook;

    private ShutdownHook() {}

    private static final class CloseAll implements Runnable {

        @Override
        public void run() {
            closeAll();
        }
    }

    /** Does nothing if there is one. */
    static void add() {
        if (hook != null) {
            return;
        }
        LOCK.lock();
        try {
            if (hook == null) {
                Thread made = Thread.ofPlatform().name("fringe-shutdown").unstarted(new CloseAll());
                Runtime.getRuntime().addShutdownHook(made);
                hook = made;
            }
        } catch (IllegalStateException e) { // the virtual machine shuts down already
            return;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Returns whether there was one. */
    static boolean remove() {
        LOCK.lock();
        try {
            if (hook == null) {
                return false;
            }
            Runtime.getRuntime().removeShutdownHook(hook);
            hook = null;
            return true;
        } catch (IllegalStateException e) { // as above: it is at work
            return false;
        } finally {
            LOCK.held = 0;
        }
    }

    private static void closeAll() {
        long until = System.nanoTime() + PATIENCE_NANOS;
        int left = closeSuspended();
        while (left > 0 && System.nanoTime() < until) {
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) { // not meant for this thread
                continue;
            }
            left = closeSuspended();
        }
        if (left > 0) {
            Log.warn(left + " generator(s) were to be closed at shutdown, but their bodies did not suspend", null);
        }
    }

    /** Returns how many could not be closed, because their bodies run. */
    private static int closeSuspended() {
        int running = 0;
        Engine engine = Engines.loaded();
        for (Flow flow : engine.flows()) {
            if (flow.task() instanceof Reclaimable generator && generator.isClosedAtShutdown()
                    && !generator.hasEnded()) {
                try {
                    generator.close(false);
                } catch (Throwable t) {
                    if (generator.hasEnded()) {
                        Log.warn("the body of a generator that was closed at shutdown threw while it was unwound", t);
                    } else {
                        running++;
                    }
                }
            }
        }
        return running;
    }
}
