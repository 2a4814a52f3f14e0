// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.Step;
import dev.fringe.Yielder;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.CreationSites;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.GeneratorInspector;
import dev.fringe.internal.diagnostics.Inspectable;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.internal.lifecycle.Reclaimable;
import dev.fringe.internal.lifecycle.Reclamation;
import dev.fringe.internal.lifecycle.UnreachableReference;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.function.Function;

/**
 * One generator: its body, its stack, and both sides of a switch. Its states, and what orders its fields, are in {@link
 * Lifecycle}; generators that run in place of it, in {@link Delegation}; what is a failure of a body that is
 * unwound, in {@link Closing}.
 *
 * <p>The body's stack refers to it (it is the body's yielder), the {@link Generator} refers to it, but it does not
 * refer to the generator: so a generator that no thread can resume any more is found to be unreachable although its
 * body is suspended.
 */
public final class Coroutine<I, O> extends Lifecycle implements Yielder<I, O>, Inspectable, Reclaimable {

    /** What the resumer wants. */
    private static final int RESUME = 0;
    private static final int PEEK = 1;
    private static final int RAISE = 2;
    private static final int CARRY = 3;
    private static final int BUFFERED = 4;
    private static final int CLOSE = 5;
    /** To close a generator that is unreachable, so that no thread owns it any more. */
    private static final int ABANDON = 6;

    /** What the body is told when it is resumed. */
    private static final int GO_ON = 0;
    private static final int UNWIND = 1;
    static final int THROW = 2;

    static final String FETCHED_BEFORE_THROWN = "hasNext() or peek() has fetched a value that has not been taken, so the"
            + " body is past the point to throw into; take the value first";

    /** A body that goes on suspending while it is unwound is given up after this many attempts. */
    static final int UNWIND_ATTEMPTS = 100;

    /** How often a body without room on its stack tries to find out what it has been resumed for. */
    private static final int RECEIVE_ATTEMPTS = 1000;

    /** Whether it runs on a stack of the caller's. */
    private final boolean given;
    private final boolean closedAtShutdown;
    private final String name;
    /** Where it was created, or null if it is not to be found out. */
    private final StackTraceElement site;
    private Generator.Body<I, O> body;
    /** The caller's stack, until it has been given back; null if there is none. */
    private Stack stack;
    /** What is done around each stretch of the body; null if that is nothing. */
    private final Stretch stretch;

    /** What one side of a switch leaves for the other: this at first, which is young then, and others later. */
    public Transfer transfer = this;
    int order;
    private boolean started;
    private int attempts;
    /** What the order to throw is about, until the body has received it. */
    Throwable thrown;
    /** What the body is unwound by; null if it is not. */
    private Unwinding unwinding;
    /** What the body waits for in {@link #delegate(Coroutine, Function, Object, boolean)}; null if it does not. */
    Delegation delegation;
    /** Through what it is resumed, if another's body has delegated to it. */
    Delegation borrowed;
    /** If no other's body has: the generator whose body is to run when this one is resumed. */
    Coroutine<?, ?> innermost = this;
    /** What the body gives its resumer when it ends, if anything. */
    O last;
    /** The generator, until there is a reference to watch it by, or none is needed. See {@link Reaper}. */
    private Object unwatched;
    /** What tells that the generator is unreachable; it has to be reachable itself. */
    private UnreachableReference watch;

    private Coroutine(Generator.Body<I, O> body, Options options, Thread creator, StackTraceElement site, Flow flow) {
        super(options.shared() ? null : creator, flow);
        this.body = body;
        this.site = site;
        name = options.name() != null || site == null ? options.name() : CreationSites.name(site);
        stack = options.stack();
        given = stack != null;
        closedAtShutdown = options.closedAtShutdown();
        stretch = Stretch.of(options);
    }

    /**
     * Makes a generator whose body has not started, and its coroutine. All that has to be called is called
     * before there are the two objects: a collector's write barriers are left out where a new object is
     * filled, but only up to the next call.
     *
     * @param maker makes the generator over its coroutine
     */
    public static <I, O, G> G make(Options options, Generator.Body<I, O> body, Function<Coroutine<I, O>, G> maker) {
        Objects.requireNonNull(body, "body");
        Engine engine = Startup.engine();
        if (options.stack() != null) {
            engine.require(Capability.GIVEN_STACK);
        } else if (options.stackSize() != Options.ANY_SIZE) {
            engine.require(Capability.STACK_SIZE);
        }
        StackTraceElement site = CreationSites.find();
        Thread creator = Thread.currentThread();
        Flow flow = Reclamation.make(() -> engine.create(options));
        try {
            Coroutine<I, O> coroutine = new Coroutine<>(body, options, creator, site, flow);
            G generator = maker.apply(coroutine);
            coroutine.begin(generator, creator);
            return generator;
        } catch (Throwable t) { // no memory, or no room on the caller's stack
            giveBack(flow, options.stack() != null);
            throw t;
        }
    }

