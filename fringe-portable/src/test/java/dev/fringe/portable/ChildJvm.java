// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main method of the tests in a virtual machine of its own. */
final class ChildJvm {

    private static final long LIMIT_SECONDS = 100;

    /** What it printed, both streams, and its exit status. */
    record Result(int status, String output) {}

    private ChildJvm() {}

    /** Throws unless it ends with status 0. */
    static Result run(Class<?> main, List<String> options) throws IOException, InterruptedException {
        return run(main, options, LIMIT_SECONDS);
    }

    /** The same, with a limit of its own. */
    static Result run(Class<?> main, List<String> options, long limit) throws IOException, InterruptedException {
        Path output = Files.createTempFile("fringe-child", ".txt");
        try {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.add("-XX:-CreateCoredumpOnCrash");
            command.add("-XX:+ErrorFileToStdout");
            command.addAll(options);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).redirectInput(nothing()).start();
            if (!process.waitFor(limit, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("not ended after " + limit + " s: " + Files.readString(output));
            }
            Result result = new Result(process.exitValue(), Files.readString(output));
            if (result.status() != 0) {
                throw new AssertionError("status " + result.status() + ": " + result.output());
            }
            return result;
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static File nothing() throws IOException {
        Path empty = Files.createTempFile("fringe-child", ".in");
        empty.toFile().deleteOnExit();
        return empty.toFile();
    }
}
