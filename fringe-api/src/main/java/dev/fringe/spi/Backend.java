// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

import java.net.URL;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An architecture: a library made from one assembly file that implements {@code fringe.h}, and the bindings to it.
 *
 * <p>Implementations are found by {@link java.util.ServiceLoader}, so they have a public constructor without parameters
 * (or a {@code provider} method). Only {@link #load} may touch native code, not the constructor or another method: on
 * most machines most backends do not fit.
 *
 * <p>{@link #load} is called at most once in a class loader, by one thread. Any thread may call the other methods at
 * any time.
 */
public interface Backend {

    /**
     * Returns the name of the architecture. The artefact is called {@code "fringe-" + name()}, and the property {@code
     * dev.fringe.backend} chooses a backend by this name.
     *
     * @return the name, such as {@code "x86_64"}
     */
    String name();

    /**
     * Whether the library runs on a machine.
     *
     * @param machine a machine
     * @return whether {@link #load} would work there
     */
    boolean fits(Machine machine);

    /**
     * Returns the alignment of a stack's base and limit on this architecture.
     *
     * @return a power of two, in bytes
     */
    int stackAlignment();

    /**
     * Returns the shared library, as a resource of the backend's artefact.
     *
     * @return where it is, or {@code null} if the artefact was built without it
     */
    @Nullable URL library();

    /**
     * Loads the library from a file, in the backend's own class loader, and binds its functions. The caller has checked
     * that the backend fits and that the file has the bytes of {@link #library}.
     *
     * @param file a file in a directory to which only this user can write
     * @return the functions
     * @throws UnsatisfiedLinkError if the file can't be loaded or lacks a function
     * @throws IllegalCallerException if native access is denied to the backend's module
     */
    Assembly load(Path file);
}
