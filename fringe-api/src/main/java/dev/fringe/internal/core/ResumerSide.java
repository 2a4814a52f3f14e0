// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.Inspectable;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.support.BargingLock;

/**
 * One generator, as what resumes it or closes it uses it: what runs on the resumer's stack. Generators that run in place
 * of it are in {@link Delegation}.
 */
public abstract sealed class ResumerSide<I, O> extends BodySide<I, O> implements Inspectable permits Coroutine {

    /** What the resumer wants. */
    private static final int RESUME = 0;
    private static final int PEEK = 1;
    private static final int RAISE = 2;
    private static final int CARRY = 3;
    private static final int BUFFERED = 4;
    private static final int CLOSE = 5;
    /** To close a generator that is unreachable, so that no thread owns it any more. */
    private static final int ABANDON = 6;

    static final String FETCHED_BEFORE_THROWN = "hasNext() or peek() has fetched a value that has not been taken, so the"
            + " body is past the point to throw into; take the value first";

    /** Guards a stack that is given back. For all: it is seldom, and short. */
    private static final BargingLock UNWRAPPING = new BargingLock();

    /** Guards {@link #last} when the body has ended, if any thread may resume; else null. */
    private final BargingLock ending;
    /** Whether it runs on a stack of the caller's. */
    final boolean given;
    /** The caller's stack, until it has been given back; null if there is none. */
    private Stack stack;
    /** Through what it is resumed, if another's body has delegated to it. */
    Delegation borrowed;
    /** If no other's body has: the generator whose body is to run when this one is resumed. */
    Coroutine<?, ?> innermost = self();
    /** The generator, until there is a reference to watch it by, or none is needed. See {@link Coroutine#watch}. */
    Object unwatched;

    ResumerSide(Generator.Body<I, O> body, Stretch stretch, Stack stack, Thread owner, Flow flow) {
        super(body, stretch, owner, flow);
        this.stack = stack;
        given = stack != null;
        ending = owner == null ? new BargingLock() : null;
    }

    /** Runs the body until it suspends or ends; null if it has ended. */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    public O resume(I input) {
        return (O) access(RESUME, input, 0);
    }

    /** What the next {@link #resume} is to give, which is not taken; the body is run if that needs a switch. */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    public O peek() {
        return isFetched() ? (O) transfer.value : (O) access(PEEK, null, 0);
    }

    /** Whether an interrupt of the resumer, or a time limit, reaches the body. */
    public boolean isInterruptible() {
        return stretch != null && stretch.interrupts();
    }

    /** {@link #resume} with null, for iteration: what has been fetched is taken without entering. */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    public O next() {
        if (isFetched()) {
            return (O) takeFetched();
        }
        return (O) access(RESUME, null, 0);
    }

    /** Whether the calling thread is the only one that may resume, and there is a value that needs no switch. */
    boolean isFetched() {
        return owner == Thread.currentThread() && transfer.outcome == FETCHED && state == SUSPENDED;
    }

    /** Raises an exception where the body is suspended, and runs it until it suspends or ends. */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    public O throwInto(Throwable exception) {
        return (O) access(RAISE, exception, 0);
    }

    /** {@link #resume} of a body that gets its inputs through a cell. */
    Object resume(LongCell cell, long input) {
        return access(CARRY, cell, input);
    }

    /** {@link #peek} of a body that gets its inputs through a cell. */
    Object peek(LongCell cell) {
        return isFetched() ? transfer.value : access(BUFFERED, cell, 1);
    }

    /** {@link #resume}, or {@link #peek}, of a body that runs ahead of several threads. */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    public O resume(BodyAdapter<?, ?> buffer, boolean keep) {
        return (O) access(BUFFERED, buffer, keep ? 1 : 0);
    }

    /**
     * The one way in, and out if nothing has happened: what fails before the switch is undone here, without a call.
     *
     * @param argument the input, or what the operation is about
     * @param number the input that a cell is to carry
     */
    private Object access(int operation, Object argument, long number) {
        if (operation < CLOSE ? !enter() : !enterToClose(operation == ABANDON)) {
            return afterEnd(operation == BUFFERED && number != 0 ? PEEK : operation, argument);
        }
        try {
            return switch (operation) {
                case RESUME -> proceed(argument, false);
                case PEEK -> proceed(null, true);
                case CARRY -> {
                    if (transfer.outcome == YIELDED) { // else there may be a value to take, and no body to give one to
                        ((LongCell) argument).value = number;
                    } else if (transfer.outcome == DELEGATING) { // the delegate's body looks into this cell
                        ((LongCell) argument).value = number;
                        yield proceed(argument, false);
                    }
                    yield proceed(null, false);
                }
                case BUFFERED -> ((BodyAdapter<?, ?>) argument).takeEntered(self(), number != 0);
                case RAISE -> proceedWith((Throwable) argument);
                default -> unwind(operation == ABANDON);
            };
        } catch (Throwable t) {
            if (entered) {
                state = SUSPENDED;
            }
            throw t;
        }
    }

