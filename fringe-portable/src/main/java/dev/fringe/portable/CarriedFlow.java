// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.InterruptListener;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.engine.Task;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * A body on a virtual thread that its resumer carries: the scheduler of the thread is this object, which does nothing
 * but say that the body can go on. No other thread takes part, and nothing is handed over.
 *
 * <p><b>Drivers.</b> What runs the continuation of the thread is called the driver. It depends on the resumer:
 *
 * <table>
 * <caption>Who drives</caption>
 * <tr><th>the resumer is</th><th>the driver is</th><th>if the body blocks, the driver</th></tr>
 * <tr><td>a platform thread</td><td>the resumer</td><td>waits until the body can go on</td></tr>
 * <tr><td>a body that is driven</td><td>the driver of that body, which leaves it, runs the other, and comes back to
 *     it; so a driver has one body on its stack, however deep they are nested</td><td>as above or below</td></tr>
 * <tr><td>another virtual thread</td><td>a thread of the JDK's pool; the resumer is parked</td><td>does something
 *     else; another one goes on ({@link PoolTurn})</td></tr>
 * <tr><td>pinned, or has hardly any stack left</td><td>a helper ({@link Pools#HELPERS})</td><td>waits, or does
 *     something else, as above</td></tr>
 * <tr><td>a platform thread, and its interrupts are to be the body's</td><td>a helper, because a driver can't tell
 *     exactly when it was interrupted ({@link InterruptKeeper})</td><td>waits</td></tr>
 * </table>
 *
 * <p><b>A suspended body</b> is a parked virtual thread. It has not parked by {@code LockSupport.park}, which would block
 * the carrier where the thread is pinned, and return at once if it is interrupted. When it leaves its driver it says
 * why, in {@link #outcome}; as long as that is {@link #NONE} the body runs, has blocked, or is about to be run.
 *
 * <p><b>Bodies without a driver.</b> The JDK has its pool run a thread without asking its scheduler, if the
 * thread is on a carrier of the pool and calls {@code Thread.yield}, or is unparked just when it parks. Then a
 * body runs that has no driver, or one that is suspended. The first goes on, and says itself to the resumer what a
 * driver would say ({@link #tell}); the second parks again ({@link #parkUntilResumed}).
 *
 * <p><b>Memory ordering.</b> A platform thread that resumes runs the body itself, on one kernel thread, and the call of
 * the continuation is opaque to the compiler. Everywhere else the two sides meet in {@code outcome}: it is cleared with
 * a release before a body is run and read with an acquire by the body, and set with a release (or volatile) before
 * {@link #waiter} is unparked, which reads it, or {@link #done}, with an acquire. The fields without a modifier are
 * written by the side whose turn it is.
 */
final class CarriedFlow extends PortableFlow implements Executor, Runnable {

    /** A driver with less stack than this, in bytes, has a helper go on; guard zones and shadow zone are part of it. */
    static final int LEAST_ROOM = 192 * 1024;

    /** The body runs, has blocked, or is about to be run. */
    private static final int NONE = 0;
    private static final int SUSPENDED = 1;
    private static final int ENDED = 2;
    /** The body wants its driver to run {@link #callee}, and then it. */
    private static final int RESUMES = 3;
    /** The body has been entered, and has found that its driver has too little stack. */
    private static final int NO_ROOM = 4;
    /** Added to an outcome that no driver sees, because the body runs without one. */
    private static final int WITHOUT_DRIVER = 8;

    /** How long a resumer that keeps its carrier sleeps at a time, in case it is not unparked. */
    private static final long PAUSE_NANOS = 1_000_000;

    private static final VarHandle OUTCOME;
    private static final VarHandle POOL;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            OUTCOME = lookup.findVarHandle(CarriedFlow.class, "outcome", int.class);
            POOL = lookup.findVarHandle(CarriedFlow.class, "pool", Executor.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private final boolean interruptible;
    /** Another one if the first could not be started for want of memory. */
    private Thread thread;
    /** {@code runContinuation} of {@link #thread}, always the same object; null if that has not been started. */
    private Runnable continuation;
    private int outcome = SUSPENDED;
    /** Whose stack the body is on if it is driven: that is, if this is the thread's carrier. */
    private Thread driver;
    /** The keeper of the platform thread that drove last. */
    private InterruptKeeper keeper;
    /** Where drivers come from when the body can go on; null if there is one that waits. */
    private Executor pool;
    /** Null if the body was never driven by a pool. */
    private PoolTurn turn;
    /** Says to a driver that waits that the body can go on. */
    private volatile boolean runnable;
    /** Says to a resumer that does not drive that there is an outcome. */
    private volatile boolean done;
    /** Who waits for one of the two. */
    private volatile Thread waiter;
    /** The body that this one's body resumes. */
    private CarriedFlow callee;
    /** Whose body is waiting for this one's in {@link #resume}, at the same driver. */
    private CarriedFlow caller;
    /** Why {@link #callee} was not run. */
    private Throwable refusal;

    /**
     * @param interruptible whether an interrupt of a resumer is the body's, and must be seen exactly once if the thread
     *     carries no others
     */
    CarriedFlow(FlowRegistry registry, boolean interruptible) {
        super(registry);
        this.interruptible = interruptible;
    }

    @Override
    void make(String name, ClassLoader contextClassLoader) {
        thread = VirtualThreads.create(this, name, this::begin);
        if (thread.getContextClassLoader() != contextClassLoader) {
            thread.setContextClassLoader(contextClassLoader);
        }
    }

    /** The flow whose body a thread is, or null. */
    static CarriedFlow of(Thread thread) {
        return thread.isVirtual() && VirtualThreads.scheduler(thread) instanceof CarriedFlow flow
                && flow.thread == thread ? flow : null;
    }

    @Override
    public Thread thread() {
        return thread;
    }

    @Override
    public long stackSize() {
        return -1;
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    @Override
    public boolean mayHaveLostStatus() {
        if (Thread.currentThread().isVirtual()) { // it can't be between the two steps
            return false;
        }
        try {
            return InterruptKeeper.existing() != null;
        } catch (OutOfMemoryError e) { // for the place of a thread-local
            return true;
        }
    }

    @Override
    public void stopTelling(InterruptListener listener) {
        InterruptKeeper present = null;
        if (!Thread.currentThread().isVirtual()) {
            try {
                present = InterruptKeeper.existing();
            } catch (OutOfMemoryError e) { // so there was none before
                present = null;
            }
        }
        if (present == null) {
            super.stopTelling(listener);
        } else {
            present.listen();
        }
    }

    @Override
    public boolean hasRoom() {
        return StackRoom.hasSome();
    }

    // ---- the scheduler of the virtual thread ------------------------------------------------------------------

    /**
     * Called by the thread that makes the body runnable; and by threads that the body has started, because those
     * inherit its scheduler.
     */
    @Override
    public void execute(Runnable task) {
        if (task == continuation) {
            int now = (int) OUTCOME.getAcquire(this);
            if (now == NONE) {
                goOn();
            } else if ((now & ~WITHOUT_DRIVER) == ENDED) { // but the thread closes scopes that the body has left open
                Pools.execute(VirtualThreads.POOL, task);
            } // else it is suspended, and was unparked for no reason
        } else if (continuation == null) {
            continuation = task; // by start(), whose caller runs it
        } else {
            VirtualThreads.POOL.execute(task);
        }
    }

    /** The body can go on: has a driver run it. */
    private void goOn() {
        Executor from = (Executor) POOL.getAcquire(this);
        if (from == null) {
            runnable = true;
            LockSupport.unpark(waiter);
        } else {
            turn.request(from);
        }
    }

    // ---- the side of the resumer ------------------------------------------------------------------------------

    @Override
    public void resume() {
        Thread current = Thread.currentThread();
        if (current.isVirtual()) {
            resumeByVirtual(current);
        } else if (interruptible) {
            help(this, true);
        } else {
            drive(this, current, true);
        }
    }

    /**
     * Lets the body run when its continuation is run next. The outcome is cleared first: if the body runs already,
     * without a driver, it looks for that before it parks again.
     */
    private void wake() {
        OUTCOME.setRelease(this, NONE);
        if (continuation == null) {
            start();
        } else if (!VirtualThreads.makeRunnable(thread)) {
            VarHandle.fullFence();
            LockSupport.unpark(thread); // it is run already, or its trace is being taken; it will be executed
        }
    }

    private void start() {
        try {
            if (thread.getState() == Thread.State.TERMINATED) { // for want of memory it could not be started
                make(thread.getName(), thread.getContextClassLoader());
            }
            thread.start();
        } catch (Throwable t) {
            continuation = null;
            outcome = SUSPENDED;
            throw t;
        }
    }

    /**
     * Runs a body, and those that it resumes, until it suspends or ends.
     *
     * @param driver the calling thread, a platform thread; it waits where a body blocks
     * @param byResumer whether it is the one that resumes the first
     */
    private static void drive(CarriedFlow first, Thread driver, boolean byResumer) {
        LockStack.empty(driver);
        InterruptKeeper keeper = first.keeper;
        if (keeper == null || !keeper.isOf(driver)) {
            first.keeper = keeper = InterruptKeeper.ofCurrent();
        }
        boolean interrupted = keeper.startCarrying(driver);
        CarriedFlow flow = first;
        try {
            while (true) {
                interrupted |= flow.driveOnce(driver);
                CarriedFlow next = flow.next();
                if (next == null) {
                    break;
                }
                flow = next;
            }
        } finally {
            keeper.stopCarrying(driver, interrupted);
        }
        if (flow.outcome == NO_ROOM) {
            help(flow, byResumer && flow == first);
        }
    }

    /** Runs the body until there is an outcome. Returns whether the driver was interrupted meanwhile. */
    private boolean driveOnce(Thread by) {
        pool = null;
        if (driver != by) {
            driver = by;
        }
        PoolTurn taken = turn;
        if (taken != null) {
            taken.take();
        }
        try {
            if (!tryWake()) {
                return false;
            }
            return !runBody() && await(by);
        } finally {
            if (taken != null) {
                taken.giveBack();
            }
        }
    }

    /** As {@link #wake}; if that fails, it is said to the body that resumes this one, or to the resumer. */
    private boolean tryWake() {
        try {
            wake();
            return true;
        } catch (Throwable t) {
            CarriedFlow resumer = caller;
            if (resumer == null) {
                throw t;
            }
            resumer.refusal = t;
            return false;
        }
    }

    /**
     * Runs the body on the calling thread.
     *
     * @return whether there is an outcome which that thread has to see to; if not, the body has blocked or another
     *     thread runs it
     */
    private boolean runBody() {
        try {
            continuation.run();
        } catch (Throwable t) {
            repair(t);
        }
        int now = (int) OUTCOME.getAcquire(this);
        return now != NONE && (now & WITHOUT_DRIVER) == 0;
    }

    /**
     * After an error of the virtual machine while it mounted or unmounted the thread: the driver's stack is at its end,
     * and none of the body has run. A helper has a stack with more room.
     */
    private void repair(Throwable error) {
        if (pool != null || outcome != NONE || !VirtualThreads.unmountedByError(thread)) {
            throw Sneaky.rethrow(error);
        }
        outcome = NO_ROOM;
    }

    /** Waits for an outcome, and runs the body whenever it can go on. Returns whether the driver was interrupted. */
    private boolean await(Thread by) {
        boolean interrupted = false;
        waiter = by;
        while ((int) OUTCOME.getVolatile(this) == NONE) {
            if (runnable) {
                runnable = false;
                runBody();
            } else {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
        }
        waiter = null;
        return interrupted;
    }

    /** Which body its driver is to run next; null if it is the resumer's turn. */
    private CarriedFlow next() {
        switch (outcome & ~WITHOUT_DRIVER) {
            case RESUMES -> {
                CarriedFlow inner = callee;
                inner.caller = this;
                return inner;
            }
            case NO_ROOM -> {
                return null;
            }
            default -> {
                CarriedFlow outer = caller;
                if (outer != null) {
                    caller = null;
                }
                return outer;
            }
        }
    }

    /**
     * As {@link #drive}, by a thread of a pool, which does not wait where a body blocks. It has the turn of the first.
     */
    static void driveInPool(CarriedFlow first, Thread driver) {
        for (CarriedFlow flow = first; flow != null; ) {
            flow = flow.driveOnceInPool(driver);
        }
    }

    /** Returns the body to drive next, whose turn is taken; null if there is nothing left to do for this thread. */
    private CarriedFlow driveOnceInPool(Thread by) {
        boolean hasOutcome = false;
        if ((int) OUTCOME.getAcquire(this) == NONE && POOL.getAcquire(this) != null) { // else it was called in vain
            driver = by;
            hasOutcome = runBody();
            driver = null;
        }
        if (!hasOutcome) {
            return turn.tryGiveBack() ? null : this;
        }
        Executor from = (Executor) POOL.getAcquire(this);
        CarriedFlow next = next();
        turn.giveBack();
        while (next != null) {
            next.usePool(from);
            if (next.tryWake()) {
                return next.turn.takeOrRequest() ? next : null;
            }
            next = next.next(); // the body that resumes it is told why it could not be started
        }
        tellResumer();
        return null;
    }

    private void tellResumer() {
        done = true;
        LockSupport.unpark(waiter);
    }

    private void usePool(Executor drivers) {
        if (turn == null) {
            turn = new PoolTurn(this);
        }
        pool = drivers;
    }

    private void resumeByVirtual(Thread current) {
        if (VirtualThreads.scheduler(current) instanceof CarriedFlow resumer && resumer.thread == current
                && resumer.isDriven()) {
            resumer.resumeFromBody(this);
        } else {
            resumeByPool(current);
        }
    }

    /** The body of this one resumes another: leaves that to its driver. */
    private void resumeFromBody(CarriedFlow inner) {
        callee = inner;
        boolean left;
        try {
            left = leave(RESUMES);
        } finally {
            callee = null;
        }
        if (!left) {
            help(inner, true); // this body is below native frames
            return;
        }
        checkRoom();
        Throwable reason = refusal;
        if (reason != null) {
            refusal = null;
            throw Sneaky.rethrow(reason);
        }
    }

    private void resumeByPool(Thread resumer) {
        usePool(VirtualThreads.POOL);
        done = false;
        waiter = resumer;
        wake();
        goOn();
        while (!done) {
            boolean parked;
            try {
                parked = VirtualThreads.tryUnmount(resumer);
            } catch (StackOverflowError | OutOfMemoryError e) { // its frames can't be copied
                parked = false;
            }
            if (!parked) {
                awaitPinned(resumer);
            }
        }
        waiter = null;
    }

    /**
     * The resumer keeps its carrier, and all carriers of the pool may be kept so. From here on helpers drive the body,
     * first in place of the thread of the pool that was asked for.
     */
    private void awaitPinned(Thread resumer) {
        POOL.setVolatile(this, Pools.HELPERS);
        Pools.execute(Pools.HELPERS, turn);
        while (!done) {
            try {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            } catch (StackOverflowError | OutOfMemoryError e) {
                Thread.onSpinWait();
            }
            noteInterrupt(resumer);
        }
        restoreInterrupt(resumer);
    }

    /**
     * Has a helper drive, from a body on, and waits until it has.
     *
     * @param byResumer whether the calling thread is the one that resumes that body, and not its driver
     * @throws OutOfMemoryError if there can be no such thread; nothing has happened then
     */
    private static void help(CarriedFlow first, boolean byResumer) {
        HelperTask task = new HelperTask(first);
        Pools.HELPERS.execute(task);
        task.await(byResumer);
    }

    /** What {@link #help} has a helper do. */
    private static final class HelperTask implements Runnable {

        private final CarriedFlow first;
        private final Thread waiter = Thread.currentThread();
        private volatile boolean finished;
        private Throwable failure;

        private HelperTask(CarriedFlow first) {
            this.first = first;
        }

        @Override
        public void run() {
            try {
                drive(first, Thread.currentThread(), false);
            } catch (Throwable t) {
                failure = t;
            }
            finished = true;
            LockSupport.unpark(waiter);
        }

        private void await(boolean byResumer) {
            boolean interrupted = false;
            while (!finished) {
                LockSupport.park(this);
                if (byResumer) {
                    first.noteInterrupt(waiter);
                } else {
                    interrupted |= Thread.interrupted();
                }
            }
            if (byResumer) {
                first.restoreInterrupt(waiter);
            } else if (interrupted) {
                waiter.interrupt();
            }
            if (failure != null) {
                throw Sneaky.rethrow(failure);
            }
        }
    }

    // ---- the side of the body ---------------------------------------------------------------------------------

    /** What the virtual thread runs. */
    private void begin() {
        try {
            checkRoom();
            StackMarker.run(marker(), this);
        } finally {
            if (isDriven()) {
                outcome = ENDED;
            } else {
                tell(ENDED);
            }
        }
    }

    /** Called by {@link StackMarker}. */
    @Override
    public void run() {
        task().runBody();
    }

    @Override
    public void suspend() {
        StackRoom.check();
        if (isDriven()) {
            if (!leave(SUSPENDED)) {
                throw pinned();
            }
        } else {
            suspendWithoutDriver();
        }
        checkRoom();
    }

    /**
     * Suspends a body that the pool runs without asking. What is told can't be taken back, so before that it yields
     * once, which shows whether it can be left here, and may bring it back to a driver.
     */
    private void suspendWithoutDriver() {
        if (!VirtualThreads.tryYield(thread)) {
            throw pinned();
        }
        if (isDriven()) {
            if (!leave(SUSPENDED)) {
                throw pinned();
            }
        } else {
            tell(SUSPENDED);
            if (parkUntilResumed()) {
                LockSupport.unpark(thread);
            }
        }
    }

    /**
     * Whether the body runs on the stack of its driver. This does not ask {@code Thread.currentCarrierThread}: the
     * compiler takes that for something that can't change in a method, and moves it out of a loop in which the body
     * suspends.
     */
    private boolean isDriven() {
        return VirtualThreads.carrier(thread) == driver;
    }

    /** Goes back to the driver, with an outcome, until it is run again. False if it is pinned; nothing has happened. */
    private boolean leave(int with) {
        outcome = with;
        boolean left = false;
        try {
            left = VirtualThreads.tryUnmount(thread);
        } finally {
            if (!left) {
                outcome = NONE;
            }
        }
        if (left && (int) OUTCOME.getAcquire(this) != NONE) { // the pool runs it for no reason
            parkUntilResumed();
            LockSupport.unpark(thread); // the reason was a permit, which the body still is to have
        }
        return left;
    }

    /**
     * Parks until there is no outcome. It is known that the body can be left here, so a failure is for want of memory.
     *
     * @return whether the pool has run it for no reason
     */
    private boolean parkUntilResumed() {
        boolean inVain = false;
        for (int tries = 0; (int) OUTCOME.getVolatile(this) != NONE; tries++) {
            inVain = tries > 0;
            try {
                VirtualThreads.tryUnmount(thread);
            } catch (StackOverflowError | OutOfMemoryError e) {
                Thread.onSpinWait();
            }
        }
        return inVain;
    }

    /** Says to the resumer, or the body that resumes, what a driver would say. */
    private void tell(int with) {
        Executor from = (Executor) POOL.getAcquire(this);
        CarriedFlow resumer = from == null ? null : caller; // a driver that waits goes on by itself
        if (resumer != null) {
            caller = null;
        }
        OUTCOME.setVolatile(this, with | WITHOUT_DRIVER);
        if (resumer == null) {
            tellResumer();
        } else {
            resumer.usePool(from);
            resumer.wake();
            resumer.goOn();
        }
    }

    /** Has a helper go on if the driver has too little stack. In a pool it has enough. */
    private void checkRoom() {
        if (pool == null && isDriven() && !hasMuchRoom()) {
            try {
                leave(NO_ROOM);
            } catch (StackOverflowError | OutOfMemoryError e) {
                return; // it has been resumed, so it goes on where it is
            }
        }
    }

    private boolean hasMuchRoom() {
        return JavaThreads.knowsRoom() ? JavaThreads.roomBelowEntry(driver) >= LEAST_ROOM : StackRoom.hasMuch();
    }

    private static IllegalStateException pinned() {
        return new IllegalStateException("this body can't suspend here: below it are frames that the portable engine"
                + " can't switch away from, a callback of native code or the initialiser of a class; a native engine"
                + " can suspend there, see dev.fringe.backend");
    }

    /** It has just been resumed, so it could be frozen, and that it can't be with a frame of native code. */
    @Override
    public boolean canUnwind() {
        return true;
    }

    @Override
    public boolean isKnownToUnwind() {
        return true;
    }

    @Override
    public String toString() {
        return "CarriedFlow[" + thread + ", outcome " + outcome + ", driver " + driver + ", pool " + pool + ", turn " + turn
                + ", runnable " + runnable + ", done " + done + ", waiter " + waiter + ", resumes " + (callee != null)
                + ", resumed by a body " + (caller != null) + "]";
    }
}
