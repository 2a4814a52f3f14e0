// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.CreationSites;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.Inspectable;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.internal.lifecycle.Reclaimable;
import dev.fringe.internal.lifecycle.UnreachableReference;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.function.Function;

/**
 * The state of one generator. The body's stack refers to it (it is the body's yielder), the
 * {@link Generator} refers to it, but it does not refer to the generator: so a generator that nobody
 * can resume any more is found to be unreachable although its body is suspended.
 *
 * <p><b>Memory ordering.</b> The fields of {@code slot} are plain ones, written by one side of
 * a switch and read by the other. Both sides are executed by one kernel thread, and the switch is a
 * native call that no compiler moves a memory access across, so the other side sees the writes in
 * program order. Between two resumptions of a shared generator by different threads the order comes
 * from {@code state}: it is acquired by compare-and-set before a resume and released after.
 *
 * <p>{@code state} is set to {@code SUSPENDED} by the resumer, when the switch back has happened; not by
 * the body before it, or another thread could enter a stack that is still in use.
 */
public final class Coroutine<I, O> extends Transfer implements Yielder<I, O>, Inspectable, Reclaimable {

    public static final int SUSPENDED = 0;
    private static final int RUNNING = 1;
    private static final int FINISHED = 2;
    private static final int CLOSED = 3;
    /** Suspended in {@link #delegate}: a resumer switches to the delegate, past the body. */
    private static final int DELEGATING = 4;

    /** What the body is told when it is resumed. */
    private static final int GO_ON = 0;
    private static final int UNWIND = 1;
    private static final int THROW = 2;

    /** How the body came back. */
    private static final int YIELDED = 0;
    private static final int ENDED = 1;
    private static final int STUCK = 2;
    private static final int DELEGATED = 3;
    /** Not the body but the delegate has: there is a value that the mapping has not been applied to. */
    private static final int UNMAPPED = 4;

    /** A body that goes on suspending while it is unwound is given up after this many attempts. */
    static final int UNWIND_ATTEMPTS = 100;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Coroutine.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** The only thread that may resume, or null if any may. */
    private final Thread owner;
    /** Whether it runs on a stack of the caller's. */
    private final boolean given;
    private final String name;
    /** Where it was created, or null if nobody wants to know. */
    private final StackTraceElement site;
    private Generator.Body<I, O> body;
    /** What the body runs on; null when it has ended, unless the caller's stack has not been given back. */
    private Flow flow;
    /** The caller's stack, until it has been given back; null if there is none. */
    private Stack stack;
    /** Makes the resumer's interrupts the body's; null if they are not to be. */
    private final Interrupts interrupts;
    /** Who has resumed a shared one, or closes one; for diagnostics. Null is the owner. */
    private Thread resumer;

    /** Volatile for those that may have no room to call the methods of {@code STATE}. */
    public volatile int state;
    /**
     * Whether who has entered has not switched to the body yet, or not succeeded. It is who calls {@link
     * #enter} that has to leave then, without a call: what failed may be for want of room on its stack.
     */
    public boolean entered;
    /** What one side of a switch leaves for the other: this at first, which is young then, and others later. */
    private Transfer slot = this;
    private int order;
    private boolean started;
    private int attempts;
    /** What the order to throw is about, until the body has received it. */
    private Throwable thrown;
    /** Whose body runs in place of this one's. */
    private Coroutine<? super I, ?> delegate;
    /** Makes what comes out of this one of what the delegate suspends with; null if that is the same. */
    private Function<Object, O> mapping;
    /** What the body gives its resumer when it ends, if anything. */
    private O last;
    /** The generator, until there is a reference to watch it by, or none is needed. See {@link Reaper}. */
    private Object unwatched;
    /** What tells that the generator is unreachable; it has to be reachable itself. */
    private UnreachableReference watch;

