// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.nativestacks.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/**
 * The tables in which HotSpot describes its own data, so that a debugger can read it. Every method throws
 * an {@link IllegalStateException} if there is no such entry, and {@link #in} an {@link
 * IllegalArgumentException} if there is no such virtual machine.
 */
public record VmStructs(SymbolLookup vm) {

    /** The tables of the running virtual machine, to be read while the arena is open. */
    static VmStructs in(Arena arena) {
        return new VmStructs(SymbolLookup.libraryLookup("libjvm.so", arena));
    }

    /** The address of the value of a flag, or 0 if there is none of that name. */
    long flag(String name) {
        long flags = Libc.getWord(field("JVMFlag", "flags", "Address"));
        long count = Libc.getWord(field("JVMFlag", "numFlags", "Address"));
        long nameOffset = field("JVMFlag", "_name", "Offset");
        long addressOffset = field("JVMFlag", "_addr", "Offset");
        long size = sizeOf("JVMFlag");
        for (long i = 0; i < count; i++) {
            long flag = flags + i * size;
            if (is(Libc.getWord(flag + nameOffset), name)) {
                return Libc.getWord(flag + addressOffset);
            }
        }
        return 0;
    }

    /** Where in an object of a type a field is, in bytes. */
    long offset(String type, String field) {
        return field(type, field, "Offset");
    }

    /** The address of a static field, or the offset of another. */
    private long field(String type, String field, String what) {
        long entry = Libc.getWord(symbol("gHotSpotVMStructs"));
        long typeOffset = number("gHotSpotVMStructEntryTypeNameOffset");
        long fieldOffset = number("gHotSpotVMStructEntryFieldNameOffset");
        while (Libc.getWord(entry + typeOffset) != 0) {
            if (is(Libc.getWord(entry + typeOffset), type) && is(Libc.getWord(entry + fieldOffset), field)) {
                long at = entry + number("gHotSpotVMStructEntry" + what + "Offset");
                return what.equals("Address") ? Libc.getWord(at) : number(at);
            }
            entry += number("gHotSpotVMStructEntryArrayStride");
        }
        throw new IllegalStateException("no field " + type + "." + field);
    }

    private long sizeOf(String type) {
        long entry = Libc.getWord(symbol("gHotSpotVMTypes"));
        long nameOffset = number("gHotSpotVMTypeEntryTypeNameOffset");
        while (Libc.getWord(entry + nameOffset) != 0) {
            if (is(Libc.getWord(entry + nameOffset), type)) {
                return number(entry + number("gHotSpotVMTypeEntrySizeOffset"));
            }
            entry += number("gHotSpotVMTypeEntryArrayStride");
        }
        throw new IllegalStateException("no type " + type);
    }

    private long symbol(String name) {
        return vm.find(name).orElseThrow(() -> new IllegalStateException("no symbol " + name)).address();
    }

    private long number(String symbol) {
        return number(symbol(symbol));
    }

    private static long number(long address) {
        return Libc.at(address, Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }

    private static boolean is(long string, String expected) {
        if (string == 0) {
            return false;
        }
        MemorySegment bytes = Libc.at(string, expected.length() + 1L);
        for (int i = 0; i < expected.length(); i++) { // stops at the end of a shorter one
            if (bytes.get(ValueLayout.JAVA_BYTE, i) != expected.charAt(i)) {
                return false;
            }
        }
        return bytes.get(ValueLayout.JAVA_BYTE, expected.length()) == 0;
    }
}
