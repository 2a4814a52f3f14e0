// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Passes the characters that are written to a body that reads. It does for characters what {@link
 * GeneratorOutputStream} does for bytes; copies, the end, exceptions and threads are as there.
 *
 * {@snippet file="BridgeSnippets.java" region="writer"}
 *
 * @param <R> what the body returns
 */
public final class GeneratorWriter<R extends @Nullable Object> extends Writer {

    /**
     * Reads the characters that are written to the writer.
     *
     * @param <R> what it returns
     */
    @FunctionalInterface
    public interface Body<R extends @Nullable Object> {

        /**
         * Runs on the stack of a generator.
         *
         * @param in what to read
         * @return what {@link GeneratorWriter#result} returns; may be null
         * @throws Exception whatever it throws leaves the write or close that was running it
         */
        R read(Reader in) throws Exception;
    }

    private final FeedSink<R> sink;

    private GeneratorWriter(Generator.@Nullable Builder builder, Body<R> body) {
        sink = new FeedSink<>(builder, new Chars<>(Objects.requireNonNull(body, "body")));
    }

    /**
     * Makes a writer that a body reads. Any thread may write to it.
     *
     * @param body reads the characters
     * @param <R> what it returns
     * @return a new writer, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <R extends @Nullable Object> GeneratorWriter<R> of(Body<R> body) {
        return new GeneratorWriter<>(null, body);
    }

    /**
     * Makes a writer that a body reads, with a builder for the generator: for another stack, a name, or an
     * interruptible body. If the builder is not {@linkplain Generator.Builder#shared shared}, only the calling thread
     * may write to the writer and close it.
     *
     * @param builder makes the generator
     * @param body reads the characters
     * @param <R> what it returns
     * @return a new writer, whose body has not started
     * @throws IllegalStateException if the builder's stack is in use
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <R extends @Nullable Object> GeneratorWriter<R> of(Generator.Builder builder, Body<R> body) {
        return new GeneratorWriter<>(Objects.requireNonNull(builder, "builder"), body);
    }

    @Override
    public void write(int value) throws IOException {
        sink.write(new char[] {(char) value}, 0, 1);
    }

    @Override
    public void write(char[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        sink.write(source, offset, length);
    }

    @Override
    public void write(String source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length());
        sink.write(source, offset, length);
    }

    /** Does nothing: a write returns when the body has read it all. */
    @Override
    public void flush() {}

    /**
     * Whether the body has ended: it reads no further input.
     *
     * @return whether it has returned or thrown
     */
    public boolean isDone() {
        return sink.isDone();
    }

    /**
     * Lets the body read the end of the stream, and runs it to its end. Does nothing if the writer has been
     * closed or the body has ended.
     *
     * @throws IOException what the body throws now
     * @throws IllegalStateException if another thread is writing, or the body itself closes the writer
     */
    @Override
    public void close() throws IOException {
        sink.close();
    }

    /**
     * Closes the writer if it is open, and returns the body's result.
     *
     * @return the body's result, which may be null
     * @throws IOException what the body has thrown, now or before
     * @throws CancellationException if the writer was {@linkplain #cancel cancelled} before the body had ended
     * @throws IllegalStateException if another thread is writing, or the body itself calls this
     */
    public R result() throws IOException {
        return sink.result();
    }

    /**
     * Closes the writer in place of {@link #close}, for input that breaks off: the body's read throws an exception
     * instead of reading the end. So half a document is not taken for a whole one. {@link #result} then returns or
     * throws the body's outcome.
     *
     * @param cause what the body's read throws: the same object if it is an {@link IOException}, otherwise as
     *     the cause of one
     * @throws IOException if the writer could not be closed
     * @throws IllegalStateException if another thread is writing, or the body itself calls this
     */
    public void fail(Throwable cause) throws IOException {
        Objects.requireNonNull(cause, "cause");
        sink.fail(cause instanceof IOException e ? e : new IOException(cause));
    }

    /**
     * Unwinds the body if it has not ended, and frees its stack: {@code finally} blocks run, and there is no
     * result. Does nothing if the writer has been closed.
     *
     * @throws IOException what the body throws while it is unwound
     */
    public void cancel() throws IOException {
        sink.cancel();
    }

    /** Characters on their way. */
    private static final class Chars<R extends @Nullable Object> extends Feed<R> {

        private final Body<R> body;

        Chars(Body<R> body) {
            this.body = body;
        }

        @Override
        void copy(Object from, int position, Object to, int at, int length) {
            if (from instanceof String text) {
                text.getChars(position, position + length, (char[]) to, at);
            } else {
                System.arraycopy(from, position, to, at, length);
            }
        }

        @Override
        R body() throws Exception {
            return body.read(new In(this));
        }
    }

    /** What the body reads. */
    private static final class In extends Reader {

        private final Chars<?> chars;
        private boolean closed;

        In(Chars<?> chars) {
            this.chars = chars;
        }

        private void ensureOpen() throws IOException {
            if (closed) {
                throw new IOException("the stream is closed");
            }
        }

        @Override
        public int read() throws IOException {
            ensureOpen();
            if (!chars.await()) {
                return -1;
            }
            int index = chars.position++;
            return chars.source instanceof String text ? text.charAt(index) : ((char[]) chars.source)[index];
        }

        @Override
        public int read(char[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            ensureOpen();
            return chars.read(target, offset, length);
        }

        @Override
        public boolean ready() throws IOException {
            ensureOpen();
            return chars.available() > 0;
        }

        @Override
        public long skip(long length) throws IOException {
            ensureOpen();
            if (length < 0) {
                throw new IllegalArgumentException("can't skip " + length + " characters");
            }
            return chars.skip(length);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
