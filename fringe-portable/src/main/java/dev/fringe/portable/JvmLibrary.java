// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The library of the running virtual machine ({@code libjvm.so}, {@code libjvm.dylib}, {@code jvm.dll}), and the
 * tables in it by which HotSpot describes its own structures to debuggers ({@code vmStructs.hpp} in the sources of
 * the JDK). Nothing here is needed for a correct switch: what can't be found is done in a slower way.
 *
 * <p>All methods are restricted ones: they need native access.
 */
final class JvmLibrary {

    /** Where a JDK keeps the library, below {@code java.home}. On Windows it is in {@code bin}. */
    private static final List<String> DIRECTORIES =
            List.of("lib/server", "bin/server", "lib/client", "bin/client", "lib/zero", "lib/minimal");

    /** A C string or a word behind an address that the tables name. */
    private static final AddressLayout POINTER = ValueLayout.ADDRESS.withTargetLayout(ValueLayout.ADDRESS);

    private final SymbolLookup symbols;

    private JvmLibrary(SymbolLookup symbols) {
        this.symbols = symbols;
    }

    /**
     * The library, which stays loaded at least as long as the arena is open. It is loaded already, so the same file
     * gives the same library.
     *
     * @throws IllegalArgumentException if it is in none of the usual places
     * @throws IllegalCallerException if native access is denied
     */
    static JvmLibrary open(Arena arena) {
        String file = System.mapLibraryName("jvm");
        Path home = Path.of(System.getProperty("java.home"));
        for (String directory : DIRECTORIES) {
            Path path = home.resolve(directory).resolve(file);
            if (Files.isRegularFile(path)) {
                return new JvmLibrary(SymbolLookup.libraryLookup(path, arena));
            }
        }
        return new JvmLibrary(SymbolLookup.libraryLookup(file, arena));
    }

    /**
     * The address of a function or variable.
     *
     * @throws IllegalStateException if the library has none of that name
     */
    MemorySegment symbol(String name) {
        return symbols.find(name).orElseThrow(
                () -> new IllegalStateException("the library of the virtual machine has no symbol " + name));
    }

    /**
     * Where in an object of a type of HotSpot's a field is, in bytes.
     *
     * @throws IllegalStateException if the tables do not have it
     */
    long offset(String type, String field) {
        long typeName = number("gHotSpotVMStructEntryTypeNameOffset");
        long fieldName = number("gHotSpotVMStructEntryFieldNameOffset");
        long offset = number("gHotSpotVMStructEntryOffsetOffset");
        long stride = number("gHotSpotVMStructEntryArrayStride");
        long entry = symbol("gHotSpotVMStructs").reinterpret(POINTER.byteSize()).get(ValueLayout.ADDRESS, 0).address();
        for (; !read(entry + typeName).equals(MemorySegment.NULL); entry += stride) {
            if (is(read(entry + typeName), type) && is(read(entry + fieldName), field)) {
                return at(entry + offset, Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
            }
        }
        throw new IllegalStateException("the virtual machine does not tell where " + type + "::" + field + " is");
    }

    private long number(String symbol) {
        return symbol(symbol).reinterpret(Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }

    private static MemorySegment read(long address) {
        return at(address, POINTER.byteSize()).get(ValueLayout.ADDRESS_UNALIGNED, 0);
    }

    private static MemorySegment at(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    /** Whether a C string is the expected one; reads no byte behind its end. */
    private static boolean is(MemorySegment string, String expected) {
        if (string.equals(MemorySegment.NULL)) {
            return false;
        }
        MemorySegment bytes = string.reinterpret(expected.length() + 1L);
        for (int i = 0; i < expected.length(); i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, i) != expected.charAt(i)) {
                return false;
            }
        }
        return bytes.get(ValueLayout.JAVA_BYTE, expected.length()) == 0;
    }
}
