// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.lang.management.ManagementFactory;

/** A process whose output is the result. */
final class Child {

    private static final long LIMIT_SECONDS = 120;

    private Child() {}

    /** What it printed, on both streams; throws with that if it failed or took too long. */
    static List<String> run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("fringe-bench", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            List<String> lines = Files.readAllLines(output);
            if (!ended || process.waitFor() != 0) {
                String last = lines.stream().filter(l -> l.contains("Error") || l.contains("Exception")).findFirst()
                        .orElse(lines.isEmpty() ? "" : lines.getLast());
                throw new IOException(ended ? last : "no end after " + LIMIT_SECONDS + " s: " + last);
            }
            return lines;
        } finally {
            Files.delete(output);
        }
    }

    /** A virtual machine with the options of this one, so that it may use native code. */
    static List<String> java(List<String> options, Class<?> main, Object... arguments)
            throws IOException, InterruptedException {
        return java(System.getProperty("java.class.path"), options, main, arguments);
    }

    /** The same with a class path. */
    static List<String> java(String classPath, List<String> options, Class<?> main, Object... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return run(command);
    }
}
