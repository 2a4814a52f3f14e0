// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process that a test looks at from outside while it runs. Closing kills it. */
final class Subject implements AutoCloseable {

    private static final String END = "\0end";

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> seen = new ArrayList<>();

    private Subject(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().name("output of " + process.pid()).start(() -> {
            try (BufferedReader in = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.ISO_8859_1))) {
                in.lines().forEach(lines::add);
            } catch (IOException e) {
                lines.add(e.toString());
            }
            lines.add(END);
        });
    }

    static Subject start(List<String> command) {
        try {
            return new Subject(new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Subject start(String... command) {
        return start(List.of(command));
    }

    long pid() {
        return process.pid();
    }

    /** Writes a line into its standard input. */
    void tell(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for it to print a line that contains a text. */
    String awaitLine(String text) {
        try {
            while (true) {
                String line = lines.poll(180, TimeUnit.SECONDS);
                if (line == null || line.equals(END)) {
                    return fail("no line with \"" + text + "\" from " + process.info().commandLine().orElse("?") + ":\n"
                            + String.join("\n", seen));
                }
                seen.add(line);
                if (line.contains(text)) {
                    return line;
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for its end; everything that it has printed. */
    String awaitEnd() {
        try {
            String line;
            while ((line = lines.poll(180, TimeUnit.SECONDS)) != null && !line.equals(END)) {
                seen.add(line);
            }
            if (line == null || !process.waitFor(60, TimeUnit.SECONDS)) {
                fail("no end of " + process.info().commandLine().orElse("?") + ":\n" + String.join("\n", seen));
            }
            return String.join("\n", seen);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    int status() {
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
