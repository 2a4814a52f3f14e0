// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.InterruptListener;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.Selector;

/**
 * Keeps the interrupts that reach a platform thread while it carries a body. When a virtual thread is mounted or
 * unmounted, the interrupt status of its carrier is made the virtual thread's, or cleared: a thread of the JDK's pool
 * has none that anybody wants. A resumer has, and it must still be set when {@code resume} returns.
 *
 * <p>There is one keeper for each platform thread that resumes. {@code Thread.interrupt} tells it ({@link
 * InterruptListener}), because it lies where the thread's channel operations put what is to be told; it stays there
 * until one of those takes the place.
 *
 * <p><b>Nothing is lost.</b> {@link #stopCarrying} first says that nothing is carried any more and then looks whether it
 * has been told; an interrupter tells first and then looks whether anything is carried. So one of the two sees the
 * other. An interrupter that is told late, after the end, sets the status if it is not set, because the last unmounting
 * may have cleared it.
 *
 * <p><b>An interrupt may be seen twice</b>: if its interrupter is between setting the status and telling while the
 * resumer's program looks at the status, clears it, and resumes. That can't be mended as long as the resumer
 * carries. Take two histories in which the interrupter stands there: in one the program has seen the status and cleared
 * it, and in the other unmounting has cleared it and nothing has seen it. Memory is the same in both, so
 * whatever the interrupter does next is the same; in the first it must do nothing, and in the second it must set the
 * status. It sets it: an interrupt too many can be borne, one too few can't. Where an interrupt must be seen exactly
 * once, with interruptible generators, the resumer does not carry; see {@link CarriedFlow}.
 */
final class InterruptKeeper extends InterruptListener {

    private static final ThreadLocal<InterruptKeeper> OF_THREAD = ThreadLocal.withInitial(InterruptKeeper::new);
    private static final VarHandle CARRYING;

    static {
        try {
            CARRYING = MethodHandles.lookup().findVarHandle(InterruptKeeper.class, "carrying", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private final Thread thread = Thread.currentThread();
    private final Object listener = VirtualThreads.listenerOf(this);
    /** Whether the thread carries a body. */
    private boolean carrying;
    /** Whether it has been interrupted since {@link #startCarrying}. */
    private volatile boolean interrupted;
    /** What else wants to know of interrupts while a body is carried, or null. */
    private volatile Object other;

    private InterruptKeeper() {}

    /** That of the calling platform thread. */
    static InterruptKeeper ofCurrent() {
        return OF_THREAD.get();
    }

    /** Whose it is. */
    Thread thread() {
        return thread;
    }

    /**
     * Before the thread carries a body. The fence: an interrupter sets the status and then looks whether the thread
     * carries; this says so and then looks at the status. So at least one of the two sees what the other has written. If
     * neither did, the first mounting would clear the status, and nobody would set it again.
     *
     * @return whether the status is set
     */
    boolean startCarrying() {
        Object present = VirtualThreads.interruptListener(thread);
        if (present != listener) {
            listenInPlaceOf(present);
        }
        CARRYING.setVolatile(this, true);
        return thread.isInterrupted();
    }

    private void listenInPlaceOf(Object present) {
        if (present != null || other != null) {
            other = present;
        }
        VirtualThreads.setInterruptListener(thread, listener);
    }

    /**
     * After the thread has carried a body.
     *
     * @param wasInterrupted whether the status is to be set for another reason
     */
    void stopCarrying(boolean wasInterrupted) {
        boolean set = wasInterrupted;
        CARRYING.setVolatile(this, false);
        if (interrupted) {
            interrupted = false;
            set = true;
        }
        Object before = other;
        if (before != null) {
            other = null;
            VirtualThreads.setInterruptListener(thread, before);
        }
        if (set) {
            thread.interrupt();
        }
    }

    /** Called by the thread that interrupts, after the status has been set. */
    @Override
    public Selector wakeup() {
        if (Thread.currentThread() == thread) {
            return this;
        }
        interrupted = true;
        if ((boolean) CARRYING.getVolatile(this)) {
            Object alsoTold = other;
            if (alsoTold != null) {
                VirtualThreads.tell(alsoTold);
            }
        } else {
            interrupted = false;
            if (!thread.isInterrupted()) {
                thread.interrupt();
            }
        }
        return this;
    }
}
