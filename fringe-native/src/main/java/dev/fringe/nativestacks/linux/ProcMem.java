// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Reads memory that may not be there, or may be another thread's that is just being protected: as a file, which
 * fails where a load would end the process.
 */
public final class ProcMem implements AutoCloseable {

    private static final Path FILE = Path.of("/proc/self/mem");

    private final FileChannel memory;

    private ProcMem(FileChannel memory) {
        this.memory = memory;
    }

    /**
     * Opens the memory of this process.
     *
     * @throws UnsupportedOperationException if the kernel does not let it
     */
    public static ProcMem open() {
        try {
            return new ProcMem(FileChannel.open(FILE));
        } catch (IOException e) {
            throw new UnsupportedOperationException("can't read " + FILE, e);
        }
    }

    /**
     * Reads some bytes, all or none.
     *
     * @return the bytes, in native order, from position 0; with none remaining if they can't be read
     */
    public ByteBuffer read(long address, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
        try {
            if (address < 0 || memory.read(bytes, address) != length) {
                return bytes.clear().limit(0);
            }
        } catch (IOException e) {
            return bytes.clear().limit(0);
        }
        return bytes.flip();
    }

    /** A word; 0 if it can't be read. */
    public long word(long address) {
        ByteBuffer bytes = read(address, (int) Libc.WORD.byteSize());
        return !bytes.hasRemaining() ? 0
                : Libc.WIDE ? bytes.getLong(0) : Integer.toUnsignedLong(bytes.getInt(0));
    }

    /** A 32-bit number; 0 if it can't be read. */
    public int number(long address) {
        ByteBuffer bytes = read(address, Integer.BYTES);
        return bytes.hasRemaining() ? bytes.getInt(0) : 0;
    }

    @Override
    public void close() {
        try {
            memory.close();
        } catch (IOException e) {
            return; // nothing has been written
        }
    }
}