    /**
     * Runs the body. What is called after the switch may find no room on the resumer's stack: either it is not
     * missed, or it is left to the next that enters.
     *
     * @param keep whether what comes out is to be kept for the next {@code resume}
     */
    public Object proceed(Object input, boolean keep) {
        if (transfer.outcome != YIELDED) {
            return arrive(input, null, keep);
        }
        Transfer transfer = nextTransfer();
        transfer.value = input;
        switchToBody();
        if (transfer.outcome != YIELDED) {
            entered = true;
            return arrive(null, null, keep);
        }
        Object result = transfer.value;
        if (keep) {
            transfer.outcome = FETCHED;
        } else {
            transfer.value = null;
        }
        try {
            leave(SUSPENDED);
        } catch (StackOverflowError e) {
            state = SUSPENDED;
        }
        return result;
    }

    /** What is to be done if the body does not wait for an input. */
    private Object arrive(Object input, Throwable exception, boolean keep) {
        if (transfer.outcome != FETCHED) {
            return Delegation.run(self(), input, exception, keep);
        }
        Object result = transfer.value;
        if (!keep) {
            transfer.value = null;
            transfer.outcome = delegation == null ? YIELDED : DELEGATING;
        }
        try {
            leave(SUSPENDED);
        } catch (StackOverflowError e) {
            state = SUSPENDED;
        }
        return result;
    }

    /** Whether the body waits for an input, and there is no value that has been fetched. */
    public boolean waitsForInput() {
        return transfer.outcome == YIELDED;
    }

    /**
     * Takes back what has come out but could not be given to the resumer, as if it had been fetched only. (If another
     * thread has resumed a shared one meanwhile, there is no place for it any more.)
     */
    public void giveBack(O output) {
        if (output == null) {
            return;
        }
        if (owner != null ? state == SUSPENDED : tryEnter()) { // called by the owner, after it has entered
            if (transfer.outcome == YIELDED || transfer.outcome == DELEGATING) {
                transfer.value = output;
                transfer.outcome = FETCHED;
            }
            leave(SUSPENDED);
        } else if (state == FINISHED) {
            if (ending != null) {
                ending.lock();
            }
            try {
                last = last == null ? output : last;
            } finally {
                if (ending != null) {
                    ending.held = 0;
                }
            }
        }
    }

    /** Takes what has been fetched. */
    Object takeFetched() {
        Object result = transfer.value;
        transfer.value = null;
        transfer.outcome = delegation == null ? YIELDED : DELEGATING;
        return result;
    }

    private Object proceedWith(Throwable exception) {
        if (transfer.outcome == FETCHED) {
            throw new IllegalStateException(FETCHED_BEFORE_THROWN);
        }
        if (transfer.outcome != YIELDED) {
            boolean ended = transfer.outcome == ENDED;
            Object output = Delegation.run(self(), null, exception, false);
            if (ended) {
                throw sneak(exception); // there was no body to catch it
            }
            return output;
        }
        order(exception);
        try {
            return proceed(null, false);
        } catch (Throwable t) {
            if (thrown == exception) { // the switch has not happened
                order = GO_ON;
                thrown = null;
            }
            throw t;
        }
    }

    private void order(Throwable exception) {
        if (order == THROW && thrown != exception) { // of a delegate that has ended
            exception.addSuppressed(thrown);
        }
        order = THROW;
        thrown = exception;
    }

    /** Switches to the body, on behalf of what has entered, with an input or an exception. */
    void switchWith(Object input, Throwable exception) {
        int orderBefore = order;
        Throwable thrownBefore = thrown;
        if (exception != null) {
            order(exception);
        }
        try {
            Transfer transfer = nextTransfer();
            transfer.value = input;
            switchToBody();
        } catch (Throwable t) {
            order = orderBefore;
            thrown = thrownBefore;
            throw t;
        }
    }

    /** What the body is resumed with, as a delegate, by what has no input for it. */
    Object noInput() {
        return body instanceof LongCell ? LongCell.NOTHING : null;
    }

    /** What {@link Delegation#run} does when the body of the generator that was entered has ended. */
    Object leaveEnded(boolean keep) {
        Throwable failure = (Throwable) transfer.value;
        O result = last;
        if (keep) {
            finish(failure, FINISHED);
        } else {
            finishWithoutLast(failure);
        }
        if (failure != null) {
            throw sneak(failure);
        }
        return result;
    }

    /** {@link #finish} by one who has what the body gave when it ended: nobody else finds it. */
    void finishWithoutLast(Throwable failure) {
        O taken = last;
        last = null;
        try {
            finish(failure, FINISHED);
        } catch (Throwable t) {
            last = taken;
            throw t;
        }
    }

