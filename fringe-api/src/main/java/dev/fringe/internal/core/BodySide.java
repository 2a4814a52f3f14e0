// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Task;
import java.util.Objects;
import java.util.function.Function;

/**
 * One generator, as its body uses it: what runs on the body's stack. It is the body's yielder.
 *
 * <p>What a body may find when it has been resumed is an order: to go on, to throw, or to unwind. {@link ResumerSide} gives
 * them; what is a failure of a body that is unwound, is in {@link Closing}.
 */
public abstract sealed class BodySide<I, O> extends Lifecycle implements Yielder<I, O>, Task permits ResumerSide {

    /** What the body is told when it is resumed. */
    static final int GO_ON = 0;
    static final int UNWIND = 1;
    static final int THROW = 2;

    /** A body that goes on suspending while it is unwound is given up after this many attempts. */
    static final int UNWIND_ATTEMPTS = 100;

    /** Why a body can't be unwound. Numbers, because a class can't be initialised where there is no room. */
    static final int NONE = 0;
    static final int CALLBACK = 1;
    static final int ATTEMPTS = 2;
    static final int NO_ROOM = 3;
    static final int AWAY = 4;

    /** What is done around each stretch of the body; null if that is nothing. */
    final Stretch stretch;
    /** Null when it has ended. */
    Generator.Body<I, O> body;

    /** What one side of a switch leaves for the other: this at first, which is young then, and others later. */
    public Transfer transfer = this;
    int order;
    boolean started;
    /** Whether the body has nothing left to do but to tell its resumer. */
    private boolean ended;
    /** How often the body has tried to suspend while it was unwound. */
    int attempts;
    /** Whether it is known that an exception may pass the frames of the suspended body. */
    boolean unwindable;
    /** Why the body can't be unwound. */
    int obstacle;
    /** What the order to throw is about, until the body has received it. */
    Throwable thrown;
    /** What the body is unwound by; null if it is not. */
    Unwinding unwinding;
    /** What the body waits for in {@link #delegate(Coroutine, Function, Object, int)}; null if it does not. */
    Delegation delegation;
    /** What the body gives its resumer when it ends, if anything. */
    O last;

    BodySide(Generator.Body<I, O> body, Stretch stretch, Thread owner, Flow flow) {
        super(owner, flow);
        this.body = body;
        this.stretch = stretch;
    }

    /** This; there is no other class of both sides. */
    final Coroutine<I, O> self() {
        return (Coroutine<I, O>) this;
    }

    /** Called on the generator's own stack, once. */
    @Override
    @SuppressWarnings("unchecked") // the generator has the same type arguments
    public void runBody() {
        started = true;
        Object input = transfer.value;
        transfer.value = null;
        Throwable failure = null;
        Flow flow = this.flow;
        flow.forgetInterrupt();
        enterStretch();
        try {
            flow.enterBody();
            if (order == THROW) {
                order = GO_ON;
                Throwable first = thrown;
                thrown = null;
                throw sneak(first);
            }
            body.run(this, (I) input);
        } catch (Throwable t) {
            failure = t;
        }
        ended = true;
        if (delegation != null) { // there was no room where the body was unwound from
            unwindDelegate(delegation);
            delegation = null;
        }
        if (failure != null && order == UNWIND) {
            failure = Closing.failure(failure, unwinding);
        }
        transfer.value = failure;
        transfer.outcome = ENDED;
        leaveStretch();
        flow.leaveBody();
    }

    @Override
    public I suspend(O output) {
        Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional");
        Flow flow = this.flow;
        if (flow == null || !flow.isCurrent()) {
            throw wrongSuspend();
        }
        int outcome = order == GO_ON ? YIELDED : refuse();
        transfer.value = output;
        return this.<RuntimeException>switchOut(flow, outcome);
    }

    /** {@link #suspend} with the output of a relay, which no frame on the body's stack is to refer to meanwhile. */
    public void suspend(BodyAdapter<?, O> ahead) {
        int outcome = order == GO_ON ? YIELDED : refuse();
        transfer.value = ahead.output();
        this.<RuntimeException>switchOut(flow, outcome);
    }

