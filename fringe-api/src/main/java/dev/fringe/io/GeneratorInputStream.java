// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a body writes: turns code that wants an {@link OutputStream} into an {@link InputStream}, without a
 * thread, a pipe, or all of the data in memory.
 *
 * {@snippet file="BridgeSnippets.java" region="inputStream"}
 *
 * <p>The body is the body of a {@link Generator}. It starts with the first read, runs while a read needs
 * bytes, and is suspended in between, in the middle of a write. Encoders such as {@link
 * java.util.zip.GZIPOutputStream}, {@link java.util.zip.ZipOutputStream}, {@link java.io.ObjectOutputStream}
 * and XML writers run in it unchanged.
 *
 * <p><b>Copies.</b> Bytes are copied once, from the array that the body writes into the array that the caller reads
 * into. A read of at least 512 bytes runs the body until it has written that many, or flushes or ends. Smaller reads go
 * through a buffer of 8 KiB. {@link #transferTo} does not copy what the body writes in arrays.
 *
 * <p><b>Flushing.</b> A read may wait for the body to write all the requested bytes. A body that itself waits for input
 * should {@linkplain OutputStream#flush() flush} what the reader is to see at once.
 *
 * <p><b>The end.</b> First come all the bytes that the body has written. Then {@code read} returns -1 if the body has
 * returned. If an exception has left the body, {@code read} and each further one throw it: the same object, if it is an
 * {@link IOException} or unchecked, otherwise as the cause of an {@code IOException}. If the body closes the stream
 * that it was given, it does not end; only its further writes fail.
 *
 * <p><b>Closing.</b> {@link #close} before the end unwinds the body. What the body writes while it is unwound, such as
 * the trailer of a compressed file in a {@code finally} block, is dropped. If it throws anything else then, {@code
 * close} throws that. A stream that becomes unreachable is closed some time later, unless the body refers to it.
 *
 * <p><b>Threads.</b> Any thread may read, one at a time. The reading thread runs the body, as {@link Generator}
 * describes. Any thread may close the stream; a thread that is in {@code read} then gets an {@link
 * AsynchronousCloseException} when the body next suspends. Only the body may write to the stream that it was given;
 * other threads get an {@link IllegalStateException}.
 */
public final class GeneratorInputStream extends InputStream implements ReadableByteChannel {

    /** Writes the bytes that the stream reads. */
    @FunctionalInterface
    public interface Body {

        /**
         * Runs on the stack of a generator.
         *
         * @param out what to write to
         * @throws Exception whatever it throws leaves {@code read}
         */
        void write(OutputStream out) throws Exception;
    }

    private final Bytes bytes;
    private final PipeSource<byte[]> source;

    private GeneratorInputStream(Generator.@Nullable Builder builder, Body body) {
        bytes = new Bytes(Objects.requireNonNull(body, "body"));
        source = new PipeSource<>(builder, bytes);
    }

    /**
     * Makes a stream of what a body writes. Any thread may read it.
     *
     * @param body writes the bytes
     * @return a new stream, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static GeneratorInputStream of(Body body) {
        return new GeneratorInputStream(null, body);
    }

    /**
     * Makes a stream of what a body writes, with a builder for the generator: for another stack, a name, or an
     * interruptible body. If the builder is not {@linkplain Generator.Builder#shared shared}, only the calling thread
     * may read and close the stream.
     *
     * @param builder makes the generator
     * @param body writes the bytes
     * @return a new stream, whose body has not started
     * @throws IllegalStateException if the builder's stack is in use
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static GeneratorInputStream of(Generator.Builder builder, Body body) {
        return new GeneratorInputStream(Objects.requireNonNull(builder, "builder"), body);
    }

    @Override
    public int read() throws IOException {
        return source.fill() ? bytes.one() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        return source.read(target, offset, length);
    }

    /**
     * Reads until a buffer is full, or the body flushes or ends.
     *
     * @param target the buffer
     * @return how many bytes were read; -1 if the body has returned
     * @throws ClosedChannelException if this stream has been closed
     * @throws IllegalArgumentException if the buffer is read-only
     * @throws IOException whatever the body throws
     */
    @Override
    public int read(ByteBuffer target) throws IOException {
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("can't read into a buffer that is read-only");
        }
        if (!source.isOpen()) {
            throw new ClosedChannelException();
        }
        int count = source.read(target, target.position(), target.remaining());
        if (count > 0) {
            target.position(target.position() + count);
        }
        return count;
    }

    /**
     * {@inheritDoc}
     *
     * @return how many bytes the body has written that have not been read; the body is not run
     */
    @Override
    public int available() throws IOException {
        return source.available();
    }

    /** {@inheritDoc} Runs the body until it has written that much, without copying the arrays that it writes. */
    @Override
    public long skip(long length) throws IOException {
        return source.skip(length);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Passes arrays that the body writes to {@code out} as they are, and gathers small writes in a buffer.
     */
    @Override
    public long transferTo(OutputStream out) throws IOException {
        Objects.requireNonNull(out, "out");
        return source.transfer(out::write);
    }

    @Override
    public boolean isOpen() {
        return source.isOpen();
    }

    /**
     * Unwinds the body if it is suspended, and frees its stack. Does nothing if the stream has been closed.
     *
     * @throws IOException what the body throws while it is unwound, except for exceptions of its own writes
     * @throws WrongThreadException if another thread made the stream, with a builder of confined generators
     * @throws IllegalStateException if the body could not be unwound
     */
    @Override
    public void close() throws IOException {
        source.close();
    }

    /** Bytes on their way. */
    private static final class Bytes extends Pipe<byte[]> {

        private final Body body;

        Bytes(Body body) {
            this.body = body;
        }

        /** The next of the bytes that are available. */
        byte one() {
            return start < position ? buffer[start++] : pending[next++];
        }

        @Override
        byte[] newBuffer() {
            return new byte[BUFFER_SIZE];
        }

        @Override
        void copy(byte[] from, int position, Object to, int at, int length) {
            if (to instanceof byte[] array) {
                System.arraycopy(from, position, array, at, length);
            } else {
                ((ByteBuffer) to).put(at, from, position, length);
            }
        }

        @Override
        void body() throws Exception {
            body.write(new Out(this));
        }
    }

    /** What the body writes to. */
    private static final class Out extends OutputStream {

        private final Bytes bytes;
        private boolean closed;

        Out(Bytes bytes) {
            this.bytes = bytes;
        }

        private void ensureOpen() throws IOException {
            if (closed) {
                throw new IOException("the stream is closed");
            }
        }

        @Override
        public void write(int value) throws IOException {
            if (!closed && bytes.fits(1) && bytes.target instanceof byte[] array) {
                array[bytes.position++] = (byte) value;
            } else {
                write(new byte[] {(byte) value}, 0, 1);
            }
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, source.length);
            ensureOpen();
            bytes.put(source, offset, length);
        }

        @Override
        public void flush() throws IOException {
            if (!closed) {
                bytes.flush();
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
