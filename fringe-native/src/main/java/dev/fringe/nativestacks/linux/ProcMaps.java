// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory mappings of this process, as the kernel tells them. */
public final class ProcMaps {

    private static final Path FILE = Path.of("/proc/self/maps");
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
        try (var lines = Files.lines(FILE, StandardCharsets.ISO_8859_1)) {
            return lines.map(Mapping::of).toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new IllegalStateException("can't find out what memory there is: " + FILE + " is not readable", e);
        }
    }
}
