// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;

/** Publishers of the bytes that a body writes. */
public final class BytePublishers {

    /** How many bytes there are in a buffer, unless told otherwise. */
    private static final int CHUNK = 16 * 1024;

    private BytePublishers() {}

    /**
     * Makes a publisher of the bytes that a body writes, in buffers of 16 KiB.
     *
     * {@snippet file="BridgeSnippets.java" region="publisher"}
     *
     * @param executor runs the body and sends the signals, as that of {@link Generator#publisher} does
     * @param body writes the bytes
     * @return a new publisher, which any number of threads may subscribe to
     */
    public static Flow.Publisher<ByteBuffer> of(Executor executor, GeneratorInputStream.Body body) {
        return of(executor, CHUNK, body);
    }

    /**
     * Makes a publisher of the bytes that a body writes. Each subscriber gets all bytes, from a body of its own, which
     * runs while the subscriber has requested more buffers than it has got. The bytes are copied once, into a new array
     * for each buffer, which the subscriber may keep.
     *
     * <p>A buffer is sent when it is full, when the body flushes, and at the end. An exception of the body is sent by
     * {@code onError}, after the bytes that were written before. If the subscriber cancels, the body is unwound, and
     * what it writes then is dropped.
     *
     * @param executor runs the body and sends the signals, as that of {@link Generator#publisher} does
     * @param chunk the number of bytes in a buffer, at least 1; the last one and flushed ones may have fewer
     * @param body writes the bytes
     * @return a new publisher, which any number of threads may subscribe to
     * @throws IllegalArgumentException if {@code chunk} is less than 1
     */
    public static Flow.Publisher<ByteBuffer> of(Executor executor, int chunk, GeneratorInputStream.Body body) {
        Objects.requireNonNull(body, "body");
        if (chunk < 1) {
            throw new IllegalArgumentException("a buffer can't have room for " + chunk + " bytes; it has at least 1");
        }
        return Generator.publisher(executor, yielder -> {
            Chunks out = new Chunks(yielder, chunk);
            try {
                body.write(out);
            } finally {
                out.finish(); // what was written before an exception comes before it
            }
        });
    }

    /** What the body writes to. */
    private static final class Chunks extends OutputStream {

        private final Yielder<Void, ByteBuffer> yielder;
        private final Thread thread = Thread.currentThread();
        private final int size;
        @SuppressWarnings("NullAway.Init") // made when something is written
        private byte[] array;
        private int count;
        private boolean closed;
        private boolean swallowing;
        private int swallowed;

        Chunks(Yielder<Void, ByteBuffer> yielder, int size) {
            this.yielder = yielder;
            this.size = size;
        }

        private void check() throws IOException {
            if (closed) {
                throw new IOException("the stream is closed");
            }
            if (Thread.currentThread() != thread) {
                throw new IllegalStateException("only the body that this stream was given to may write to it, in its"
                        + " own thread; " + Thread.currentThread() + " tried");
            }
        }

        @Override
        public void write(int value) throws IOException {
            check();
            reserve();
            array[count++] = (byte) value;
            if (count == size) {
                send();
            }
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, source.length);
            check();
            for (int done = 0; done < length;) {
                reserve();
                int room = Math.min(size - count, length - done);
                System.arraycopy(source, offset + done, array, count, room);
                count += room;
                done += room;
                if (count == size) {
                    send();
                }
            }
        }

        private void reserve() {
            if (array == null) {
                array = new byte[size];
            }
        }

        @Override
        public void flush() throws IOException {
            if (!closed) {
                check();
                finish();
            }
        }

        void finish() {
            if (count > 0) {
                send();
            }
        }

        @SuppressWarnings("NullAway") // the subscriber keeps the array, and reserve() makes another
        private void send() {
            ByteBuffer buffer = ByteBuffer.wrap(array, 0, count);
            count = 0;
            if (swallowing && ++swallowed < Pipe.SWALLOWED) {
                return; // the array is written over and over again
            }
            array = null;
            try {
                yielder.suspend(buffer);
            } catch (Error e) {
                swallowing = yielder.isClosing();
                throw e;
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
