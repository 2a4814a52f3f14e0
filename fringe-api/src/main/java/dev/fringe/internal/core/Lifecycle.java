// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The states of a generator, and who may change them.
 *
 * <p>A generator has two sides: the <i>resumer</i>, a thread that calls {@code resume} and what else {@link
 * Coroutine} offers, and the <i>body</i>, which runs on a stack of its own. Exactly one of them runs at a time.
 * {@code state} says whether a resumer may begin, and it is the resumer that sets it, never the body:
 *
 * <pre>
 *                    enter                         the body has ended
 *   SUSPENDED ------------------------> RUNNING ------------------------> FINISHED
 *     |  ^  ^                            |   |
 *     |  |  +----------------------------+   |  close() has unwound the body,
 *     |  |     the body has suspended,       |  or found that it had not started
 *     |  |     or nothing has happened       +------------------------------> CLOSED
 *     |  |
 *     |  | the body that delegates is unwound, or goes on without it
 *     v  |
 *    LENT ---------------------------------------------------------------> FINISHED
 *                    the body has ended
 *   FINISHED -----------------------------------------------------------> CLOSED
 *                    close() has discarded a last value, which hasNext has fetched
 * </pre>
 *
 * <p>A generator is {@code LENT} while another's body has delegated to it and only that can resume it: it has
 * no resumer of its own, and is as suspended, or as running, as the generator at the other end of the chain.
 * {@link Delegation} tells which are lent.
 *
 * <table>
 * <caption>Who may do what in which state, and what others get</caption>
 * <tr><th></th><th>SUSPENDED</th><th>RUNNING</th><th>LENT</th><th>FINISHED</th><th>CLOSED</th></tr>
 * <tr><td>resume, throwInto, iterate: the owner; of a shared one any thread</td><td>enters</td>
 *     <td>IllegalStateException</td><td>IllegalStateException</td><td>empty, or throws what was to be thrown into it</td>
 *     <td>IllegalStateException</td></tr>
 * <tr><td>the same: its own body, or one that this has resumed</td><td>-</td><td>IllegalStateException</td>
 *     <td>IllegalStateException</td><td>-</td><td>-</td></tr>
 * <tr><td>the same: another thread, if it is confined</td><td colspan="5">WrongThreadException</td></tr>
 * <tr><td>close: the owner, any thread if it is shared, any if the owner has ended, the reaper</td>
 *     <td>enters, unwinds</td><td>IllegalStateException</td><td>IllegalStateException</td><td>nothing, or see above</td>
 *     <td>nothing</td></tr>
 * <tr><td>suspend, suspendAll: the body's thread</td><td>-</td><td>suspends</td><td>suspends</td><td>-</td><td>-</td></tr>
 * <tr><td>suspend, suspendAll: others</td><td colspan="5">IllegalStateException</td></tr>
 * <tr><td>diagnostics: any thread</td><td colspan="5">may be out of date when the answer arrives</td></tr>
 * </table>
 *
 * <p><b>Entering.</b> The owner of a confined generator enters by a plain look at {@code state}: no other thread
 * may change it from {@code SUSPENDED} while the owner lives, except the reaper, when nothing refers to the generator
 * any more. All others enter by compare-and-set. {@code SUSPENDED} is set again only when the switch <i>back</i>
 * has happened. A body that said so itself, before its switch, would let another thread onto a stack in use.
 *
 * <p><b>Memory ordering.</b> All other fields of the two sides are plain. Both sides of one switch are executed
 * by one kernel thread, and the switch is a native call that no compiler moves a memory access across. Two
 * resumptions of a shared generator by different threads are ordered by {@code state}: released by the one, acquired
 * by the other. That a thread is found to have ended orders what it did before what the finder does.
 *
 * <p><b>Rolling back.</b> An operation has happened, or has thrown and nothing has happened. What fails before the
 * switch, most of all for want of room on the resumer's stack, is undone by {@link ResumerSide}'s one method that
 * enters; and it is undone without a call, because there may be no room for one. {@code entered} tells it to.
 * What has to be done after the switch either is not missed if it fails, or is left to the next that enters, who
 * finds it in {@link Transfer#outcome}.
 */
public abstract class Lifecycle extends Transfer {

    public static final int SUSPENDED = 0;
    static final int RUNNING = 1;
    static final int FINISHED = 2;
    static final int CLOSED = 3;
    static final int LENT = 4;

    /** Threads that change meanwhile may seem to resume each other in a circle. */
    private static final int DEEPEST = 100_000;

    static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Lifecycle.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** The only thread that may resume, or null if any may. */
    final Thread owner;
    /** What the body runs on; null when it has ended, unless the caller's stack has not been given back. */
    Flow flow;
    /** Who has resumed a shared one, or closes one; for diagnostics. Null is the owner. */
    Thread resumer;
    /** Volatile for those that may have no room to call the methods of {@code STATE}. */
    public volatile int state;
    /** True between entry and a successful switch; on failure the method that entered restores {@code state}. */
    public boolean entered;

    Lifecycle(Thread owner, Flow flow) {
        this.owner = owner;
        this.flow = flow;
    }

    /** Whether this thread, and no other, has entered what was suspended. In one place, so that it is linked early. */
    final boolean tryEnter() {
        return STATE.compareAndSet(this, SUSPENDED, RUNNING);
    }

    /** Makes the calling thread the one that runs the body; false if the body has ended. */
    final boolean enter() {
        if (owner == null) {
            Thread current = Thread.currentThread();
            if (tryEnter()) {
                entered = true;
                if (resumer != current) { // storing a reference takes longer than looking
                    resumer = current;
                }
                return true;
            }
        } else if (owner == Thread.currentThread()) {
            if (state == SUSPENDED) {
                STATE.setOpaque(this, RUNNING);
                entered = true;
                return true;
            }
        } else {
            throw wrongThread("resumed it");
        }
        return refuse();
    }

    /**
     * The same for a body that delegates to this generator, which has been found to be its owner's.
     *
     * @param delegating the thread of that body
     */
    final boolean enterFor(Thread delegating) {
        if (tryEnter()) {
            if (owner == null) {
                resumer = delegating;
            }
            return true;
        }
        return refuse();
    }

    /** {@link #enter} in order to close; false if there is nothing to close. */
    final boolean enterToClose(boolean abandoned) {
        Thread current = Thread.currentThread();
        if (owner != null && owner != current && !abandoned && owner.isAlive()) {
            throw wrongThread("closed it");
        }
        if (state == SUSPENDED && tryEnter()) { // most have ended, and an atomic operation takes longer than a look
            entered = true;
            resumer = current;
            return true;
        }
        return switch ((int) STATE.getAcquire(this)) {
            case SUSPENDED -> enterToClose(abandoned); // another thread has suspended it meanwhile
            case RUNNING, LENT -> throw new IllegalStateException(isBody()
                    ? "this generator is running: its own body has closed it; let the body return instead"
                    : "this generator is running and can't be closed before its body suspends or ends");
            default -> false;
        };
    }

    /** After {@link #enter}: says what has become of it. */
    public final void leave(int next) {
        if (owner == null) {
            STATE.setRelease(this, next);
        } else {
            STATE.setOpaque(this, next);
        }
    }

    /** False if the body has ended; throws otherwise. */
    private boolean refuse() {
        return switch ((int) STATE.getAcquire(this)) {
            case FINISHED -> false;
            case CLOSED -> throw closed();
            default -> throw running("resumed");
        };
    }

    static IllegalStateException closed() {
        return new IllegalStateException("this generator has been closed");
    }

    private IllegalStateException running(String what) {
        return new IllegalStateException(isBody()
                ? "this generator is running: its own body has " + what + " it"
                : "this generator is running: it was resumed by another thread, or by the body of a generator"
                        + " that it has itself resumed, and has not suspended yet");
    }

    /** For the generator's own body, and those that it has resumed, it is running; for other threads it is taboo. */
    final RuntimeException wrongThread(String done) {
        Thread current = Thread.currentThread();
        if (isBody()) {
            return new IllegalStateException("this generator is running: its own body has " + done
                    + "; let the body suspend or return instead");
        }
        if (isResumedBy(current)) {
            return new IllegalStateException("this generator is running: " + current + " has " + done
                    + ", which is a body that it has resumed itself; it can be used when that has suspended");
        }
        return new WrongThreadException("this generator is confined to " + owner + ", and " + current + " " + done
                + (Engines.loaded().flowOf(current) == null
                        ? "; make it with Generator.ofShared to let any thread do so"
                        : ", which is the thread of a generator's body; make it in that body, or with"
                                + " Generator.ofShared"));
    }

    /** Whether a thread is that of a body which this one's body has resumed, or that has resumed it, and so on. */
    private boolean isResumedBy(Thread body) {
        Thread own = thread();
        Thread at = body;
        for (int i = 0; at != null && i < DEEPEST; i++) {
            Flow on = Engines.loaded().flowOf(at);
            at = on != null && on.task() instanceof Coroutine<?, ?> running ? running.resumer() : null;
            if (at != null && at == own) {
                return true;
            }
        }
        return false;
    }

    /** The state of the generator that a chain of delegations begins with, for one that is lent. */
    final int effectiveState() {
        Lifecycle at = this;
        int now = (int) STATE.getAcquire(at);
        while (now == LENT) {
            Lifecycle outer = at.borrower();
            if (outer == null) { // it has been given back just now
                return (int) STATE.getAcquire(this) == LENT ? RUNNING : effectiveState();
            }
            at = outer;
            now = (int) STATE.getAcquire(at);
        }
        return now;
    }

    /** Whether the body has been entered. */
    public abstract boolean hasStarted();

    /** The generator whose body has delegated to this one; null if there is none. */
    abstract Lifecycle borrower();

    final Generator.State publicState() {
        return switch (effectiveState()) {
            case SUSPENDED -> hasStarted() ? Generator.State.SUSPENDED : Generator.State.NEW;
            case RUNNING -> Generator.State.RUNNING;
            case FINISHED -> Generator.State.FINISHED;
            default -> Generator.State.CLOSED;
        };
    }

    /** Whether the body will never run again. */
    public final boolean hasEnded() {
        int now = (int) STATE.getAcquire(this);
        return now == FINISHED || now == CLOSED;
    }

    public final boolean isShared() {
        return owner == null;
    }

    /** The only thread that may resume, or null if any may. */
    public final Thread owner() {
        return owner;
    }

    /** What the body runs on; null when it has ended. */
    public final Flow flow() {
        return flow;
    }

    /** The body's thread; null when it has ended. */
    public final Thread thread() {
        Flow current = flow;
        return current == null || hasEnded() ? null : current.thread();
    }

    /** Whether this one's body calls. */
    private boolean isBody() {
        Flow current = flow;
        return current != null && current.isCurrent();
    }

    /** The thread that runs the body at the moment, or null. */
    public final Thread resumer() {
        int now = effectiveState();
        if (now != RUNNING) {
            return null;
        }
        Thread noted = resumer;
        return noted == null ? owner : noted;
    }
}
