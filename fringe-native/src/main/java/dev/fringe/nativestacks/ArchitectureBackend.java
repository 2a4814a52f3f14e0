// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.spi.Assembly;
import dev.fringe.spi.Backend;
import dev.fringe.spi.Machine;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A backend for Linux on one architecture: what a module with an assembly file has to say about it. The bindings of
 * {@code fringe.h} are here, once for 64 and once for 32 bits.
 */
public abstract class ArchitectureBackend implements Backend {

    private final String name;
    private final String family;
    private final int bits;
    private final int stackAlignment;
    private final URL library;

    /**
     * Describes an architecture. Touches no native code.
     *
     * @param name the name of the backend, see {@link #name}
     * @param family the {@link Machine#architecture architecture} of the machines that it fits
     * @param bits the width of a pointer there: 32 or 64
     * @param stackAlignment the alignment of a stack's base and limit, a power of two, in bytes
     * @param library the resource {@code libfringe.so}; null if the artefact was built without it
     */
    protected ArchitectureBackend(String name, String family, int bits, int stackAlignment, URL library) {
        this.name = Objects.requireNonNull(name, "name");
        this.family = Objects.requireNonNull(family, "family");
        this.bits = bits;
        this.stackAlignment = stackAlignment;
        this.library = library;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final boolean fits(Machine machine) {
        return machine.linux() && machine.architecture().equals(family) && machine.bits() == bits;
    }

    @Override
    public final int stackAlignment() {
        return stackAlignment;
    }

    @Override
    public final URL library() {
        return library;
    }

    /** Loads the library in this module's class loader, where its bindings are. */
    @Override
    public final Assembly load(Path file) {
        System.load(file.toString());
        return bits == Long.SIZE ? Bindings.lp64() : Bindings.ilp32();
    }
}
