// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the characters that a body writes: turns code that wants a {@link Writer} into a {@link Reader}. It does for
 * characters what {@link GeneratorInputStream} does for bytes; copies, flushing, the end, closing and threads are as
 * there.
 *
 * {@snippet file="BridgeSnippets.java" region="reader"}
 */
public final class GeneratorReader extends Reader {

    /** Writes the characters that the reader reads. */
    @FunctionalInterface
    public interface Body {

        /**
         * Runs on the stack of a generator.
         *
         * @param out what to write to
         * @throws Exception whatever it throws leaves {@code read}
         */
        void write(Writer out) throws Exception;
    }

    private final Chars chars;
    private final PipeSource<char[]> source;

    private GeneratorReader(Generator.@Nullable Builder builder, Body body) {
        chars = new Chars(Objects.requireNonNull(body, "body"));
        source = new PipeSource<>(builder, chars);
    }

    /**
     * Makes a reader of what a body writes. Any thread may read it.
     *
     * @param body writes the characters
     * @return a new reader, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static GeneratorReader of(Body body) {
        return new GeneratorReader(null, body);
    }

    /**
     * Makes a reader of what a body writes, with a builder for the generator: for another stack, a name, or an
     * interruptible body. If the builder is not {@linkplain Generator.Builder#shared shared}, only the calling thread
     * may read and close the reader.
     *
     * @param builder makes the generator
     * @param body writes the characters
     * @return a new reader, whose body has not started
     * @throws IllegalStateException if the builder's stack is in use
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static GeneratorReader of(Generator.Builder builder, Body body) {
        return new GeneratorReader(Objects.requireNonNull(builder, "builder"), body);
    }

    @Override
    public int read() throws IOException {
        return source.fill() ? chars.one() : -1;
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        return source.read(target, offset, length);
    }

    /**
     * {@inheritDoc}
     *
     * @return whether the body has written something that has not been read; the body is not run
     */
    @Override
    public boolean ready() throws IOException {
        return source.available() > 0;
    }

    /** {@inheritDoc} Runs the body until it has written that much, without copying the arrays that it writes. */
    @Override
    public long skip(long length) throws IOException {
        if (length < 0) {
            throw new IllegalArgumentException("can't skip " + length + " characters");
        }
        return source.skip(length);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Passes arrays that the body writes to {@code out} as they are, and gathers small writes in a buffer.
     */
    @Override
    public long transferTo(Writer out) throws IOException {
        Objects.requireNonNull(out, "out");
        return source.transfer(out::write);
    }

    /**
     * Unwinds the body if it is suspended, and frees its stack. Does nothing if the reader has been closed.
     *
     * @throws IOException what the body throws while it is unwound, except for exceptions of its own writes
     * @throws WrongThreadException if another thread made the reader, with a builder of confined generators
     * @throws IllegalStateException if the body could not be unwound
     */
    @Override
    public void close() throws IOException {
        source.close();
    }

    /** Characters on their way. */
    private static final class Chars extends Pipe<char[]> {

        private final Body body;

        Chars(Body body) {
            this.body = body;
        }

        /** The next of the characters that are available. */
        char one() {
            return start < position ? buffer[start++] : pending[next++];
        }

        @Override
        char[] newBuffer() {
            return new char[BUFFER_SIZE];
        }

        @Override
        void copy(char[] from, int position, Object to, int at, int length) {
            System.arraycopy(from, position, to, at, length);
        }

        @Override
        void body() throws Exception {
            body.write(new Out(this));
        }
    }

    /** What the body writes to. */
    private static final class Out extends Writer {

        private final Chars chars;
        private boolean closed;

        Out(Chars chars) {
            this.chars = chars;
        }

        private void ensureOpen() throws IOException {
            if (closed) {
                throw new IOException("the stream is closed");
            }
        }

        @Override
        public void write(int value) throws IOException {
            if (!closed && chars.fits(1) && chars.target instanceof char[] array) {
                array[chars.position++] = (char) value;
            } else {
                write(new char[] {(char) value}, 0, 1);
            }
        }

        @Override
        public void write(char[] source, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, source.length);
            ensureOpen();
            chars.put(source, offset, length);
        }

        @Override
        public void write(String source, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, source.length());
            ensureOpen();
            if (chars.fits(length)) {
                source.getChars(offset, offset + length, (char[]) chars.target, chars.position);
                chars.position += length;
            } else {
                char[] copy = new char[length];
                source.getChars(offset, offset + length, copy, 0);
                chars.put(copy, 0, length);
            }
        }

        @Override
        public void flush() throws IOException {
            if (!closed) {
                chars.flush();
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