    /** What an operation on a generator gives whose body has ended. */
    private Object afterEnd(int operation, Object argument) {
        if (owner != null) {
            return ended(operation, argument);
        }
        ending.lock(); // or one could find neither the last value nor that it has been discarded by closing
        try {
            if (state == CLOSED && operation < CLOSE) {
                throw closed();
            }
            return ended(operation, argument);
        } finally {
            ending.held = 0;
        }
    }

    private Object ended(int operation, Object argument) {
        if (operation == RAISE) {
            if (last != null) {
                throw new IllegalStateException(FETCHED_BEFORE_THROWN);
            }
            throw sneak((Throwable) argument); // there is no body to catch it
        }
        Object value = last;
        if (value == null || operation == PEEK) {
            return value;
        }
        if (operation >= CLOSE) { // one rule for all values that were fetched and not taken: they are discarded
            leave(CLOSED);
            last = null;
            return null;
        }
        last = null;
        return value;
    }

    /** What the body has given when it ended, if that was fetched and has not been taken. */
    Object takeLast() {
        if (ending != null) {
            ending.lock();
        }
        try {
            Object result = last;
            last = null;
            return result;
        } finally {
            if (ending != null) {
                ending.held = 0;
            }
        }
    }

    /** The transfer for the next switch. */
    private Transfer nextTransfer() {
        Transfer current = transfer;
        return --current.left > 0 ? current : replaceTransfer(current);
    }

    private Transfer replaceTransfer(Transfer worn) {
        try {
            Transfer next = new Transfer();
            next.outcome = worn.outcome;
            transfer = next;
        } catch (OutOfMemoryError e) { // the old one does as well
            worn.left = SWITCHES;
        }
        return transfer;
    }

    private void switchToBody() {
        Object begun;
        Flow flow = this.flow;
        try {
            if (!flow.hasRoom()) {
                throw new StackOverflowError();
            }
            if (stack instanceof SliceStack slice) {
                slice.limit(); // throws if the memory is gone
            }
            begun = Events.resuming();
            if (ThreadNames.ENABLED) {
                ThreadNames.resumed(flow.thread(), name());
            }
            if (stretch != null) {
                stretch.enter(flow);
            }
            entered = false;
            flow.resume();
        } catch (Throwable t) { // or no room on the resumer's stack; the switch has not happened
            entered = true;
            if (transfer.outcome != FETCHED) {
                transfer.value = null;
            }
            if (stretch != null) {
                stretch.undo();
            }
            throw t;
        }
        try {
            if (stretch != null) {
                stretch.exit();
            }
            if (begun != null || ThreadNames.ENABLED) {
                tellResumed(begun);
            }
        } catch (Throwable t) { // no room on the resumer's stack, or no memory; the value must not be lost
            return;
        }
    }

    private void tellResumed(Object begun) {
        if (begun != null) {
            Events.resumed(begun, name(), flow.thread());
        }
        if (ThreadNames.ENABLED && transfer.outcome == YIELDED) {
            ThreadNames.suspended(flow.thread(), name());
        }
    }

    /**
     * The body has ended: gives up its stack, and says so. Does all of it, or throws before it has begun.
     *
     * @return {@code failure}
     */
    Throwable finish(Throwable failure, int next) {
        // Here and not by the caller: if there is no room for this call, nothing has happened, and it is made by the next
        // that enters.
        entered = false;
        Flow free = flow;
        transfer.value = null;
        try {
            if (failure != null) {
                Backtraces.splice(failure, self(), free);
            }
            if (next == FINISHED) {
                Events.finished(name(), free.thread(), failure);
            }
            if (body instanceof BodyAdapter<?, ?> relay) {
                relay.discard();
            }
        } catch (Throwable t) { // no room on the resumer's stack, or no memory
            // the trace stays as it is, and no listener is told; what follows must happen
        }
        unwatched = null;
        body = null;
        resumer = null;
        if (!given) {
            flow = null;
        }
        try {
            leave(next);
        } catch (Throwable t) {
            state = next;
        }
        if (!given) {
            try {
                free.retire();
            } catch (Throwable t) {
                free.lost = free.leased;
            }
        }
        return failure;
    }

    // ---- the end ----------------------------------------------------------------------------------

    /**
     * Unwinds the body if it is suspended, and frees the stack.
     *
     * @param abandoned whether the generator is unreachable, so that no thread owns it any more
     */
    public void close(boolean abandoned) {
        access(abandoned ? ABANDON : CLOSE, null, 0);
        if (given) {
            releaseStack();
        }
    }

