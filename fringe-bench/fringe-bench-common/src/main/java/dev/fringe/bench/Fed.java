// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.io.GeneratorOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
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

/** A parser of lines that is fed piece by piece: how long one piece takes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Fed {

    private static final String LINE = "a line of some forty characters, or so.\n";

    /** The side that reads lines. */
    @State(Scope.Thread)
    public static class Parser {

        /** How many bytes there are in a piece. */
        @Param({"40", "4000"})
        public int piece;

        /** Who parses: "generator", "state machine", or "platform" or "virtual" for a thread behind a pipe. */
        @Param({"generator", "state machine", "platform", "virtual"})
        public String parser;

        private byte[] bytes;
        private OutputStream out;
        private Thread thread;
        private long lines;

        /** Starts the side that reads. */
        @Setup
        public void start() throws IOException {
            bytes = LINE.repeat(piece / LINE.length()).getBytes(StandardCharsets.UTF_8);
            switch (parser) {
                case "generator" -> out = GeneratorOutputStream.of(in -> {
                    read(in);
                    return null;
                });
                case "state machine" -> out = new StateMachine();
                default -> {
                    PipedInputStream pipe = new PipedInputStream(64 * 1024);
                    out = new PipedOutputStream(pipe);
                    Thread.Builder builder = parser.equals("virtual") ? Thread.ofVirtual()
                            : Thread.ofPlatform().daemon();
                    thread = builder.start(() -> {
                        try {
                            read(pipe);
                        } catch (IOException e) {
                            return; // the end of a benchmark
                        }
                    });
                }
            }
        }

        private void read(InputStream in) throws IOException {
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines += line.length();
            }
        }

        /** Gathers a line in a buffer, whatever the pieces are. */
        private final class StateMachine extends OutputStream {

            private byte[] line = new byte[128];
            private int length;

            @Override
            public void write(int value) {
                throw new UnsupportedOperationException("only arrays");
            }

            @Override
            public void write(byte[] source, int offset, int count) {
                int begin = offset;
                for (int i = offset; i < offset + count; i++) {
                    if (source[i] == '\n') {
                        String text;
                        if (length > 0) {
                            keep(source, begin, i);
                            text = new String(line, 0, length, StandardCharsets.UTF_8);
                            length = 0;
                        } else {
                            text = new String(source, begin, i - begin, StandardCharsets.UTF_8);
                        }
                        lines += text.length();
                        begin = i + 1;
                    }
                }
                keep(source, begin, offset + count);
            }

            private void keep(byte[] source, int from, int to) {
                if (length + to - from > line.length) {
                    line = Arrays.copyOf(line, 2 * (length + to - from));
                }
                System.arraycopy(source, from, line, length, to - from);
                length += to - from;
            }
        }

        /** Ends the side that reads. */
        @TearDown
        public void stop() throws IOException, InterruptedException {
            out.close();
            if (thread != null) {
                thread.join();
            }
        }
    }

    /** One piece. */
    @Benchmark
    public long write(Parser parser) throws IOException {
        parser.out.write(parser.bytes);
        return parser.lines;
    }
}
