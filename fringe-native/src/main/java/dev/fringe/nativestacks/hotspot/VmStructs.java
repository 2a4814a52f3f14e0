// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.nativestacks.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
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
        long[] words = fields.words;
        int step = fields.stride / Table.WORD;
        int fieldAt = fieldName / Table.WORD;
        long name = 0;
        boolean isType = false;
        for (int at = typeName / Table.WORD, row = 0; at < words.length; at += step, row += step) {
            long other = words[at];
            if (other != name) { // the rows of a type are one after the other
                name = other;
                isType = names.is(name, type);
            }
            if (isType && names.is(words[row + fieldAt], field)) {
                return row * Table.WORD;
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

    /** A copy of rows of the same size, which is some words. */
    static final class Table {

        static final int WORD = (int) Libc.WORD.byteSize();

        final ByteBuffer bytes;
        final int stride;
        /** The same, word by word: code that is interpreted reads an array ten times as fast as a buffer. */
        final long[] words;

        Table(long address, int rows, int stride) {
            this(copy(address, rows * stride), stride);
        }

        private Table(byte[] content, int stride) {
            bytes = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
            this.stride = stride;
            words = new long[content.length / WORD];
            if (Libc.WIDE) {
                bytes.asLongBuffer().get(words);
            } else {
                for (int i = 0; i < words.length; i++) {
                    words[i] = Integer.toUnsignedLong(bytes.getInt(i * WORD));
                }
            }
        }

        /**
         * All rows up to one that has no name. Copies to the end of one page after the other: a page of which there is
         * a part can be read.
         */
        static Table upToNull(long address, int stride, int name) {
            byte[] content = new byte[0];
            while (true) {
                long end = address + content.length;
                int more = (int) (Libc.PAGE_SIZE - end % Libc.PAGE_SIZE);
                int seen = content.length / stride; // whole rows
                content = Arrays.copyOf(content, content.length + more);
                System.arraycopy(copy(end, more), 0, content, (int) (end - address), more);
                ByteBuffer read = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
                for (int row = seen; row < content.length / stride; row++) {
                    int at = row * stride + name;
                    if ((Libc.WIDE ? read.getLong(at) : read.getInt(at)) == 0) {
                        return new Table(Arrays.copyOf(content, row * stride), stride);
                    }
                }
            }
        }

        long word(int at) {
            return words[at / WORD];
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
            long[] words = table.words;
            int step = table.stride / Table.WORD;
            for (int column : columns) {
                for (int at = column / Table.WORD; at < words.length; at += step) {
                    long address = words[at];
                    if (address != 0) {
                        if (address < least) {
                            least = address;
                        }
                        if (address > most) {
                            most = address;
                        }
                    }
                }
            }
            first = least;
            bytes = most - least > MOST ? new byte[0] : copy(least, (int) (most - least));
        }

        /** Whether there is such a string at an address, or none if that is 0. */
        boolean is(long string, String expected) {
            if (string == 0 || at(string) != expected.charAt(0)) {
                return false;
            }
            for (int i = 1; i < expected.length(); i++) { // stops at the end of a shorter one
                if (at(string + i) != expected.charAt(i)) {
                    return false;
                }
            }
            return at(string + expected.length()) == 0;
        }

        /** The first byte of a string; 0 if there is none. */
        byte initial(long string) {
            return string == 0 ? 0 : at(string);
        }

        private byte at(long address) {
            long index = address - first;
            return index >= 0 && index < bytes.length ? bytes[(int) index] : Libc.getByte(address);
        }
    }

    private static byte[] copy(long address, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(Libc.at(address, length), ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
        return bytes;
    }
}
