// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import java.util.List;
import java.util.Map;

/**
 * Offers an engine; found by {@link java.util.ServiceLoader}, so it has a public constructor without parameters.
 * Neither making one nor calling any method but {@link #create} may touch native code, start a thread or read a file:
 * on most machines most engines do not fit.
 */
public interface EngineProvider {

    /** The {@link #rank} of engines on native stacks. */
    int NATIVE = 0;
    /** The {@link #rank} of engines in pure Java. */
    int PORTABLE = 100;

    /**
     * The names by which the property {@value Engines#PROPERTY} chooses this provider: those of its backends, such as
     * {@code "x86_64"}, or {@code "portable"}.
     *
     * @return the names, sorted; empty if it has found no backend
     */
    List<String> names();

    /**
     * Which engine is tried first: that with the lowest rank.
     *
     * @return {@link #NATIVE}, {@link #PORTABLE} or something else
     */
    int rank();

    /**
     * Why no engine of this provider fits the machine, as far as that can be told without native code.
     *
     * @param forced the name that the property asks for, which is one of {@link #names}; null if it is not set
     * @return a clause that begins with what does not fit, such as {@code "x86_64 does not fit this machine (...)"};
     *     null if one fits
     */
    String obstacle(String forced);

    /**
     * What has been found that is not among the {@link #names} because it is broken.
     *
     * @return a line for each
     */
    default List<String> broken() {
        return List.of();
    }

    /**
     * The ways in which an engine of this provider can run bodies, those that may be impossible here too.
     *
     * @return at least one
     */
    default List<Variant> variants() {
        return List.of(new Variant("as configured", Map.of()));
    }

    /**
     * Makes the engine. Called at most once in a class loader, unless it threw an {@link OutOfMemoryError}, on a thread
     * with an empty stack.
     *
     * @param forced as for {@link #obstacle}, which has answered null
     * @param listener what to tell
     * @return the engine, which works
     * @throws UnsupportedOperationException if this machine or virtual machine lacks something; the message says what
     * @throws IllegalCallerException if the virtual machine denies native access; the message names the flag
     * @throws LinkageError if a library can't be loaded
     */
    Engine create(String forced, EngineListener listener);
}
