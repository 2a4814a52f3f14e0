// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.testing;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.engine.Task;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A body on a thread of its own, as simple as can be, whose switches fail when a test says so. */
public final class FakeFlow extends Flow {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private final FakeEngine engine;
    private final String name = "fake-" + COUNT.incrementAndGet();
    private final Semaphore bodysTurn = new Semaphore(0);
    private final Semaphore resumersTurn = new Semaphore(0);
    private final Error assignment;
    private Thread thread;
    private volatile Task task;
    private boolean started;

    /** What the next {@link #resume} throws, or null. */
    private volatile Throwable nextResume;
    /** What the next {@link #suspend} throws, or null. */
    private volatile Throwable nextSuspend;
    /** What the next {@link #retire} throws, or null. */
    private volatile Error nextRetire;
    private volatile boolean room = true;
    private volatile boolean unwindable = true;
    private volatile boolean resumableHere = true;
    private final AtomicInteger resumed = new AtomicInteger();
    private final AtomicInteger retired = new AtomicInteger();
    private final AtomicInteger destroyed = new AtomicInteger();
    private final AtomicInteger kept = new AtomicInteger();

    FakeFlow(FakeEngine engine, Error assignment) {
        this.engine = engine;
        this.assignment = assignment;
    }

    // ---- what tests say and ask -------------------------------------------------------------------

    public void failNextResume(Throwable t) {
        nextResume = t;
    }

    public void failNextSuspend(Throwable t) {
        nextSuspend = t;
    }

    public void failNextRetire(Error e) {
        nextRetire = e;
    }

    public void setRoom(boolean has) {
        room = has;
    }

    public void setUnwindable(boolean is) {
        unwindable = is;
    }

    public void setResumableHere(boolean is) {
        resumableHere = is;
    }

    /** How often the body has been switched to. */
    public int resumed() {
        return resumed.get();
    }

    /** How often it has been retired, destroyed and kept, in this order, as one number of three digits. */
    public int fate() {
        return 100 * retired.get() + 10 * destroyed.get() + kept.get();
    }

    // ---- what the core calls ----------------------------------------------------------------------

    @Override
    public void assign(Task task, String name, ClassLoader contextClassLoader) {
        if (assignment != null) {
            throw assignment;
        }
        this.task = task;
        thread = Thread.ofPlatform().daemon().name(name == null ? this.name : name).unstarted(
                () -> StackMarker.run(0, () -> {
                    bodysTurn.acquireUninterruptibly();
                    task.runBody();
                    resumersTurn.release();
                }));
        engine.add(this);
    }

    @Override
    public boolean hasRoom() {
        return room;
    }

    @Override
    public void resume() {
        Throwable failure = nextResume;
        nextResume = null;
        fail(failure);
        resumed.incrementAndGet();
        if (!started) {
            started = true;
            thread.start();
        }
        bodysTurn.release();
        resumersTurn.acquireUninterruptibly();
    }

    @Override
    public void suspend() {
        Throwable failure = nextSuspend;
        nextSuspend = null;
        fail(failure);
        resumersTurn.release();
        bodysTurn.acquireUninterruptibly();
    }

    private static void fail(Throwable failure) {
        switch (failure) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new AssertionError(failure);
        }
    }

    @Override
    public boolean canResumeHere() {
        return resumableHere;
    }

    @Override
    public boolean canUnwind() {
        return unwindable;
    }

    @Override
    public void retire() {
        Error failure = nextRetire;
        nextRetire = null;
        fail(failure);
        retired.incrementAndGet();
        end();
    }

    @Override
    public boolean destroy() {
        destroyed.incrementAndGet();
        end();
        return true;
    }

    @Override
    public void keep() {
        kept.incrementAndGet();
        end();
    }

    private void end() {
        engine.remove(this);
        leased = false;
        task = null;
    }

    @Override
    public void enterBody() { }

    @Override
    public void leaveBody() { }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    @Override
    public Thread thread() {
        return thread;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Task task() {
        return task;
    }

    @Override
    public long stackSize() {
        return -1;
    }

    @Override
    public long stackUsed() {
        return -1;
    }

    @Override
    public int origin() {
        return 0;
    }
}
