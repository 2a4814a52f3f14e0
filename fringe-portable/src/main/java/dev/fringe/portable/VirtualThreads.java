// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/**
 * What is private in {@code java.lang.VirtualThread} and needed here, as constants, so that calls are inlined. The
 * initialiser fails if something is missing, which {@link Access} asks before it lets anything else use this class.
 *
 * <p>The names are the same in the JDKs 25 to 28. The numbers of the states are read, not known.
 */
final class VirtualThreads {

    private static final MethodHandle NEW_THREAD;
    private static final MethodHandle YIELD_CONTINUATION;
    private static final VarHandle SCHEDULER;
    private static final VarHandle STATE;
    private static final VarHandle CARRIER;
    private static final VarHandle NIO_BLOCKER;
    private static final MethodHandle NEW_LISTENER;
    private static final MethodHandle POST_INTERRUPT;

    /** Executes what virtual threads run on that the library has nothing to do with. */
    static final ForkJoinPool POOL;

    /** Mounted. */
    static final int RUNNING;
    /** About to unmount. */
    private static final int PARKING;
    /** Unmounted, and not to be run. */
    private static final int PARKED;
    /** Unmounted, to be run, and the permit of LockSupport is to be consumed then. */
    private static final int UNPARKED;
    /** About to unmount, in order to be run again. */
    private static final int YIELDING;
    /** Unmounted, to be run, after Thread.yield: as UNPARKED, but the permit is left alone. */
    private static final int YIELDED;

    /** Of ThreadBuilders.newVirtualThread: as inheritInheritableThreadLocals(false). */
    private static final int NO_INHERIT_THREAD_LOCALS;

    static {
        try {
            MethodHandles.Lookup lookup = Access.lookup();
            Class<?> type = lookup.findClass("java.lang.VirtualThread");
            NEW_THREAD = lookup.findStatic(lookup.findClass("java.lang.ThreadBuilders"), "newVirtualThread",
                    methodType(Thread.class, Executor.class, String.class, int.class, Runnable.class));
            YIELD_CONTINUATION = lookup.findSpecial(type, "yieldContinuation", methodType(boolean.class), type)
                    .asType(methodType(boolean.class, Thread.class));
            SCHEDULER = lookup.findVarHandle(type, "scheduler", Executor.class);
            STATE = lookup.findVarHandle(type, "state", int.class);
            CARRIER = lookup.findVarHandle(type, "carrierThread", Thread.class);
            Class<?> interruptible = lookup.findClass("sun.nio.ch.Interruptible");
            NIO_BLOCKER = lookup.findVarHandle(Thread.class, "nioBlocker", interruptible);
            NEW_LISTENER = InterruptListeners.maker(lookup.in(interruptible));
            POST_INTERRUPT = lookup.findVirtual(interruptible, "postInterrupt", methodType(void.class))
                    .asType(methodType(void.class, Object.class));
            POOL = (ForkJoinPool) (Executor) lookup.findStatic(type, "defaultScheduler", methodType(Executor.class))
                    .invokeExact();
            RUNNING = constant(lookup, type, "RUNNING");
            PARKING = constant(lookup, type, "PARKING");
            PARKED = constant(lookup, type, "PARKED");
            UNPARKED = constant(lookup, type, "UNPARKED");
            YIELDING = constant(lookup, type, "YIELDING");
            YIELDED = constant(lookup, type, "YIELDED");
            NO_INHERIT_THREAD_LOCALS = constant(lookup, Thread.class, "NO_INHERIT_THREAD_LOCALS");
        } catch (Throwable t) {
            throw new ExceptionInInitializerError(t);
        }
    }

    private VirtualThreads() {}

    private static int constant(MethodHandles.Lookup lookup, Class<?> type, String name)
            throws ReflectiveOperationException {
        return (int) lookup.findStaticVarHandle(type, name, int.class).get();
    }

    /**
     * A virtual thread whose continuation is given to a scheduler of its own each time it is to be run.
     *
     * @throws UnsupportedOperationException if the virtual machine has no continuations
     */
    static Thread create(Executor scheduler, String name, Runnable body) {
        try {
            return (Thread) NEW_THREAD.invokeExact(scheduler, name, NO_INHERIT_THREAD_LOCALS, body);
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }

    /** The scheduler of a virtual thread, which is inherited by those that it starts. */
    static Executor scheduler(Thread virtual) {
        return (Executor) SCHEDULER.get(virtual);
    }

    /** The platform thread that a virtual one is mounted on, or null. */
    static Thread carrier(Thread virtual) {
        return (Thread) CARRIER.getVolatile(virtual);
    }

    /**
     * Unmounts the calling virtual thread, until it is made to go on. Unlike {@code LockSupport.park} it does not
     * block the carrier if the thread is pinned, and does not return because of an interrupt or a permit.
     *
     * @return false if it is pinned: it has native frames, or is in the initialiser of a class. Nothing has happened
     *     then. ({@code Continuation.isPinned} is of no use: it counts the native method that asks)
     * @throws OutOfMemoryError if there is no memory for its frames; nothing has happened
     * @throws StackOverflowError if they can't be copied for want of room; nothing has happened
     */
    static boolean tryUnmount(Thread current) {
        return tryUnmount(current, PARKING);
    }

    /**
     * {@code Thread.yield} of the calling virtual thread: it is made to go on at once.
     *
     * @return false if it is pinned; nothing has happened then
     */
    static boolean tryYield(Thread current) {
        return tryUnmount(current, YIELDING);
    }

    private static boolean tryUnmount(Thread current, int reason) {
        boolean unmounted = false;
        STATE.setVolatile(current, reason);
        try {
            unmounted = (boolean) YIELD_CONTINUATION.invokeExact(current);
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        } finally {
            if (!unmounted) {
                STATE.setVolatile(current, RUNNING);
            }
        }
        return unmounted;
    }

    /**
     * Makes a thread that is unmounted by {@link #tryUnmount} runnable, without asking its scheduler and without
     * consuming the permit that {@code LockSupport.unpark} may have given it.
     *
     * @return false if the thread is in another state: it has been unparked and is run, or is being looked at
     */
    static boolean makeRunnable(Thread virtual) {
        return STATE.compareAndSet(virtual, PARKED, YIELDED) || STATE.compareAndSet(virtual, UNPARKED, YIELDED);
    }

    /**
     * After an error between mounting and the first frame, which leaves the state as if the thread ran: puts it back.
     *
     * @return false if it was not left so
     */
    static boolean unmountedByError(Thread virtual) {
        return CARRIER.getVolatile(virtual) == null
                && ((int) STATE.getVolatile(virtual) != RUNNING || STATE.compareAndSet(virtual, RUNNING, PARKED));
    }

    // ---- what is told of interrupts ---------------------------------------------------------------------------

    /** What is told when a thread is interrupted, or null. */
    static Object interruptListener(Thread thread) {
        return NIO_BLOCKER.get(thread);
    }

    /** Sets what is told; to be followed by a fence before the status is asked. By the thread itself. */
    static void setInterruptListener(Thread thread, Object listener) {
        NIO_BLOCKER.set(thread, listener);
    }

    /** What tells {@code action}, which it refers to weakly, for {@link #setInterruptListener}. */
    static Object listenerOf(Runnable action) {
        try {
            return (Object) NEW_LISTENER.invokeExact(action);
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }

    /** Tells a listener, as {@code Thread.interrupt} does after it has set the status. */
    static void tell(Object listener) {
        try {
            POST_INTERRUPT.invokeExact(listener);
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }
}
