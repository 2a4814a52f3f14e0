// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;

/**
 * The turn of one body to be driven by a thread of a pool: the body that a virtual thread has resumed. At most one
 * thread has the turn, and only that one drives the body. A body may block and become runnable again before the
 * thread that drove it has noticed; then that thread looks once more, instead of a second one.
 *
 * <pre>
 *              request()                 run()
 *      FREE ------------------> QUEUED ----------> TAKEN --+
 *        ^   a task is put                          |  ^    | request()
 *        |   into the pool          tryGiveBack()   |  |    v
 *        +------------------------------------------+  +- AGAIN
 *                                              tryGiveBack() is false
 * </pre>
 *
 * A thread outside of the pool that drives the body takes the turn too ({@link #take}), from FREE or QUEUED: the task
 * that is in the pool's queue then finds the turn taken, or free, and does nothing.
 */
final class PoolTurn implements Runnable {

    private static final int FREE = 0;
    /** A task is in the queue. */
    private static final int QUEUED = 1;
    /** A thread drives the body. */
    private static final int TAKEN = 2;
    /** As TAKEN, and the body has become runnable meanwhile. */
    private static final int AGAIN = 3;

    private static final int SPINS = 1000;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(PoolTurn.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private final CarriedFlow flow;
    private volatile int state;

    PoolTurn(CarriedFlow flow) {
        this.flow = flow;
    }

    /** The body can go on: has a thread of the pool drive it, or the one that drives it look again. */
    void request(Executor pool) {
        while (true) {
            int now = state;
            if (now == QUEUED || now == AGAIN) {
                return;
            }
            if (STATE.compareAndSet(this, now, now == FREE ? QUEUED : AGAIN)) {
                if (now == FREE) {
                    Pools.execute(pool, this);
                }
                return;
            }
        }
    }

    /** A thread of the pool drives the body, and those that it resumes, until one blocks or all is done. */
    @Override
    public void run() {
        if (STATE.compareAndSet(this, QUEUED, TAKEN)) {
            CarriedFlow.driveInPool(flow, Thread.currentThread());
        }
    }

    /** Takes the turn from outside of the pool. A thread of the pool that has it has nothing left to do. */
    void take() {
        int spins = 0;
        while (!tryTake()) {
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private boolean tryTake() {
        int now = state;
        return (now == FREE || now == QUEUED) && STATE.compareAndSet(this, now, TAKEN);
    }

    /** Takes the turn if it is not taken; else the thread that has it is made to look again. */
    boolean takeOrRequest() {
        while (true) {
            int now = state;
            boolean mine = now == FREE || now == QUEUED;
            if (STATE.compareAndSet(this, now, mine ? TAKEN : AGAIN)) {
                return mine;
            }
        }
    }

    /** Gives the turn back, unless the body has become runnable again: then the caller keeps it. */
    boolean tryGiveBack() {
        if (STATE.compareAndSet(this, TAKEN, FREE)) {
            return true;
        }
        state = TAKEN;
        return false;
    }

    /** Gives the turn back when the body has suspended or ended, so that nothing is left to be done. */
    void giveBack() {
        state = FREE;
    }

    @Override
    public String toString() {
        return switch (state) {
            case FREE -> "free";
            case QUEUED -> "queued";
            case TAKEN -> "taken";
            default -> "taken, and again runnable";
        };
    }
}