    private Object unwind(boolean abandoned) {
        Events.closed(name(), flow.thread(), abandoned);
        if (!started) {
            finish(null, CLOSED);
            return null;
        }
        boolean suspended = transfer.outcome != ENDED && transfer.outcome != STUCK;
        boolean outOfReach = suspended && isOutOfReach();
        if (suspended && !outOfReach) {
            if (unwinding == null) {
                unwinding = Unwinding.make();
            }
            if (thrown != null) { // by a delegate that has ended, and the body has not been told
                unwinding.addSuppressed(thrown);
            }
            int orderBefore = order;
            order = UNWIND;
            try {
                switchToBody();
            } catch (Throwable t) {
                order = orderBefore;
                throw t;
            }
            entered = true;
        }
        if (outOfReach || transfer.outcome == STUCK) {
            throw giveUp();
        }
        Throwable failure = (Throwable) transfer.value;
        finish(failure, CLOSED);
        if (failure != null) {
            closeStackOf(failure);
            throw sneak(failure);
        }
        return null;
    }

    /** Whether the body can't be unwound here, and can't even be resumed to find that out. */
    private boolean isOutOfReach() {
        boolean away = !flow.canResumeHere();
        unwindable = !away && flow.isKnownToUnwind();
        obstacle = away ? AWAY : unwindable || flow.canBeAsked() ? NONE : NO_ROOM;
        return obstacle != NONE;
    }

    private void closeStackOf(Throwable failure) {
        if (given) {
            try {
                releaseStack();
            } catch (Throwable t) { // the stack stays until close() is called again
                failure.addSuppressed(t);
            }
        }
    }

    /** Keeps the stack of a body that can't be unwound. */
    IllegalStateException giveUp() {
        Flow kept = flow;
        transfer.value = null;
        transfer.outcome = STUCK;
        flow = null; // nothing may use it any more, whatever fails from here on
        stack = null;
        unwatched = null;
        entered = false;
        state = CLOSED;
        if (body instanceof BodyAdapter<?, ?> relay) {
            relay.discard();
        }
        kept.keep();
        IllegalStateException why = new IllegalStateException("the body of this generator could not be unwound: " + switch (obstacle) {
            case AWAY -> "it is suspended below frames of native code (a callback, or a class initialiser) that can only"
                    + " go on in the thread which it is confined to";
            case ATTEMPTS -> "it caught what close() raised and tried to suspend " + UNWIND_ATTEMPTS + " times";
            case NO_ROOM -> "it is suspended so near the end of its stack, or of memory, that it can't be found out whether"
                    + " that is in a callback of native code, which no exception may leave";
            default -> "it is suspended in a callback of native code, which no exception may leave";
        } + "; its stack is kept until the process ends");
        closeDelegate(why);
        return why;
    }

    /** What the body has delegated to is closed here, as the body does not do it. */
    private void closeDelegate(IllegalStateException why) {
        Delegation left = delegation;
        if (left != null) {
            try {
                Delegation.giveBackTo(self(), self());
                delegation = null;
                if (!left.iterates) {
                    left.inner.close(true);
                }
            } catch (Throwable t) {
                why.addSuppressed(t);
            }
        }
    }

    /**
     * Frees a stack that does not come from the engine; does nothing if that has been done. Several threads may do so
     * at once: each waits until it is done, and for none of the others.
     *
     * @return whether it is free; it will be some time later if not
     */
    boolean releaseStack() {
        Flow used = flow;
        if (!given || used == null) {
            return true;
        }
        if (!used.destroy()) {
            return false;
        }
        flow = null;
        return true;
    }

    /** Gives back the stack that this coroutine was made with, once its body has ended. */
    public Stack unwrap() {
        if (owner != null && owner != Thread.currentThread() && owner.isAlive()) {
            throw wrongThread("unwrapped it");
        }
        int now = (int) STATE.getAcquire(this);
        if (now != FINISHED && now != CLOSED) {
            throw new IllegalStateException("the body of this generator has not ended, so its stack is in use;"
                    + " resume it to its end, or close it");
        }
        if (!given) {
            throw new IllegalStateException("this generator runs on a stack of the library's, not on one it was given");
        }
        if (stack != null && !releaseStack()) {
            throw new IllegalStateException("the stack of this generator can't be given back yet: its thread can't end,"
                    + " because another thread holds the monitor of its Thread object, or its body has left a scope with"
                    + " running threads open; try again later");
        }
        Stack result = takeStack();
        if (result == null) {
            throw new IllegalStateException(transfer.outcome == STUCK
                    ? "the body of this generator could not be unwound, so its stack stays in use"
                    : "the stack of this generator has been given back already");
        }
        return result;
    }

    private Stack takeStack() {
        UNWRAPPING.lock();
        try {
            Stack result = stack;
            stack = null;
            return result;
        } finally {
            UNWRAPPING.held = 0;
        }
    }
}