    private Coroutine(Generator.Body<I, O> body, Options options, Thread creator, StackTraceElement site, Flow flow) {
        this.body = body;
        this.site = site;
        this.flow = flow;
        owner = options.shared() ? null : creator;
        name = options.name() != null || site == null ? options.name() : CreationSites.name(site);
        stack = options.stack();
        given = stack != null;
        interrupts = options.interruptible() ? new Interrupts() : null;
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
        Flow flow = engine.create(options);
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
    public O resume(I input) {
        if (!enter()) {
            return resumeDelegate(input, null, Thread.currentThread());
        }
        try {
            return proceed(input);
        } catch (Throwable t) {
            if (entered) {
                state = delegate == null ? SUSPENDED : DELEGATING;
            }
            throw t;
        }
    }

    /** Raises an exception where the body is suspended, and runs it until it suspends or ends. */
    public O throwInto(Throwable exception) {
        if (!enter()) {
            return resumeDelegate(null, exception, Thread.currentThread());
        }
        try {
            return proceedWith(exception);
        } catch (Throwable t) {
            if (entered) {
                state = delegate == null ? SUSPENDED : DELEGATING;
            }
            throw t;
        }
    }

    /**
     * What {@link #resume} does between entering and leaving. What is called after the switch may find no room
     * on the resumer's stack: either it is not missed, or whoever enters next does it.
     */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    public O proceed(I input) {
        if (slot.outcome != YIELDED) {
            return arrive();
        }
        Transfer slot = nextSlot();
        slot.value = input;
        switchToBody();
        int outcome = slot.outcome;
        if (outcome != YIELDED) {
            entered = true;
            return arrive();
        }
        Object result = slot.value;
        slot.value = null;
        slot.outcome = YIELDED;
        try {
            leave(SUSPENDED);
        } catch (StackOverflowError e) {
            state = SUSPENDED;
        }
        return (O) result;
    }

    /** What is to be done when the body has ended, or has delegated. */
    private O arrive() {
        return slot.outcome == DELEGATED ? runDelegate(null, null) : endWith();
    }

    private O proceedWith(Throwable exception) {
        if (slot.outcome == ENDED) {
            endWith();
            throw sneak(exception); // there is no body to catch it
        }
        order = THROW;
        thrown = exception;
        try {
            return proceed(null);
        } catch (Throwable t) {
            if (thrown == exception) { // the switch has not happened
                order = GO_ON;
                thrown = null;
            }
            throw t;
        }
    }

    private O endWith() {
        end((Throwable) slot.value, FINISHED);
        O result = last;
        last = null;
        return result;
    }

    /** Called when {@link #enter} did not: the body has ended, or another's runs in place of it. */
    private O resumeDelegate(I input, Throwable exception, Thread by) {
        if (STATE.compareAndSet(this, DELEGATING, RUNNING)) {
            entered = true;
            if (owner == null) {
                resumer = by;
            }
            try {
                return runDelegate(input, exception);
            } catch (Throwable t) {
                if (entered) {
                    state = delegate == null ? SUSPENDED : DELEGATING;
                }
                throw t;
            }
        }
        if ((int) STATE.getAcquire(this) != FINISHED) {
            throw new IllegalStateException("this generator is running: it was resumed by another thread");
        }
        if (exception != null) {
            throw sneak(exception); // there is no body to catch it
        }
        return null;
    }

    /** The slot for the next switch. */
    private Transfer nextSlot() {
        Transfer current = slot;
        return --current.left > 0 ? current : replaceSlot(current);
    }

    private Transfer replaceSlot(Transfer worn) {
        try {
            slot = new Transfer();
        } catch (OutOfMemoryError e) { // the old one does as well
            worn.left = Transfer.SWITCHES;
        }
        return slot;
    }

    /**
     * Resumes the delegate, with what the body wants it to be resumed with if that has not been done. When it
     * has ended the body goes on, which may delegate again. The owner of the delegate was checked when the
     * delegation began; what happened before is ordered by the state of this coroutine.
     */
    @SuppressWarnings("unchecked") // the body's yielder has the same type arguments
    private O runDelegate(I inputFromOutside, Throwable exception) {
        I input = inputFromOutside;
        Throwable raise = exception;
        do {
            Coroutine<? super I, ?> inner = delegate;
            Object output = null;
            entered = true;
            try {
                output = slot.outcome == UNMAPPED && raise == null
                        ? slot.value
                        : inner.resumeLent(slot.outcome == DELEGATED ? (I) slot.value : input, raise, flow.thread());
            } catch (Throwable t) {
                int now = inner.state;
                if (now == SUSPENDED || now == DELEGATING) { // no room on the resumer's stack
                    throw t;
                }
                order = THROW;
                thrown = t;
            }
            if (output != null) {
                O result = mapping == null ? (O) output : map(output);
                slot.value = null;
                slot.outcome = YIELDED;
                try {
                    leave(DELEGATING);
                } catch (StackOverflowError e) {
                    state = DELEGATING;
                }
                return result;
            }
            slot.value = null;
            slot.outcome = YIELDED;
            raise = null;
            switchToBody();
            if (slot.outcome == YIELDED) {
                O result = (O) slot.value;
                slot.value = null;
                slot.outcome = YIELDED;
                try {
                    leave(SUSPENDED);
                } catch (StackOverflowError e) {
                    state = SUSPENDED;
                }
                return result;
            }
            entered = true;
        } while (slot.outcome == DELEGATED);
        return endWith();
    }

    private O map(Object output) {
        slot.value = output;
        slot.outcome = UNMAPPED;
        return mapping.apply(output);
    }

    /** {@link #resume} or {@link #throwInto} on behalf of a thread whose body has delegated to this one. */
    private O resumeLent(I input, Throwable exception, Thread delegating) {
        if (STATE.compareAndSet(this, SUSPENDED, RUNNING)) {
            entered = true;
            try {
                if (owner == null && resumer != delegating) {
                    resumer = delegating;
                }
                return exception == null ? proceed(input) : proceedWith(exception);
            } catch (Throwable t) {
                if (entered) {
                    state = delegate == null ? SUSPENDED : DELEGATING;
                }
                throw t;
            }
        }
        refuse();
        return resumeDelegate(input, exception, delegating);
    }

    /** Makes the calling thread the one that runs the body; false if the body has ended or delegates. */
    public boolean enter() {
        if (owner == null) {
            Thread current = Thread.currentThread();
            if (STATE.compareAndSet(this, SUSPENDED, RUNNING)) {
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
            throw new WrongThreadException("this generator is confined to " + owner + ", and "
                    + Thread.currentThread() + " resumed it; make it with Generator.ofShared to let any thread do so");
        }
        return refuse();
    }

    /** False if the body has ended or delegates; throws otherwise. */
    private boolean refuse() {
        return switch ((int) STATE.getAcquire(this)) {
            case FINISHED, DELEGATING -> false;
            case CLOSED -> throw new IllegalStateException("this generator has been closed");
            default -> throw new IllegalStateException(isBody()
                    ? "this generator is running: its own body has resumed it"
                    : "this generator is running: it was resumed by another thread, or by the body of a generator"
                            + " that it has itself resumed, and has not suspended yet");
        };
    }

    /** After {@link #enter}, when the body has not been run. */
    public void leave() {
        leave(SUSPENDED);
    }

    private void leave(int next) {
        if (owner == null) {
            STATE.setRelease(this, next);
        } else {
            STATE.setOpaque(this, next);
        }
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
            if (interrupts != null) {
                interrupts.enter();
            }
            entered = false;
            flow.resume();
        } catch (Throwable t) { // or no room on the resumer's stack; the switch has not happened
            entered = true;
            if (slot.outcome == YIELDED) {
                slot.value = null;
            }
            if (interrupts != null) {
                interrupts.undo();
            }
            throw t;
        }
        try {
            if (interrupts != null) {
                interrupts.exit();
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
        if (ThreadNames.ENABLED && slot.outcome == YIELDED) {
            ThreadNames.suspended(flow.thread(), name());
        }
    }

    /** The body has ended: gives up the stack, and throws what the body threw. */
    private void end(Throwable failure, int next) {
        Flow free = flow;
        entered = false;
        slot.value = null;
        try {
            if (failure != null) {
                Backtraces.splice(failure, this, free);
            }
            if (next == FINISHED) {
                Events.finished(name(), free.thread(), failure);
            }
            if (body instanceof BodyAdapter<?> relay) {
                relay.discard();
            }
        } catch (Throwable t) { // no room on the resumer's stack, or no memory
            // the trace stays as it is, and nobody is told; what follows must happen
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
        if (failure != null) {
            throw sneak(failure);
        }
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
    @Override
    public void close(boolean abandoned) {
        if (owner != null && owner != Thread.currentThread() && !abandoned) {
            throw new WrongThreadException("this generator is confined to " + owner + ", and "
                    + Thread.currentThread() + " closed it; make it with Generator.ofShared to let any thread do so");
        }
        Thread current = Thread.currentThread();
        int now = (int) STATE.getAcquire(this);
        while (now == SUSPENDED || now == DELEGATING) {
            if (STATE.compareAndSet(this, now, RUNNING)) {
                entered = true;
                try {
                    resumer = current;
                    Events.closed(name(), flow.thread(), abandoned);
                    unwind();
                } catch (Throwable t) {
                    if (entered) {
                        state = delegate == null ? SUSPENDED : DELEGATING;
                    }
                    throw t;
                }
                return;
            }
            now = (int) STATE.getAcquire(this); // what has become of it meanwhile decides, not what it is later
        }
        if (now == RUNNING) {
            throw new IllegalStateException(isBody()
                    ? "this generator is running: its own body has closed it; let the body return instead"
                    : "this generator is running and can't be closed before its body suspends or ends");
        }
        if (given) {
            releaseStack();
        }
    }

    private void unwind() {
        if (!started) {
            end(null, CLOSED);
            releaseStack();
            return;
        }
        if (slot.outcome != ENDED) {
            order = UNWIND;
            try {
                switchToBody();
            } catch (Throwable t) {
                order = GO_ON;
                throw t;
            }
            entered = true;
        }
        if (slot.outcome == STUCK) {
            Flow kept = flow;
            Throwable failure = (Throwable) slot.value;
            slot.value = null;
            flow = null; // it is nobody's any more, whatever fails from here on
            stack = null;
            unwatched = null;
            entered = false;
            state = CLOSED;
            if (body instanceof BodyAdapter<?> relay) {
                relay.discard();
            }
            kept.keep();
            throw new IllegalStateException("the body of this generator could not be unwound: " + (attempts == 0
                    ? "it is suspended in a callback of native code, which no exception may leave"
                    : "it caught what close() raised and tried to suspend " + UNWIND_ATTEMPTS + " times")
                    + "; its stack is kept for ever", failure);
        }
        try {
            end((Throwable) slot.value, CLOSED);
        } finally {
            releaseStack();
        }
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
        return started && (now == SUSPENDED || now == DELEGATING);
    }

    /** Gives back the stack that this coroutine was made with, once its body has ended. */
    public synchronized Stack unwrap() {
        if (owner != null && owner != Thread.currentThread()) {
            throw new WrongThreadException("this generator is confined to " + owner + ", and "
                    + Thread.currentThread() + " unwrapped it");
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
            throw new IllegalStateException(slot.outcome == STUCK
                    ? "the body of this generator could not be unwound, so its stack is in use for ever"
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
        return switch ((int) STATE.getAcquire(this)) {
            case SUSPENDED, DELEGATING -> Generator.State.SUSPENDED;
            case RUNNING -> Generator.State.RUNNING;
            case FINISHED -> Generator.State.FINISHED;
            default -> Generator.State.CLOSED;
        };
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
    public boolean isShared() {
        return owner == null;
    }

    /** Where the body runs; null if it has ended. */
    @Override
    public Flow flow() {
        return flow;
    }

    @Override
    public boolean hasStarted() {
        return started;
    }

    @Override
    public boolean hasEnded() {
        int now = (int) STATE.getAcquire(this);
        return now == FINISHED || now == CLOSED;
    }

    /** Who runs the body at the moment, or null. */
    @Override
    public Thread resumer() {
        if ((int) STATE.getAcquire(this) != RUNNING) {
            return null;
        }
        Thread noted = resumer;
        return noted == null ? owner : noted;
    }

    /** Whose body runs in place of this one's, or null. */
    @Override
    public Coroutine<?, ?> delegate() {
        return delegate;
    }

    /** Whose body waits in {@link #delegate(Coroutine, Object)} for this one's, or null. */
    @Override
    public Coroutine<?, ?> delegating() {
        Thread by = owner != null ? owner : resumer; // what is confined to a generator's thread is its body's
        Flow on = by == null ? null : Engines.loaded().flowOf(by);
        return on != null && on.task() instanceof Coroutine<?, ?> outer && outer.delegate == this ? outer : null;
    }

    /** The frames of the body and, if it runs, of those who have resumed it. */
    public StackTraceElement[] backtrace() {
        return Backtraces.of(this);
    }

    // ---- the side of the body -------------------------------------------------------------------

    /** Called on the generator's own stack, once. */
    @SuppressWarnings("unchecked") // the generator has the same type arguments
    @Override
    public void runBody() {
        started = true;
        Object input = slot.value;
        slot.value = null;
        Throwable failure = null;
        Flow flow = this.flow;
        flow.forgetInterrupt();
        takeInterrupt();
        try {
            flow.enterBody();
            if (order != GO_ON) {
                throw sneak(ordered());
            }
            body.run(this, (I) input);
        } catch (Unwinding e) {
            // as it should be
        } catch (Throwable t) {
            failure = t;
        }
        slot.value = failure;
        slot.outcome = ENDED;
        leaveInterrupt();
        flow.leaveBody();
    }

    @Override
    @SuppressWarnings("unchecked") // the generator has the same type arguments
    public I suspend(O output) {
        Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional");
        Flow flow = this.flow;
        if (flow == null || !flow.isCurrent()) {
            throw wrongSuspend();
        }
        if (order != GO_ON) {
            throw suspendWhileClosing();
        }
        Transfer slot = this.slot;
        slot.value = output;
        slot.outcome = YIELDED;
        try {
            leaveInterrupt();
            flow.suspend();
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            slot.value = null;
            stayInterruptible();
            throw t;
        }
        takeInterrupt();
        if (order != GO_ON) {
            throw sneak(receive());
        }
        slot = this.slot;
        Object input = slot.value;
        slot.value = null;
        return (I) input;
    }

    private void leaveInterrupt() {
        if (interrupts != null) {
            interrupts.leave();
        }
    }

    private void stayInterruptible() {
        if (interrupts != null) {
            interrupts.stay();
        }
    }

    private void takeInterrupt() {
        if (interrupts != null) {
            try {
                interrupts.arrive();
            } catch (Throwable t) { // no room on the body's stack; the input must not be lost
                return;
            }
        }
    }

    /**
     * What the body was resumed for, if not to go on. There may be no room on its stack to find out; an error that
     * left the body's frames would then end the virtual machine, if there is a callback of native code among them.
     * So it is tried again: after the first overflow HotSpot lets the frames near the end use its yellow zone.
     */
    private Throwable receive() {
        while (true) {
            try {
                return ordered();
            } catch (Throwable t) {
                continue;
            }
        }
    }

    private Throwable ordered() {
        if (order == UNWIND) {
            if (mayNotBeUnwound()) {
                beStuck(null);
            }
            slot.value = null;
            return Unwinding.INSTANCE;
        }
        slot.value = null;
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
     * Runs the body of another coroutine in place of that of {@code yielder} until it has ended: who resumes
     * that one switches straight to the other. Throws what the other throws.
     *
     * @param first what the other is resumed with first
     * @return false if nothing has happened, because {@code yielder} runs ahead
     */
    public static <I, O> boolean standIn(Coroutine<? super I, ? extends O> inner, Yielder<I, O> yielder, I first) {
        if (yielder instanceof Coroutine<I, O> outer) {
            outer.delegate(inner, null, first);
            return true;
        }
        return yielder instanceof StepBody.Wrapping<I, O, ?> wrapping && wrapping.delegate(inner, first);
    }

    /** {@link #standIn} for this one's body. */
    @SuppressWarnings("unchecked") // the delegate suspends with what the mapping takes
    <P> void delegate(Coroutine<? super I, ? extends P> inner, Function<P, O> mapping, I first) {
        Flow flow = this.flow;
        if (flow == null || !flow.isCurrent()) {
            throw wrongSuspend();
        }
        if (order != GO_ON) {
            throw suspendWhileClosing();
        }
        Thread thread = flow.thread();
        if (inner.owner != null && inner.owner != thread) {
            throw new WrongThreadException("the generator to delegate to is confined to " + inner.owner
                    + ", and the body that delegates runs in " + thread + "; make it in the body, or with"
                    + " Generator.ofShared");
        }
        delegate = inner;
        this.mapping = (Function<Object, O>) mapping;
        slot.value = first;
        slot.outcome = DELEGATED;
        try {
            leaveInterrupt();
            flow.suspend();
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            slot.value = null;
            stayInterruptible();
            throw t;
        } finally {
            delegate = null;
        }
        takeInterrupt();
        if (order == UNWIND) {
            closeDelegate(inner);
        }
        if (order != GO_ON) {
            throw sneak(receive());
        }
        slot.value = null;
    }

    /** What that throws leaves the body; but not if the body may not be unwound. */
    private void closeDelegate(Coroutine<?, ?> inner) {
        try {
            inner.close(false);
        } catch (Throwable t) {
            if (mayNotBeUnwound()) {
                beStuck(t);
            }
            throw t;
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
        if (++attempts >= UNWIND_ATTEMPTS) {
            beStuck(null);
        }
        if (mayNotBeUnwound()) { // what the body does while it is unwound has called native code, which has called back
            attempts = 0;
            beStuck(null);
        }
        return new IllegalStateException("this generator is being closed and can't suspend any more");
    }

    /**
     * Gives this body up: leaves it where it is. Does not return.
     *
     * @param failure what can't be thrown for that reason, or null
     */
    private void beStuck(Throwable failure) {
        slot.value = failure;
        slot.outcome = STUCK;
        try {
            leaveInterrupt();
        } catch (Throwable t) {
            slot.outcome = STUCK;
        }
        while (true) {
            try {
                flow.suspend();
            } catch (Throwable t) { // see receive()
                continue;
            }
        }
    }

    /** Whether this one's body calls. */
    private boolean isBody() {
        Flow flow = this.flow;
        return flow != null && flow.isCurrent();
    }

    private IllegalStateException wrongSuspend() {
        return new IllegalStateException(switch ((int) STATE.getAcquire(this)) {
            case RUNNING -> "only the body of a generator may suspend it, on the generator's own thread; "
                    + Thread.currentThread() + " tried, which is another thread or another generator's body";
            case SUSPENDED, DELEGATING -> "this generator is suspended already; " + Thread.currentThread()
                    + " used its yielder from outside of the body";
            default -> "this generator has ended, and its yielder can't be used any more";
        });
    }
}
