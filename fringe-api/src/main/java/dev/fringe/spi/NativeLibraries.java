// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

import dev.fringe.internal.library.LibraryFile;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Function;

/**
 * For artefacts that carry a shared library of their own beside a backend's. A backend does not need this class: the
 * library loads the backend's file.
 */
public final class NativeLibraries {

    private NativeLibraries() {}

    /**
     * Copies a shared library from an artefact into a file to which only this user can write, in the same directory as
     * a backend's, and has it loaded from there.
     *
     * @param name a short name for the file and for error messages, such as {@code "valgrind-x86_64"}
     * @param library the library as a resource, or {@code null} if the artefact was built without it
     * @param loader loads the file and binds its functions. It may be called a second time, with another file, if the
     *     virtual machine has bound the first to another class loader
     * @param <T> what {@code loader} makes
     * @return what {@code loader} returned
     * @throws UnsatisfiedLinkError if there is no library or {@code loader} can't load it
     * @throws IllegalStateException if the file can't be written; the message says what to set
     */
    public static <T> T load(String name, URL library, Function<Path, T> loader) {
        return LibraryFile.load(Objects.requireNonNull(name, "name"), library, Objects.requireNonNull(loader, "loader"));
    }
}
