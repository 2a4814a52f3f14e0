// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.nativestacks.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The tables in which HotSpot describes its own data, so that a debugger can read it. Every method throws
 * an {@link IllegalStateException} if there is no such entry, and {@link #get} an {@link
 * IllegalArgumentException} if there is no such virtual machine.
 *
 * <p>The tables have thousands of rows, and are read by code that is interpreted, or compiled for this alone. So they are
 * copied into arrays first.
 */
final class VmStructs {

    private static VmStructs instance;

    private final SymbolLookup vm;
    private final Table fields;
    private final int typeName;
    private final int fieldName;
    private final Strings names;

    private VmStructs(SymbolLookup vm) {
        this.vm = vm;
        int stride = (int) number("gHotSpotVMStructEntryArrayStride");
        typeName = (int) number("gHotSpotVMStructEntryTypeNameOffset");
        fieldName = (int) number("gHotSpotVMStructEntryFieldNameOffset");
        fields = Table.upToNull(Libc.getWord(symbol("gHotSpotVMStructs")), stride, typeName);
        names = new Strings(fields, typeName, fieldName);
    }

    /** The tables of the running virtual machine, which is never unloaded. */
    static synchronized VmStructs get() {
        if (instance == null) {
            instance = new VmStructs(SymbolLookup.libraryLookup("libjvm.so", Arena.global()));
        }
        return instance;
    }

    /** Where in an object of a type a field is, in bytes. */
    int offset(String type, String field) {
        return (int) fields.bytes.getLong(row(type, field) + (int) number("gHotSpotVMStructEntryOffsetOffset"));
    }

    /** The value of a static field, a word. */
    long value(String type, String field) {
        return Libc.getWord(fields.word(row(type, field) + (int) number("gHotSpotVMStructEntryAddressOffset")));
    }

    private int row(String type, String field) {
        long name = 0;
        boolean isType = false;
        for (int row = 0; row < fields.bytes.limit(); row += fields.stride) {
            long other = fields.word(row + typeName);
            if (other != name) { // the rows of a type are one after the other
                name = other;
                isType = names.is(name, type);
            }
            if (isType && names.is(fields.word(row + fieldName), field)) {
                return row;
            }
        }
        throw new IllegalStateException("no field " + type + "." + field);
    }

    /** The size of an object of a type, in bytes. */
    int sizeOf(String type) {
        int name = (int) number("gHotSpotVMTypeEntryTypeNameOffset");
        Table types = Table.upToNull(Libc.getWord(symbol("gHotSpotVMTypes")),
                (int) number("gHotSpotVMTypeEntryArrayStride"), name);
        Strings typeNames = new Strings(types, name, name);
        for (int row = 0; row < types.bytes.limit(); row += types.stride) {
            if (typeNames.is(types.word(row + name), type)) {
                return (int) types.bytes.getLong(row + (int) number("gHotSpotVMTypeEntrySizeOffset"));
            }
        }
        throw new IllegalStateException("no type " + type);
    }

    private long symbol(String name) {
        Optional<MemorySegment> found = vm.find(name);
        if (found.isEmpty()) {
            throw new IllegalStateException("no symbol " + name);
        }
        return found.get().address();
    }

    private long number(String symbol) {
        return Libc.getLong(symbol(symbol));
    }

    /** A copy of rows of the same size. */
    static final class Table {

        final ByteBuffer bytes;
        final int stride;

        Table(long address, int rows, int stride) {
            bytes = copy(address, rows * stride);
            this.stride = stride;
        }

        /** All rows up to one that has no name. */
        static Table upToNull(long address, int stride, int name) {
            int rows = 0;
            while (Libc.getWord(address + (long) rows * stride + name) != 0) {
                rows++;
            }
            return new Table(address, rows, stride);
        }

        long word(int at) {
            return Libc.WIDE ? bytes.getLong(at) : Integer.toUnsignedLong(bytes.getInt(at));
        }
    }

    /**
     * A copy of the part of the library's constants where the names of a table are, which are constants of one
     * section.
     */
    static final class Strings {

        /** The most that is copied, in bytes; what is further apart is read where it is. */
        private static final long MOST = 8 << 20;

        private final long first;
        private final byte[] bytes;

        Strings(Table table, int... columns) {
            long least = Long.MAX_VALUE;
            long most = 0;
            for (int row = 0; row < table.bytes.limit(); row += table.stride) {
                for (int column : columns) {
                    long address = table.word(row + column);
                    if (address != 0) {
                        least = Math.min(least, address);
                        most = Math.max(most, address);
                    }
                }
            }
            first = least;
            bytes = most - least > MOST ? new byte[0] : copy(least, (int) (most - least)).array();
        }

        /** Whether there is such a string at an address, or none if that is 0. */
        boolean is(long string, String expected) {
            if (string == 0) {
                return false;
            }
            for (int i = 0; i < expected.length(); i++) { // stops at the end of a shorter one
                if (at(string + i) != expected.charAt(i)) {
                    return false;
                }
            }
            return at(string + expected.length()) == 0;
        }

        private byte at(long address) {
            long index = address - first;
            return index >= 0 && index < bytes.length ? bytes[(int) index] : Libc.getByte(address);
        }
    }

    private static ByteBuffer copy(long address, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(Libc.at(address, length), ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }
}
