// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Keeps the interrupts that reach a platform thread while it carries a body. When a virtual thread is mounted or
 * unmounted, the interrupt status of its carrier is made the virtual thread's, or cleared: a thread of the JDK's pool
 * has none that anybody wants. A resumer has, and it must still be set when {@code resume} returns.
 *
 * <p>There is one keeper for each platform thread that resumes. {@code Thread.interrupt} tells it (by one of
 * {@link InterruptListeners}), because that lies where the thread's channel operations put what is to be told. It stays
 * there, and comes back when an interruptible generator that has taken the place has been resumed ({@link #listen}); an
 * operation of a channel leaves the place empty, until the thread carries the next body.
 *
 * <p><b>Nothing is lost.</b> {@link #stopCarrying} first says that nothing is carried any more and then looks whether it
 * has been told; an interrupter tells first and then looks whether anything is carried. So one of the two sees the
 * other. An interrupter that is told late, after the end, sets the status if it is not set, because the last unmounting
 * may have cleared it. There is one way left to lose one: the interrupter sets the status, is stopped before it tells,
 * and goes on when the body has suspended and the thread's program has then used a channel, or an interruptible
 * generator of another copy of the library, so that nobody is there to be told.
 *
 * <p><b>An interrupt may be seen twice</b>: if its interrupter is between setting the status and telling while the
 * resumer's program looks at the status, clears it, and resumes. That can't be mended as long as the resumer
 * carries. Take two histories in which the interrupter stands there: in one the program has seen the status and cleared
 * it, and in the other unmounting has cleared it and nothing has seen it. Memory is the same in both, so
 * whatever the interrupter does next is the same; in the first it must do nothing, and in the second it must set the
 * status. It sets it: an interrupt too many can be borne, one too few can't. Where an interrupt must be seen exactly
 * once, with interruptible generators, the resumer does not carry; see {@link CarriedFlow}. If it carries others between
 * those, the same is true of them.
 */
final class InterruptKeeper implements Runnable {

    /** That of each thread. What a thread refers to strongly must not be of this class: it would keep its loader. */
    private static final ThreadLocal<WeakReference<InterruptKeeper>> OF_THREAD = new ThreadLocal<>();
    /** Keeps them for as long as their threads are there. */
    private static final Map<Thread, InterruptKeeper> ALL = new WeakHashMap<>();
    private static final VarHandle CARRYING;

    static {
        try {
            CARRYING = MethodHandles.lookup().findVarHandle(InterruptKeeper.class, "carrying", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private final WeakReference<Thread> thread;
    private final Object listener = VirtualThreads.listenerOf(this);
    /** Whether the thread carries a body. */
    private boolean carrying;
    /** Whether it has been interrupted since {@link #startCarrying}. */
    private volatile boolean interrupted;
    /** What else wants to know of interrupts while a body is carried, or null. */
    private volatile Object other;

    private InterruptKeeper(Thread thread) {
        this.thread = new WeakReference<>(thread);
    }

    /** That of the calling platform thread. */
    static InterruptKeeper ofCurrent() {
        InterruptKeeper keeper = existing();
        return keeper != null ? keeper : make(Thread.currentThread());
    }

    /** The same if the calling thread has carried a body before; else null. */
    static InterruptKeeper existing() {
        WeakReference<InterruptKeeper> reference = OF_THREAD.get();
        return reference == null ? null : reference.get();
    }

    private static InterruptKeeper make(Thread current) {
        InterruptKeeper keeper = new InterruptKeeper(current);
        OF_THREAD.set(new WeakReference<>(keeper));
        synchronized (ALL) {
            ALL.put(current, keeper);
        }
        return keeper;
    }

    boolean isOf(Thread other) {
        return thread.refersTo(other);
    }

    /**
     * Before the thread carries a body. The fence: an interrupter sets the status and then looks whether the thread
     * carries; this says so and then looks at the status. So at least one of the two sees what the other has written. If
     * neither did, the first mounting would clear the status, and nobody would set it again.
     *
     * @param current the thread
     * @return whether the status is set
     */
    boolean startCarrying(Thread current) {
        Object present = VirtualThreads.interruptListener(current);
        if (present != listener) {
            listenInPlaceOf(present, current);
        }
        CARRYING.setVolatile(this, true);
        return current.isInterrupted();
    }

    /** Is told of interrupts from here on, in place of what was told. By the thread, which carries nothing. */
    void listen() {
        VirtualThreads.setInterruptListener(Thread.currentThread(), listener);
        VarHandle.fullFence();
    }

    private void listenInPlaceOf(Object present, Thread current) {
        if (InterruptListeners.isDead(present)) { // of a copy of the library that has left
            other = null;
        } else if (present != null || other != null) {
            other = present;
        }
        VirtualThreads.setInterruptListener(current, listener);
    }

    /**
     * After the thread has carried a body.
     *
     * @param current the thread
     * @param wasInterrupted whether the status is to be set for another reason
     */
    void stopCarrying(Thread current, boolean wasInterrupted) {
        boolean set = wasInterrupted;
        CARRYING.setVolatile(this, false);
        if (interrupted) {
            interrupted = false;
            set = true;
        }
        Object before = other;
        if (before != null) {
            other = null;
            VirtualThreads.setInterruptListener(current, before);
        }
        if (set) {
            current.interrupt();
        }
    }

    /** Called by the thread that interrupts, after the status has been set. */
    @Override
    public void run() {
        Thread told = thread.get();
        if (told == null || told == Thread.currentThread()) {
            return;
        }
        interrupted = true;
        if ((boolean) CARRYING.getVolatile(this)) {
            Object alsoTold = other;
            if (alsoTold != null) {
                VirtualThreads.tell(alsoTold);
            }
        } else {
            interrupted = false;
            if (!told.isInterrupted()) {
                told.interrupt();
            }
        }
    }
}