    private void begin(Object generator, Thread creator) {
        if (given) {
            watch = new UnreachableReference(generator, this);
        } else {
            unwatched = generator;
        }
        Reaper.watchSoon();
        flow.assign(this, name, creator.getContextClassLoader());
        if (closedAtShutdown) {
            Reaper.watchShutdown(); // after it can be found
        }
        Events.created(this);
    }

    private static void giveBack(Flow flow, boolean given) {
        try {
            if (given) {
                flow.destroy();
            } else {
                flow.retire();
            }
        } catch (Throwable t) { // the engine will
            flow.lost = flow.leased;
        }
    }

    // ---- the side of the resumer ----------------------------------------------------------------

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
            return afterEnd(operation, argument);
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
                case BUFFERED -> ((BodyAdapter<?, ?>) argument).takeEntered(this, number != 0);
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
            return Delegation.run(this, input, exception, keep);
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
            synchronized (this) {
                last = last == null ? output : last;
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
            Object output = Delegation.run(this, null, exception, false);
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
        finish(failure, FINISHED);
        if (failure != null) {
            throw sneak(failure);
        }
        O result = last;
        if (!keep) {
            last = null;
        }
        return result;
    }

    /** What an operation on a generator gives whose body has ended. */
    private Object afterEnd(int operation, Object argument) {
        if (owner != null) {
            return ended(operation, argument);
        }
        synchronized (this) { // or one could find neither the last value nor that it has been discarded by closing
            if (state == CLOSED && operation < CLOSE) {
                throw closed();
            }
            return ended(operation, argument);
        }
    }

    private Object ended(int operation, Object argument) {
        if (operation == RAISE) {
            if (last != null) {
                throw new IllegalStateException(FETCHED_BEFORE_THROWN);
            }
            throw sneak((Throwable) argument); // there is no body to catch it
        }
        if (last == null) {
            return null;
        }
        if (operation >= CLOSE) {
            discardLast();
            return null;
        }
        return operation == PEEK ? last : takeLast();
    }

    /** Closes what has a last value to give: one rule for all values that were fetched and not taken. */
    private synchronized void discardLast() {
        if (takeLast() != null) { // else another thread has taken it just now
            leave(CLOSED);
        }
    }

