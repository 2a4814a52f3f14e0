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

    /** How often a body without room on its stack tries to find out what it has been resumed for. */
    private static final int RECEIVE_ATTEMPTS = 1000;

    /** What is done around each stretch of the body; null if that is nothing. */
    final Stretch stretch;
    /** Null when it has ended. */
    Generator.Body<I, O> body;

    /** What one side of a switch leaves for the other: this at first, which is young then, and others later. */
    public Transfer transfer = this;
    int order;
    boolean started;
    /** How often the body has tried to suspend while it was unwound. */
    int attempts;
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
            if (order != GO_ON) {
                throw sneak(ordered());
            }
            body.run(this, (I) input);
        } catch (Throwable t) {
            failure = order == UNWIND ? Closing.failure(t, unwinding) : t;
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
        if (order != GO_ON) {
            throw suspendWhileClosing();
        }
        transfer.value = output;
        return switchOut(flow);
    }

    /** {@link #suspend} with the output of a relay, which no frame on the body's stack is to refer to meanwhile. */
    public void suspend(BodyAdapter<?, O> ahead) {
        if (order != GO_ON) {
            throw suspendWhileClosing();
        }
        transfer.value = ahead.output();
        switchOut(flow);
    }

    @SuppressWarnings("unchecked") // the generator has the same type arguments
    private I switchOut(Flow flow) {
        transfer.outcome = YIELDED;
        try {
            leaveStretch();
            flow.suspend();
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            stayInStretch();
            throw t;
        }
        enterStretch();
        if (order != GO_ON) {
            Throwable received = null;
            while (true) { // see receive(): there may be no room for the call of a method
                try {
                    if (received == null) {
                        received = receive();
                    }
                    throw sneak(received);
                } catch (Throwable t) {
                    if (t == received) {
                        throw t;
                    }
                }
            }
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
     * What the body was resumed for, if not to go on. There may be no room on its stack to find out; an error that
     * left the body's frames would then end the virtual machine, if there is a callback of native code among them.
     * So it is tried again, and so does what calls this.
     *
     * <p>That ends. The first overflow opens HotSpot's yellow zone to the frames near the end, if it was not open, and
     * it stays so until they have returned; the rest of the stack is as it was at the suspension, as nothing but this
     * body runs there. So there is at least the room that the suspension took from the same frame, all the way down to
     * the switch. What is called here without catching takes two or three small frames, and what needs more
     * ({@link Flow#canUnwind}) counts as a no if there is no room or memory for it. Should that be wrong, as with code
     * that has been compiled otherwise meanwhile, then the body is given up after {@value #RECEIVE_ATTEMPTS} attempts,
     * by the call that it has come back from.
     */
    private Throwable receive() {
        int failed = 0;
        while (true) {
            try {
                if (failed < RECEIVE_ATTEMPTS) {
                    return ordered();
                }
                transfer.value = null;
                transfer.outcome = STUCK;
                flow.suspend();
            } catch (Throwable t) {
                failed++;
            }
        }
    }

    private Throwable ordered() {
        if (order == UNWIND) {
            if (mayNotBeUnwound()) {
                beStuck();
            }
            transfer.value = null;
            return unwinding;
        }
        transfer.value = null;
        order = GO_ON;
        Throwable exception = thrown;
        thrown = null;
        return exception;
    }

    /** Whether an exception must not pass the frames of the body; also if that can't be found out. */
    private boolean mayNotBeUnwound() {
        try {
            return !flow.canUnwind();
        } catch (Throwable t) { // no room, or no memory
            return true;
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
        if (order != GO_ON) {
            throw suspendWhileClosing();
        }
        if (inner.owner != null && inner.owner != flow.thread()) {
            throw inner.wrongThread("delegated to it");
        }
        Delegation made = new Delegation(self(), inner, (Function<Object, ?>) (Function<?, ?>) mapping, first, way);
        delegation = made;
        transfer.value = null;
        transfer.outcome = DELEGATING;
        try {
            leaveStretch();
            flow.suspend();
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            delegation = null;
            stayInStretch();
            throw t;
        }
        enterStretch();
        if (order == UNWIND) {
            unwindDelegate(inner, made.iterates);
        }
        delegation = null;
        if (order != GO_ON) {
            Throwable received = null;
            while (true) { // see receive(): there may be no room for the call of a method
                try {
                    if (received == null) {
                        received = receive();
                    }
                    throw sneak(received);
                } catch (Throwable t) {
                    if (t == received) {
                        throw t;
                    }
                }
            }
        }
        transfer.value = null;
        return made.returned;
    }

    /** What the delegate throws then must not replace the unwinding of the body, and is reported nevertheless. */
    private void unwindDelegate(Coroutine<?, ?> inner, boolean iterates) {
        try {
            Delegation.giveBackTo(self(), self());
            if (!iterates && delegation != null) {
                inner.close(false);
            }
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
     * too often is left where it is, for ever.
     */
    private IllegalStateException suspendWhileClosing() {
        if (order == UNWIND && ++attempts >= UNWIND_ATTEMPTS) {
            beStuck();
        }
        if (mayNotBeUnwound()) { // what the body does while it is unwound has called native code, which has called back
            attempts = 0;
            beStuck();
        }
        return new IllegalStateException("this generator is being closed and can't suspend any more", unwinding);
    }

    /** Gives this body up: leaves it where it is. Does not return. */
    private void beStuck() {
        transfer.value = null;
        transfer.outcome = STUCK;
        try {
            leaveStretch();
        } catch (Throwable t) {
            transfer.outcome = STUCK;
        }
        Flow flow = this.flow;
        while (true) {
            try {
                flow.suspend();
            } catch (Throwable t) { // see receive()
                continue;
            }
        }
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
