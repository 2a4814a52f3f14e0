// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import dev.fringe.spi.Machine;
import dev.fringe.spi.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/** Sends client requests. */
final class Valgrind {

    private static final int WORDS = 6;
    private static final boolean WIDE = ValueLayout.ADDRESS.byteSize() == 8;
    private static final ValueLayout WORD = WIDE ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;

    /** {@code (MemorySegment)long} */
    private final MethodHandle request;

    private Valgrind(MethodHandle request) {
        this.request = request;
    }

    /**
     * Loads the library for this machine.
     *
     * @return null if this artefact has none, because there is no Valgrind or no backend for the machine
     */
    static Valgrind load() {
        String name = library(Machine.current());
        return name == null ? null
                : NativeLibraries.load("valgrind-" + name, Valgrind.class.getResource(name + ".so"), file -> {
                    MemorySegment function = SymbolLookup.libraryLookup(file, Arena.global())
                            .findOrThrow("fringe_valgrind_request");
                    MethodHandle handle = Linker.nativeLinker().downcallHandle(function,
                            FunctionDescriptor.of(WORD, ValueLayout.ADDRESS));
                    return new Valgrind(handle.asType(
                            MethodType.methodType(long.class, MemorySegment.class)));
                });
    }

    /** The library for a machine, without {@code .so}; null if there is none. */
    static String library(Machine machine) {
        if (!machine.linux()) {
            return null;
        }
        return switch (machine.architecture() + "/" + machine.bits()) {
            case "x86/64" -> "x86_64";
            case "x86/32" -> "x86";
            case "aarch64/64" -> "aarch64";
            default -> null; // or1k has no Valgrind
        };
    }

    /**
     * Sends a request.
     *
     * @param arguments at most five
     * @return the answer; 0 without Valgrind
     */
    long send(ClientRequest what, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocate(WORD, WORDS);
            put(words, 0, what.number);
            for (int i = 0; i < arguments.length; i++) {
                put(words, i + 1, arguments[i]);
            }
            return (long) request.invokeExact(words);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall throws no checked exception
        }
    }

    private static void put(MemorySegment words, int index, long value) {
        if (WIDE) {
            words.setAtIndex(ValueLayout.JAVA_LONG, index, value);
        } else {
            words.setAtIndex(ValueLayout.JAVA_INT, index, (int) value);
        }
    }
}
