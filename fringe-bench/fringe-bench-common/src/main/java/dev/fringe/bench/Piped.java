// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import dev.fringe.io.GeneratorInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Bytes that one side writes, 8 KiB at a time, and the other reads: how long one read takes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Piped {

    private static final int WRITE = 8 * 1024;

    /** The side that reads. */
    @State(Scope.Thread)
    public static class Reader {

        /** How much it asks for. */
        @Param({"8192", "65536"})
        public int read;

        /** What writes: a generator that any thread may resume, a confined one, "copy", or "THREADS SIZE" of a pipe. */
        @Param({"generator", Plan.CONFINED_PIPE, "copy", "copy through a buffer", "platform 65536", "virtual 65536",
            "platform 1024"})
        public String writer;

        private byte[] buffer;
        private InputStream in;
        private Thread thread;

        /** Starts the side that writes. */
        @Setup
        public void start() throws IOException {
            buffer = new byte[read];
            switch (writer) {
                case "generator" -> in = GeneratorInputStream.of(Piped::write);
                case Plan.CONFINED_PIPE -> in = GeneratorInputStream.of(Generator.builder(), Piped::write);
                case "copy" -> in = new Copy(false);
                case "copy through a buffer" -> in = new Copy(true);
                default -> {
                    String[] words = writer.split(" ");
                    PipedInputStream pipe = new PipedInputStream(Integer.parseInt(words[1]));
                    PipedOutputStream out = new PipedOutputStream(pipe);
                    Thread.Builder builder = words[0].equals("virtual") ? Thread.ofVirtual()
                            : Thread.ofPlatform().daemon();
                    in = pipe;
                    thread = builder.start(() -> {
                        try {
                            write(out);
                        } catch (IOException e) {
                            return; // the end of a benchmark
                        }
                    });
                }
            }
        }

        /** Ends the side that writes. */
        @TearDown
        public void stop() throws IOException, InterruptedException {
            in.close();
            if (thread != null) {
                thread.interrupt();
                thread.join();
            }
        }
    }

    private static void write(OutputStream out) throws IOException {
        byte[] bytes = new byte[WRITE];
        for (byte i = 0;; i++) {
            Arrays.fill(bytes, 0, 64, i);
            out.write(bytes);
        }
    }

    /** What the copy alone takes, and what the writer does; at once, or by way of a buffer as every pipe has it. */
    private static final class Copy extends InputStream {

        private final byte[] bytes = new byte[WRITE];
        private final byte[] between;
        private byte next;

        Copy(boolean buffered) {
            between = buffered ? new byte[WRITE] : bytes;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("only arrays");
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            for (int done = 0; done < length; done += WRITE) {
                Arrays.fill(bytes, 0, 64, next++);
                if (between != bytes) {
                    System.arraycopy(bytes, 0, between, 0, WRITE);
                }
                System.arraycopy(between, 0, target, offset + done, WRITE);
            }
            return length;
        }
    }

    /** Fills the buffer. */
    @Benchmark
    public int read(Reader reader) throws IOException {
        return reader.in.readNBytes(reader.buffer, 0, reader.buffer.length);
    }
}
