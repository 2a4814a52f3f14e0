// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import dev.fringe.spi.Assembly;
import dev.fringe.spi.Backend;
import dev.fringe.spi.Machine;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Path;

/**
 * Backends that don't work. Each takes its library from the file that the property {@code odd.library}
 * names.
 */
abstract class OddBackend implements Backend {

    @Override
    public String name() {
        return "odd";
    }

    @Override
    public boolean fits(Machine machine) {
        return true;
    }

    @Override
    public int stackAlignment() {
        return 16;
    }

    @Override
    public URL library() {
        try {
            String file = System.getProperty("odd.library");
            return file == null ? null : Path.of(file).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public Assembly load(Path file) {
        System.load(file.toString());
        throw new UnsatisfiedLinkError("the library has no function fringe_init");
    }

    /** Can be made, and loads whatever it is told to. */
    public static final class Loading extends OddBackend {}

    /** Can't be made. */
    public static final class Throwing extends OddBackend {
        /** Throws. */
        public Throwing() {
            throw new IllegalStateException("a provider that throws");
        }
    }

    /** Fits no machine. */
    public static final class Elsewhere extends OddBackend {
        @Override
        public boolean fits(Machine machine) {
            return false;
        }
    }
}
