// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The memory mappings of this process, as the kernel tells them. Read by the C library: the JDK keeps a list of all
 * open files, which has a monitor, and a body must wait for none.
 */
public final class ProcMaps {

    private static final String FILE = "/proc/self/maps";
    /** The kernel gives no more than a page at once. */
    private static final int PAGE = 4096;
    /** Made beforehand: to count takes no memory. */
    private static final MemorySegment BUFFER = Arena.ofAuto().allocate(PAGE);
    private static final MemorySegment NAME = Arena.ofAuto().allocateFrom(FILE);
    /** Addresses, permissions, offset, device, inode, file. */
    private static final int COLUMNS = 6;

    private ProcMaps() {}

    /**
     * One mapping.
     *
     * @param start its lowest address
     * @param end the address above its highest
     * @param access permissions, such as {@code "rw-p"}
     * @param path the file that is mapped, a name in brackets, or nothing
     */
    public record Mapping(long start, long end, String access, String path) {

        private static Mapping of(String line) {
            String[] part = line.split(" +", COLUMNS);
            int dash = part[0].indexOf('-');
            return new Mapping(Long.parseUnsignedLong(part[0].substring(0, dash), 16),
                    Long.parseUnsignedLong(part[0].substring(dash + 1), 16), part[1],
                    part.length == COLUMNS ? part[COLUMNS - 1] : "");
        }

        /** Whether an address is in it. */
        public boolean contains(long address) {
            return Long.compareUnsigned(start, address) <= 0 && Long.compareUnsigned(address, end) < 0;
        }
    }

    /**
     * All mappings, sorted by address. An emulator may leave out one next to which another is being made.
     *
     * @throws IllegalStateException if the kernel does not tell
     */
    public static List<Mapping> all() {
        int file = open();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(PAGE);
            ByteArrayOutputStream all = new ByteArrayOutputStream(PAGE);
            for (int read = read(file, buffer); read > 0; read = read(file, buffer)) {
                all.write(buffer.asSlice(0, read).toArray(ValueLayout.JAVA_BYTE), 0, read);
            }
            return all.toString(StandardCharsets.ISO_8859_1).lines().map(Mapping::of).toList();
        } finally {
            Libc.close(file);
        }
    }

    /**
     * How many there are. Takes the kernel some 0.2 us for each. To be called by one thread at a time.
     *
     * @throws IllegalStateException if the kernel does not tell
     */
    public static int count() {
        int file = open();
        try {
            int lines = 0;
            for (int read = read(file, BUFFER); read > 0; read = read(file, BUFFER)) {
                for (int i = 0; i < read; i++) {
                    if (BUFFER.get(ValueLayout.JAVA_BYTE, i) == '\n') {
                        lines++;
                    }
                }
            }
            return lines;
        } finally {
            Libc.close(file);
        }
    }

    private static int open() {
        Libc.close(-1); // if there is no room to call this later, it is known before
        int file = Libc.open(NAME.address());
        if (file < 0) {
            throw new IllegalStateException("can't find out what memory there is: " + FILE + " is not readable");
        }
        return file;
    }

    private static int read(int file, MemorySegment buffer) {
        int read = Libc.read(file, buffer.address(), PAGE);
        if (read < 0) {
            throw new IllegalStateException("can't find out what memory there is: reading " + FILE + " failed");
        }
        return read;
    }
}
