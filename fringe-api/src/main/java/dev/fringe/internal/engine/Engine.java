// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import java.util.Collection;
import java.util.Set;

/**
 * How a body gets something to run on that can be left and entered again. What a generator <i>is</i> (values,
 * states, delegation, closing, look-ahead) is the core's, and the same on every engine.
 *
 * <p>There is one engine in a virtual machine for each copy of this library. It is chosen when the first generator
 * is made ({@link Engines}) and then held in a {@code static final} field, so that only one implementation is loaded
 * and the compiler inlines it. All methods may be called by any thread.
 *
 * <p>Whatever can't work is found when the engine is made ({@link EngineProvider#create}), on a thread with an empty
 * stack; there also all classes are initialised that a caller may need with little room on its stack, because a
 * class whose initialiser has failed can never be used again.
 */
public interface Engine {

    /**
     * The name that messages call the engine by: that of its backend, such as {@code "x86_64"}, or {@code "portable"}.
     *
     * @return the name
     */
    String name();

    /**
     * What it can do.
     *
     * @return an immutable set, always the same
     */
    Set<Capability> capabilities();

    /**
     * Throws unless the engine has a capability.
     *
     * @param capability what is needed
     * @throws UnsupportedOperationException if it has not; the message names the engine, what is missing, and what to
     *     add
     */
    default void require(Capability capability) {
        if (!capabilities().contains(capability)) {
            throw new UnsupportedOperationException("the engine \"" + name() + "\" can't " + capability.verb()
                    + "; that takes a native engine: on Linux, add the artefact dev.fringe:fringe, or that of this"
                    + " machine's architecture, such as dev.fringe:fringe-x86_64, and do not set the property "
                    + Engines.PROPERTY + " to another" + Engines.advice());
        }
    }

    /**
     * Makes a flow, or takes one that is idle; its body is {@linkplain Flow#assign assigned} next. The calling
     * thread is the generator's creator: its owner, unless the options say that it is shared. The core has checked
     * that the engine has the capabilities which the options need.
     *
     * @param options what the generator is made with
     * @return a flow that is {@link Flow#leased}; {@link Flow#retire} (or {@link Flow#destroy}, if the stack was given)
     *     undoes this
     * @throws OutOfMemoryError if there is no memory, mapping or thread for it; the message says what to do
     * @throws IllegalArgumentException if the stack is too small, misaligned or not writable
     * @throws IllegalStateException if the stack is in use
     */
    Flow create(Options options);

    /**
     * Takes a flow that is idle: {@link #create}, as far as that takes no memory but the collector's. It is asked first,
     * because what is done about a lack of memory takes longer than to take a flow.
     *
     * @param options what the generator is made with
     * @return what {@link #create} returns, or null if there is none; nothing has happened then
     */
    default Flow takeIdle(Options options) {
        return null;
    }

    /**
     * Says that something could not be made for want of mappings, addresses, memory or threads, and that what is
     * garbage is about to be closed. The engine frees what is idle, and in the next seconds keeps all that it is given
     * back: it is wanted.
     */
    default void shortage() { }

    /**
     * Frees what is idle, and ends the engine's own threads if there is nothing that needs them; they are started
     * again when they are.
     *
     * @param deadline until when this waits for it, by {@link System#nanoTime}
     * @return whether there are none left
     * @throws InterruptedException if the calling thread is interrupted
     */
    default boolean shutDown(long deadline) throws InterruptedException {
        return true;
    }

    /**
     * Stacks that programs make.
     *
     * @return what makes them
     * @throws UnsupportedOperationException without {@link Capability#GIVEN_STACK}
     */
    default Stacks stacks() {
        require(Capability.GIVEN_STACK);
        throw new AssertionError(name());
    }

    /**
     * Bodies that are C functions.
     *
     * @return what runs them
     * @throws UnsupportedOperationException without {@link Capability#NATIVE_BODY}
     */
    default NativeBodies nativeBodies() {
        require(Capability.NATIVE_BODY);
        throw new AssertionError(name());
    }

    // ---- for diagnostics --------------------------------------------------------------------------

    /**
     * The flow whose body a thread is.
     *
     * @param thread any thread
     * @return the flow, or null if the thread is no body's
     */
    Flow flowOf(Thread thread);

    /**
     * All flows that have a body which has not ended, and maybe others, in no order. Weakly consistent: those that
     * come or go meanwhile may be missing.
     *
     * @return a view or a copy
     */
    Collection<? extends Flow> flows();

    /**
     * Whether there may be any {@link #flows}. Asked often.
     *
     * @return false only if there are none
     */
    default boolean hasFlows() {
        return !flows().isEmpty();
    }

    /**
     * How many of the newest frames of a trace are the engine's, the linker's or the virtual machine's, and say
     * nothing of a program: those that suspend a body, or wait in a resumer for one.
     *
     * @param trace the trace of a thread, newest frame first
     * @return the index of the first other frame; 0 if the trace does not begin with the engine's
     */
    int engineFrames(StackTraceElement[] trace);

    /**
     * What the engine has found out about this machine, for reports of faults.
     *
     * @return one line, without the engine's name
     */
    String describe();

    /**
     * The same at length, for the report that {@link dev.fringe.Doctor} prints. Called by a platform thread.
     *
     * @param to takes the facts
     */
    default void report(Report to) {
        to.fact("engine", describe());
    }
}