    /** What the body has given when it ended, if that was fetched and has not been taken. */
    synchronized Object takeLast() {
        Object result = last;
        last = null;
        return result;
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
                Backtraces.splice(failure, this, free);
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

    @SuppressWarnings("unchecked") // nothing is cast: the type of a thrown exception is not checked
    public static <X extends Throwable> X sneak(Throwable t) throws X {
        throw (X) t;
    }

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
        boolean away = transfer.outcome != ENDED && !flow.canResumeHere();
        if (away) {
            transfer.outcome = STUCK;
        } else if (transfer.outcome != ENDED) {
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
        if (transfer.outcome == STUCK) {
            throw giveUp(away);
        }
        Throwable failure = (Throwable) transfer.value;
        finish(failure, CLOSED);
        if (failure != null) {
            closeStackOf(failure);
            throw sneak(failure);
        }
        return null;
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
    private IllegalStateException giveUp(boolean away) {
        Flow kept = flow;
        transfer.value = null;
        flow = null; // nothing may use it any more, whatever fails from here on
        stack = null;
        unwatched = null;
        entered = false;
        state = CLOSED;
        if (body instanceof BodyAdapter<?, ?> relay) {
            relay.discard();
        }
        kept.keep();
        return new IllegalStateException("the body of this generator could not be unwound: " + (away
                ? "it is suspended below frames of native code (a callback, or a class initialiser) that can only"
                        + " go on in the thread which it is confined to"
                : attempts == 0
                ? "it is suspended in a callback of native code, which no exception may leave"
                : "it caught what close() raised and tried to suspend " + UNWIND_ATTEMPTS + " times")
                + "; its stack is kept until the process ends");
    }

    /**
     * Frees a stack that does not come from the engine; does nothing if that has been done.
     *
     * @return whether it is free; it will be some time later if not
     */
    private synchronized boolean releaseStack() {
        if (given && flow != null && flow.destroy()) {
            flow = null;
        }
        return !given || flow == null;
    }

    /** Makes the reference that {@link Reaper} watches the generator by, if that has not been done. */
    @Override
    public void watch() {
        Object generator = unwatched;
        if (generator != null) {
            watch = new UnreachableReference(generator, this); // in vain if the body ends meanwhile, which does no harm
            unwatched = null;
        }
    }

    /** Whether freeing this coroutine takes running its body. */
    @Override
    public boolean hasFrames() {
        int now = state;
        return started && (now == SUSPENDED || now == LENT);
    }

    @Override
    public boolean isClosedAtShutdown() {
        return closedAtShutdown;
    }

    @Override
    public boolean isBlocked() {
        Thread body = state == RUNNING ? thread() : null;
        return body != null && switch (body.getState()) {
            case BLOCKED, WAITING, TIMED_WAITING -> true;
            case NEW, RUNNABLE, TERMINATED -> false;
        };
    }

    /** Gives back the stack that this coroutine was made with, once its body has ended. */
    public synchronized Stack unwrap() {
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
        if (stack == null) {
            throw new IllegalStateException(transfer.outcome == STUCK
                    ? "the body of this generator could not be unwound, so its stack stays in use"
                    : "the stack of this generator has been given back already");
        }
        if (!releaseStack()) {
            throw new IllegalStateException("the stack of this generator can't be given back yet: its thread can't end,"
                    + " because another thread holds the monitor of its Thread object, or its body has left a scope with"
                    + " running threads open; try again later");
        }
        Stack result = stack;
        stack = null;
        return result;
    }

    @Override
    public Generator.State state() {
        return publicState();
    }

    // ---- what diagnostics ask, from any thread ---------------------------------------------------

    /** The name of the generator, or of its stack if it has none. */
    @Override
    public String name() {
        Flow on = flow;
        return name != null || on == null ? name : on.name();
    }

    @Override
    public StackTraceElement site() {
        return site;
    }

    @Override
    public boolean hasStarted() {
        return started;
    }

    /** Whose body runs in place of this one's, or null. */
    @Override
    public Coroutine<?, ?> delegate() {
        Delegation current = delegation;
        return current == null ? null : current.inner;
    }

    @Override
    Coroutine<?, ?> borrower() {
        Delegation current = borrowed;
        return current == null ? null : current.outer;
    }

    /** Whose body waits in {@link #delegate(Coroutine, Function, Object, boolean)} for this one's, or null. */
    @Override
    public Coroutine<?, ?> delegating() {
        Thread by = owner != null ? owner : resumer; // what is confined to a generator's thread is its body's
        Flow on = by == null ? null : Engines.loaded().flowOf(by);
        return on != null && on.task() instanceof Coroutine<?, ?> outer && outer.delegate() == this ? outer : null;
    }

    /** The frames of the body and, if it runs, of those who have resumed it. */
    public StackTraceElement[] backtrace() {
        GeneratorInspector.link();
        return Backtraces.of(this);
    }

    // ---- the side of the body -------------------------------------------------------------------

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
     * Runs the body of another coroutine in place of that of {@code yielder} until it has ended: what resumes
     * that one switches straight to the other. Throws what the other throws.
     *
     * @param first what the other is resumed with first
     * @param iterates whether it stands in for a loop over the values of the other
     * @return false if nothing has happened, because {@code yielder} runs ahead
     */
    public static <I, O> boolean standIn(Coroutine<? super I, ? extends O> inner, Yielder<I, O> yielder, I first,
            boolean iterates) {
        if (yielder instanceof Coroutine<I, O> outer) {
            outer.delegate(inner, null, first, iterates ? Delegation.ITERATES : Delegation.STANDS_IN);
            return true;
        }
        return yielder instanceof StepBody.Wrapping<I, O, ?> wrapping && wrapping.delegate(inner, first, iterates);
    }

    /**
     * {@link #standIn} for a body that returns a value, which does not come out of {@code yielder}.
     *
     * @return what it has returned; null if nothing has happened, because {@code yielder} runs ahead
     */
    @SuppressWarnings("unchecked") // what it returns last is of its type
    public static <I, O, R> Step.Returned<O, R> standIn(Coroutine<? super I, Step<O, R>> inner, Yielder<I, O> yielder,
            I first) {
        Object returned;
        if (yielder instanceof Coroutine<I, O> outer) {
            returned = outer.delegate(inner, Coroutine::yielded, first, Delegation.RETURNS);
        } else if (yielder instanceof StepBody.Wrapping<I, O, ?> wrapping && wrapping.runsNotAhead()) {
            returned = wrapping.delegateReturning(inner, first);
        } else {
            return null;
        }
        if (returned == null) {
            throw new IllegalStateException(StepBody.RETURNED_BEFORE);
        }
        return (Step.Returned<O, R>) returned;
    }

    private static <O, R> O yielded(Step<O, R> step) {
        return ((Step.Yielded<O, R>) step).value();
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
        Delegation made = new Delegation(this, inner, (Function<Object, ?>) (Function<?, ?>) mapping, first, way);
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
            Delegation.giveBackTo(this, this);
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
}
