// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.CreationSites;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.ManagementBean;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.lifecycle.Cleanup;
import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.internal.lifecycle.Reclamation;
import dev.fringe.internal.lifecycle.UnreachableReference;
import dev.fringe.internal.settings.Settings;
import dev.fringe.internal.support.FreeHeap;
import dev.fringe.internal.support.LoaderLocks;
import dev.fringe.internal.support.OtherThread;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Gets the engine, once, when the first generator or stack is made. Whatever can't work is found here, and is the
 * same exception each time that it is tried again.
 */
public final class Startup {

    private static volatile Engine engine;
    private static volatile Throwable failure;

    /** Initialised only when there is an engine, which is a constant for the compiler from then on. */
    private static final class Chosen {

        static final Engine ENGINE = engine;

        private Chosen() {}
    }

    private Startup() {}

    /**
     * The engine of this copy of the library.
     *
     * @return the engine
     * @throws UnsupportedOperationException if there is none for this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws IllegalStateException if the one that fits could not be loaded
     */
    public static Engine engine() {
        if (engine == null) {
            if (failure == null) { // before a monitor is waited for, whose owner may wait for such a lock
                LoaderLocks.requireNoneHeld(Startup.class.getClassLoader());
            }
            load();
        }
        return Chosen.ENGINE;
    }

    /**
     * Frees what is idle and ends the library's own threads, as far as no generator needs them.
     *
     * @param patience how long this waits for it
     * @return whether nothing is left that keeps the library's class loader
     */
    public static boolean shutDown(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + Math.max(0, TimeUnit.NANOSECONDS.convert(patience));
        Engine loaded = engine;
        if (loaded == null) {
            Events.stopListening();
            return true;
        }
        boolean ended = loaded.shutDown(deadline);
        ended &= Reaper.shutDown(deadline);
        if (ended) {
            Events.stopListening();
            if (ModuleLayer.boot().findModule("java.management").isPresent()) {
                ManagementBean.unregister();
            }
        }
        return ended;
    }

    /**
     * What was found out about this machine, for reports of faults. Chooses the engine if that has not been done.
     *
     * @return one line
     */
    public static String describe() {
        return "backend " + engine().name() + ", " + engine().describe();
    }

    private static synchronized void load() {
        if (engine == null && failure == null) {
            ClassLoader callers = Thread.currentThread().getContextClassLoader(); // which may be where an engine is
            failure = new OtherThread<>("fringe-loader", callers, new Load()).await();
        }
        if (failure != null) {
            throw refusal(failure);
        }
    }

    private static RuntimeException refusal(Throwable cause) {
        return switch (cause) {
            case UnsupportedOperationException e -> new UnsupportedOperationException(
                    e.getMessage() + Engines.advice(), e);
            case IllegalCallerException e -> new IllegalCallerException(e.getMessage() + Engines.advice(), e);
            case Throwable e -> new IllegalStateException("the fringe backend could not be loaded: "
                    + reason(e) + Engines.advice(), e);
        };
    }

    /** Its message, or what is known of an error that has none, as that of a class's initialiser. */
    private static String reason(Throwable e) {
        return e.getMessage() != null ? e.getMessage() : e.getCause() == null ? e.toString() : e + ": " + e.getCause();
    }

    /** What {@link #load} has done by another thread. A class: to make the first lambda takes a millisecond. */
    private static final class Load implements Supplier<Throwable> {

        @Override
        public Throwable get() {
            return loadHere();
        }
    }

    /**
     * On a stack of its own: a class whose initialiser has failed because the caller's had no room left could
     * never be used again. For the same reason all classes are initialised that a caller may need at its last.
     *
     * @return what makes it impossible on this machine, or null. What may be better another time is thrown
     */
    private static Throwable loadHere() {
        FreeHeap.require(FreeHeap.TO_LOAD);
        try {
            Engine loaded = Engines.loaded() == null ? Engines.load(Events.LISTENER) : Engines.loaded();
            Thread.currentThread().setContextClassLoader(null); // threads that are made from here on inherit it
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            for (Class<?> type : new Class<?>[] {Coroutine.class, Closing.class, Delegation.class, Interrupts.class,
                    TimeLimit.class, Stretch.class, Unwinding.class, Backtraces.class, CreationSites.class, Events.class,
                    ThreadNames.class, Reaper.class, Cleanup.class, Reclamation.class, UnreachableReference.class,
                    StackMarker.class}) {
                lookup.ensureInitialized(type);
            }
            if (Settings.flag(Settings.MANAGEMENT, false)) {
                ManagementBean.registerOrLog();
            }
            Reaper.whenUsed(Events.LISTEN, Events.STOP_LISTENING);
            engine = loaded;
            lookup.ensureInitialized(Chosen.class);
            return null;
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        } catch (RuntimeException | LinkageError e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof VirtualMachineError error) { // no memory; it may be tried again
                    throw error;
                }
            }
            return e;
        }
    }
}
