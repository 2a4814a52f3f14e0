// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The memory mappings of this process, as the kernel tells them. */
public final class ProcMaps {

    /** Read as a stream, which no interrupt closes. */
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
        try (FileInputStream in = new FileInputStream(FILE)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).lines().map(Mapping::of).toList();
        } catch (IOException e) {
            throw new IllegalStateException("can't find out what memory there is: " + FILE + " is not readable", e);
        }
    }

    /**
     * How many there are. Takes the kernel some 0.2 us for each. To be called by one thread at a time. Not by a stream:
     * the JDK keeps a list of all open files, which has a monitor, and a body must wait for none.
     *
     * @throws IllegalStateException if the kernel does not tell
     */
    public static int count() {
        Libc.close(-1); // if there is no room to call this later, it is known before
        int file = Libc.open(NAME.address());
        if (file < 0) {
            throw new IllegalStateException("can't count mappings: " + FILE + " is not readable");
        }
        try {
            return lines(file);
        } finally {
            Libc.close(file);
        }
    }

    private static int lines(int file) {
        int lines = 0;
        int read = Libc.read(file, BUFFER.address(), PAGE);
        while (read > 0) {
            for (int i = 0; i < read; i++) {
                if (BUFFER.get(ValueLayout.JAVA_BYTE, i) == '\n') {
                    lines++;
                }
            }
            read = Libc.read(file, BUFFER.address(), PAGE);
        }
        if (read < 0) {
            throw new IllegalStateException("can't count mappings: reading " + FILE + " failed");
        }
        return lines;
    }
}
