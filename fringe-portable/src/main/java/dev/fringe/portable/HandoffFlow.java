// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.StackMarker;
import java.util.concurrent.locks.LockSupport;

/**
 * A body on a platform thread of its own that takes turns with its resumer. It takes public interfaces only and works
 * on every virtual machine; but a switch takes the operating system's help, some microseconds, and each body that has
 * started has a kernel thread, of which there may be some ten thousand.
 *
 * <p><b>Memory ordering.</b> The side that gives the turn away writes {@link #bodysTurn}, and the other one reads it
 * before it goes on.
 */
final class HandoffFlow extends PortableFlow implements Runnable {

    private final long stackSize;
    private Thread thread;
    private boolean started;
    private volatile boolean bodysTurn;
    /** The thread that has resumed. */
    private volatile Thread resumer;

    /** @param stackSize in bytes, or 0 for the usual one */
    HandoffFlow(FlowRegistry registry, long stackSize) {
        super(registry);
        this.stackSize = stackSize;
    }

    @Override
    void make(String threadName, ClassLoader contextClassLoader) {
        thread = new BodyThread(this, threadName, stackSize);
        thread.setContextClassLoader(contextClassLoader);
    }

    /** The flow whose body a thread is, or null. */
    static HandoffFlow of(Thread thread) {
        return thread instanceof BodyThread body ? body.flow : null;
    }

    /** The body's thread. It does not inherit thread-locals. */
    private static final class BodyThread extends Thread {

        private final HandoffFlow flow;

        private BodyThread(HandoffFlow flow, String name, long stackSize) {
            super(null, null, name, stackSize, false);
            this.flow = flow;
            setDaemon(true);
            setPriority(NORM_PRIORITY);
        }

        @Override
        public void run() {
            flow.begin();
        }
    }

    @Override
    public Thread thread() {
        return thread;
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    @Override
    public boolean hasRoom() {
        return StackRoom.hasSome();
    }

    private void begin() {
        try {
            StackMarker.run(marker(), this);
        } finally {
            giveTurnTo(resumer, false);
        }
    }

    /** Called by {@link StackMarker}. */
    @Override
    public void run() {
        task().runBody();
    }

    @Override
    public void resume() {
        Thread body = thread;
        Thread current = Thread.currentThread();
        resumer = current;
        if (started) {
            giveTurnTo(body, true);
        } else {
            bodysTurn = true;
            try {
                body.start();
            } catch (Throwable t) { // no memory, or no kernel thread; it may be tried again
                bodysTurn = false;
                throw t;
            }
            started = true;
        }
        while (bodysTurn) {
            LockSupport.park(this);
            noteInterrupt(current);
        }
        restoreInterrupt(current);
    }

    @Override
    public void suspend() {
        StackRoom.check();
        giveTurnTo(resumer, false);
        boolean interrupted = false;
        while (!bodysTurn) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            thread.interrupt();
        }
    }

    private void giveTurnTo(Thread other, boolean body) {
        bodysTurn = body;
        LockSupport.unpark(other);
    }

    @Override
    public boolean canUnwind() {
        return !NativeFrames.onStack();
    }

    @Override
    public long stackSize() {
        return stackSize == 0 ? -1 : stackSize;
    }
}
