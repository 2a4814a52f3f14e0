// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes what is written to a body that reads: turns a parser that blocks for input into one that is fed piece by
 * piece, as the input arrives. So one thread serves any number of connections, and none of them blocks it.
 *
 * {@snippet file="BridgeSnippets.java" region="outputStream"}
 *
 * <p>The body is the body of a {@link Generator}, and returns a result. It starts with the first write. A write runs it
 * until it has read all of the input and asks for more. Then it is suspended in the middle of its read, and the write
 * returns. {@link java.util.zip.GZIPInputStream}, XML and JSON parsers, {@link java.io.BufferedReader} and {@link
 * java.io.ObjectInputStream} run in it unchanged.
 *
 * <p>It is also a {@link WritableByteChannel} and a {@link Consumer} of byte buffers. As either, it takes the whole of
 * a buffer.
 *
 * <p><b>Copies.</b> The body's reads copy straight from the caller's array or (even direct) buffer, and {@link
 * InputStream#transferTo} in the body passes the caller's array on. Nothing is gathered: each write takes a switch to
 * the body and back. To write byte by byte, put a {@link java.io.BufferedOutputStream} before it.
 *
 * <p><b>The end.</b> {@link #close} lets the body read the end of the stream, and returns when the body has ended.
 * {@link #result} closes the stream if need be, and returns the body's result. A body may return before the end of its
 * input; then {@link #isDone} is true, and further input is dropped. {@link #fail} lets the body's read throw instead,
 * and {@link #cancel} unwinds the body.
 *
 * <p><b>Exceptions.</b> An exception that leaves the body leaves the call that was running it, a write or {@code
 * close}: the same object, if it is an {@link IOException} or unchecked, otherwise as the cause of an {@code
 * IOException}. Each {@code result} throws it, too. Further writes throw an {@code IOException} with that cause. {@code
 * close} then does nothing, so that try-with-resources does not add an exception to itself.
 *
 * <p><b>Threads.</b> Any thread may write, one at a time. The writing thread runs the body, as {@link Generator}
 * describes. Only the body may read the stream that it was given; other threads get an {@link IllegalStateException}.
 * If a stream becomes unreachable before it was closed, its body is unwound some time later, unless the body refers to
 * the stream.
 *
 * @param <R> what the body returns
 */
public final class GeneratorOutputStream<R extends @Nullable Object> extends OutputStream
        implements WritableByteChannel, Consumer<ByteBuffer> {

    /**
     * Reads the bytes that are written to the stream.
     *
     * @param <R> what it returns
     */
    @FunctionalInterface
    public interface Body<R extends @Nullable Object> {

        /**
         * Runs on the stack of a generator.
         *
         * @param in what to read
         * @return what {@link GeneratorOutputStream#result} returns; may be null
         * @throws Exception whatever it throws leaves the write or close that was running it
         */
        R read(InputStream in) throws Exception;
    }

    private final FeedSink<R> sink;

    private GeneratorOutputStream(Generator.@Nullable Builder builder, Body<R> body) {
        sink = new FeedSink<>(builder, new Bytes<>(Objects.requireNonNull(body, "body")));
    }

    /**
     * Makes a stream that a body reads. Any thread may write to it.
     *
     * @param body reads the bytes
     * @param <R> what it returns
     * @return a new stream, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <R extends @Nullable Object> GeneratorOutputStream<R> of(Body<R> body) {
        return new GeneratorOutputStream<>(null, body);
    }

    /**
     * Makes a stream that a body reads, with a builder for the generator: for another stack, a name, or an
     * interruptible body. If the builder is not {@linkplain Generator.Builder#shared shared}, only the calling thread
     * may write to the stream and close it.
     *
     * @param builder makes the generator
     * @param body reads the bytes
     * @param <R> what it returns
     * @return a new stream, whose body has not started
     * @throws IllegalStateException if the builder's stack is in use
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <R extends @Nullable Object> GeneratorOutputStream<R> of(Generator.Builder builder, Body<R> body) {
        return new GeneratorOutputStream<>(Objects.requireNonNull(builder, "builder"), body);
    }

    @Override
    public void write(int value) throws IOException {
        sink.write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        sink.write(source, offset, length);
    }

    /**
     * Lets the body read the whole of a buffer.
     *
     * @param source the buffer, in which nothing remains afterwards
     * @return the number of bytes
     * @throws ClosedChannelException if this stream has been closed
     * @throws IOException whatever the body throws
     */
    @Override
    public int write(ByteBuffer source) throws IOException {
        if (!sink.isOpen()) {
            throw new ClosedChannelException();
        }
        int count = source.remaining();
        sink.write(source, source.position(), count);
        source.position(source.limit());
        return count;
    }

    /**
     * Lets the body read the whole of a buffer.
     *
     * @param source the buffer, in which nothing remains afterwards
     * @throws UncheckedIOException if {@link #write(ByteBuffer)} throws an {@link IOException}, which is the
     *     cause
     */
    @Override
    public void accept(ByteBuffer source) {
        try {
            write(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Does nothing: a write returns when the body has read it all. */
    @Override
    public void flush() {}

    @Override
    public boolean isOpen() {
        return sink.isOpen();
    }

    /**
     * Whether the body has ended: it reads no further input.
     *
     * @return whether it has returned or thrown
     */
    public boolean isDone() {
        return sink.isDone();
    }

    /**
     * Lets the body read the end of the stream, and runs it to its end. Does nothing if the stream has been
     * closed or the body has ended.
     *
     * @throws IOException what the body throws now
     * @throws IllegalStateException if another thread is writing, or the body itself closes the stream
     */
    @Override
    public void close() throws IOException {
        sink.close();
    }

    /**
     * Closes the stream if it is open, and returns the body's result.
     *
     * @return the body's result, which may be null
     * @throws IOException what the body has thrown, now or before
     * @throws CancellationException if the stream was {@linkplain #cancel cancelled} before the body had ended
     * @throws IllegalStateException if another thread is writing, or the body itself calls this
     */
    public R result() throws IOException {
        return sink.result();
    }

    /**
     * Closes the stream in place of {@link #close}, for input that breaks off: the body's read throws an exception
     * instead of reading the end. So half a document is not taken for a whole one. {@link #result} then returns or
     * throws the body's outcome.
     *
     * @param cause what the body's read throws: the same object if it is an {@link IOException}, otherwise as
     *     the cause of one
     * @throws IOException if the stream could not be closed
     * @throws IllegalStateException if another thread is writing, or the body itself calls this
     */
    public void fail(Throwable cause) throws IOException {
        Objects.requireNonNull(cause, "cause");
        sink.fail(cause instanceof IOException e ? e : new IOException(cause));
    }

    /**
     * Unwinds the body if it has not ended, and frees its stack: {@code finally} blocks run, and there is no
     * result. Does nothing if the stream has been closed.
     *
     * @throws IOException what the body throws while it is unwound
     */
    public void cancel() throws IOException {
        sink.cancel();
    }

    /** Bytes on their way. */
    private static final class Bytes<R extends @Nullable Object> extends Feed<R> {

        private final Body<R> body;

        Bytes(Body<R> body) {
            this.body = body;
        }

        @Override
        void copy(Object from, int position, Object to, int at, int length) {
            if (from instanceof byte[] array) {
                System.arraycopy(array, position, to, at, length);
            } else {
                ((ByteBuffer) from).get(position, (byte[]) to, at, length);
            }
        }

        @Override
        R body() throws Exception {
            return body.read(new In(this));
        }
    }

    /** What the body reads. */
    private static final class In extends InputStream {

        private final Bytes<?> bytes;
        private boolean closed;

        In(Bytes<?> bytes) {
            this.bytes = bytes;
        }

        private void ensureOpen() throws IOException {
            if (closed) {
                throw new IOException("the stream is closed");
            }
        }

        @Override
        public int read() throws IOException {
            ensureOpen();
            if (!bytes.await()) {
                return -1;
            }
            int index = bytes.position++;
            return (bytes.source instanceof byte[] array ? array[index] : ((ByteBuffer) bytes.source).get(index))
                    & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            ensureOpen();
            return bytes.read(target, offset, length);
        }

        @Override
        public int available() throws IOException {
            ensureOpen();
            return bytes.available();
        }

        @Override
        public long skip(long length) throws IOException {
            ensureOpen();
            return bytes.skip(length);
        }

        @Override
        public long transferTo(OutputStream out) throws IOException {
            ensureOpen();
            Objects.requireNonNull(out, "out");
            long count = 0;
            while (bytes.await()) {
                if (bytes.source instanceof byte[] array) {
                    int length = bytes.available();
                    out.write(array, bytes.position, length);
                    bytes.position += length;
                    count += length;
                } else {
                    byte[] copy = new byte[Math.min(bytes.available(), Pipe.BUFFER_SIZE)];
                    out.write(copy, 0, bytes.read(copy, 0, copy.length));
                    count += copy.length;
                }
            }
            return count;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
