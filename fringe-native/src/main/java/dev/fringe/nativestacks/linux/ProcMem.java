// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads memory that may not be there, or may be another thread's that is just being protected: as a file, which
 * fails where a load would end the process.
 */
public final class ProcMem implements AutoCloseable {

    private static final String FILE = "/proc/self/mem";

    /** Not a channel, which an interrupt would close. */
    private final RandomAccessFile memory;

    private ProcMem(RandomAccessFile memory) {
        this.memory = memory;
    }

    /**
     * Opens the memory of this process.
     *
     * @throws UnsupportedOperationException if the kernel does not let it
     */
    public static ProcMem open() {
        try {
            return new ProcMem(new RandomAccessFile(FILE, "r"));
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
        byte[] bytes = new byte[length];
        ByteBuffer result = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        try {
            if (address < 0) {
                return result.limit(0);
            }
            memory.seek(address);
            memory.readFully(bytes);
            return result;
        } catch (IOException e) {
            return result.limit(0);
        }
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