    /**
     * Leaves the body, and receives what it is resumed for.
     *
     * <p>When it has been resumed there may be no room on its stack for the call of a method, because HotSpot has closed
     * the guard zone on the way back, and the compiled code which has come here may be replaced by interpreted code, whose
     * calls take more room. An order is then received without a call. So it is the resumer that finds out whether the
     * body may be unwound ({@link Flow#isKnownToUnwind}). If it can't, it has at least made sure that there is room for
     * the body to find out ({@link Flow#canBeAsked}).
     *
     * @param <X> lets any exception pass unchecked: the cast of one takes no call
     */
    @SuppressWarnings("unchecked") // the generator has the same type arguments
    private <X extends Throwable> I switchOut(Flow flow, int outcome) throws X {
        transfer.outcome = outcome;
        try {
            leaveStretch();
            flow.suspend();
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            stayInStretch();
            throw t;
        }
        if (stretch != null) {
            try {
                stretch.arrive();
            } catch (Throwable t) {
                // no room on the body's stack; what it was resumed for must not be lost
            }
        }
        if (order != GO_ON) {
            boolean asked = false;
            boolean left = false;
            while (order == UNWIND && !unwindable) {
                try {
                    if (!asked) {
                        asked = true;
                        obstacle = NO_ROOM;
                        unwindable = flow.canUnwind();
                        obstacle = unwindable ? NONE : CALLBACK;
                    } else { // is left where it is, and not resumed any more
                        transfer.value = null;
                        transfer.outcome = STUCK;
                        if (!left) {
                            left = true;
                            leaveStretch();
                        }
                        flow.suspend();
                    }
                } catch (Throwable t) {
                    // no room for that; if it was to find out, the body is given up
                }
            }
            transfer.value = null;
            Throwable received = unwinding;
            if (order == THROW) {
                order = GO_ON;
                received = thrown;
                thrown = null;
            }
            throw (X) received;
        }
        Transfer transfer = this.transfer;
        Object input = transfer.value;
        transfer.value = null;
        return (I) input;
    }

    @Override
    public boolean isClosing() {
        return order == UNWIND;
    }

    private void leaveStretch() {
        if (stretch != null) {
            stretch.leave();
        }
    }

    private void stayInStretch() {
        if (stretch != null) {
            stretch.stay();
        }
    }

    private void enterStretch() {
        if (stretch != null) {
            try {
                stretch.arrive();
            } catch (Throwable t) { // no room on the body's stack; the input must not be lost
                return;
            }
        }
    }

    /**
     * {@link #standIn} for this one's body.
     *
     * @return what the other has returned, for {@link Delegation#RETURNS}
     */
    @SuppressWarnings("unchecked") // the delegate suspends with what the mapping takes
    <P> Object delegate(Coroutine<? super I, ? extends P> inner, Function<P, O> mapping, Object first, int way) {
        Flow flow = this.flow;
        if (flow == null || !flow.isCurrent()) {
            throw wrongSuspend();
        }
        int outcome = order == GO_ON ? DELEGATING : refuse();
        if (inner.owner != null && inner.owner != flow.thread()) {
            throw inner.wrongThread("delegated to it");
        }
        Delegation made = new Delegation(self(), inner, (Function<Object, ?>) (Function<?, ?>) mapping, first, way);
        delegation = outcome == DELEGATING ? made : null; // one that is refused does not begin
        transfer.value = null;
        try {
            this.<RuntimeException>switchOut(flow, outcome);
        } catch (Throwable t) {
            try {
                if (order == UNWIND && delegation != null) {
                    unwindDelegate(made);
                }
                delegation = null;
            } catch (Throwable noRoom) {
                // it is done at the end of the body
            }
            throw t;
        }
        delegation = null;
        return made.returned;
    }

    /**
     * What the delegate throws then must not replace the unwinding of the body, and is reported nevertheless.
     *
     * @throws StackOverflowError if there is no room for it, so that the delegate has not ended; not if the body has
     */
    private void unwindDelegate(Delegation made) {
        try {
            Delegation.giveBackTo(self(), self());
            if (!made.iterates && delegation != null) {
                made.inner.close(false);
            }
        } catch (StackOverflowError e) {
            int now = made.inner.state;
            if (!ended && now != FINISHED && now != CLOSED) {
                throw e;
            }
            note(e);
        } catch (Throwable t) {
            note(t);
        }
    }

    private void note(Throwable suppressed) {
        try {
            unwinding.addSuppressed(suppressed);
        } catch (Throwable t) { // no room, or no memory
            return;
        }
    }

    /** Called by the body at its end: gives its resumer one more value, which need not be resumed for. */
    void last(O output) {
        last = output;
    }

    /**
     * Each attempt to suspend fails, which unwinds the body from there once more. One that swallows that
     * too often is left where it is, for ever, by a switch to which there is no way back. The caller makes it, as it
     * has the room that it had for the first one. If there is no room or memory to find out, that is what fails.
     *
     * @return {@link #STUCK}
     */
    private int refuse() {
        if (order == UNWIND && ++attempts >= UNWIND_ATTEMPTS) {
            obstacle = ATTEMPTS;
            return STUCK;
        }
        if (flow.canUnwind()) {
            throw new IllegalStateException("this generator is being closed and can't suspend any more", unwinding);
        }
        obstacle = CALLBACK; // what the body does while it is unwound has called native code, which has called back
        return STUCK;
    }

    private IllegalStateException wrongSuspend() {
        return new IllegalStateException(switch ((int) STATE.getAcquire(this)) {
            case RUNNING -> "only the body of a generator may suspend it, on the generator's own thread; "
                    + Thread.currentThread() + " tried, which is another thread or another generator's body";
            case SUSPENDED, LENT -> "this generator is suspended already; " + Thread.currentThread()
                    + " used its yielder from outside of the body";
            default -> "this generator has ended, and its yielder can't be used any more";
        });
    }

    @SuppressWarnings("unchecked") // nothing is cast: the type of a thrown exception is not checked
    public static <X extends Throwable> X sneak(Throwable t) throws X {
        throw (X) t;
    }
}
