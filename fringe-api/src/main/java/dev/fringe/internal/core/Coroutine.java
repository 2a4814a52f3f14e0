// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.CreationSites;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.GeneratorInspector;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.internal.lifecycle.Reclaimable;
import dev.fringe.internal.lifecycle.Reclamation;
import dev.fringe.internal.lifecycle.UnreachableReference;
import java.util.Objects;
import java.util.function.Function;

/**
 * One generator: its body, its stack, and both sides of a switch, which are {@link BodySide} and {@link ResumerSide}. Its
 * states, and what orders its fields, are in {@link Lifecycle}. Here is how it is made, and what others than the two sides
 * ask of it.
 *
 * <p>The body's stack refers to it (it is the body's yielder), the {@link Generator} refers to it, but it does not
 * refer to the generator: so a generator that no thread can resume any more is found to be unreachable although its
 * body is suspended.
 */
public final class Coroutine<I, O> extends ResumerSide<I, O> implements Reclaimable {

    private final boolean closedAtShutdown;
    private final String name;
    /** Where it was created, or null if it is not to be found out. */
    private final StackTraceElement site;
    /** What tells that the generator is unreachable; it has to be reachable itself. */
    private UnreachableReference watch;

    private Coroutine(Generator.Body<I, O> body, Options options, Stretch stretch, Thread creator, String name,
            StackTraceElement site, Flow flow) {
        super(body, stretch, options.stack(), options.shared() ? null : creator, flow);
        this.name = name;
        this.site = site;
        closedAtShutdown = options.closedAtShutdown();
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
        String name = options.name() != null || site == null ? options.name() : CreationSites.name(site);
        Stretch stretch = Stretch.of(options);
        Thread creator = Thread.currentThread();
        Flow idle = engine.takeIdle(options);
        Flow flow = idle != null ? idle : Reclamation.make(() -> engine.create(options));
        try {
            Coroutine<I, O> coroutine = new Coroutine<>(body, options, stretch, creator, name, site, flow);
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

    // ---- delegation -------------------------------------------------------------------------------

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

    // ---- what the reaper asks ---------------------------------------------------------------------

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

    // ---- what diagnostics ask, from any thread ---------------------------------------------------

    @Override
    public Generator.State state() {
        return publicState();
    }

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

    /** Whose body waits in {@link BodySide#delegate(Coroutine, Function, Object, int)} for this one's, or null. */
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
}
