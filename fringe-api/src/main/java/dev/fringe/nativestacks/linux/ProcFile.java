// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Files in which the kernel tells of the process. They are read by means that an interrupt does not stop: a
 * {@code FileChannel} would be closed by that, whatever the interrupt is meant for.
 */
public final class ProcFile {

    public static final String MAPS = "/proc/self/maps";
    /** Memory, which may be there or not. */
    public static final String MEMORY = "/proc/self/mem";

    /** The kernel gives no more than a page at once. */
    private static final byte[] BUFFER = new byte[4096];

    private ProcFile() {}

    public static List<String> lines(String file) throws IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).lines().toList();
        }
    }

    /** How many lines a file has. Takes the kernel some 0.2 us for each. */
    public static synchronized int countLines(String file) throws IOException {
        int lines = 0;
        try (FileInputStream in = new FileInputStream(file)) {
            for (int read = in.read(BUFFER); read > 0; read = in.read(BUFFER)) {
                for (int i = 0; i < read; i++) {
                    if (BUFFER[i] == '\n') {
                        lines++;
                    }
                }
            }
        }
        return lines;
    }

    /**
     * Reads memory.
     *
     * @return whether all of it was there
     */
    public static boolean read(RandomAccessFile memory, long address, byte[] bytes) {
        try {
            if (address < 0) {
                return false;
            }
            memory.seek(address);
            memory.readFully(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
