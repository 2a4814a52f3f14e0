// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A virtual machine of a test's own, for what changes or ends one. It is of the same kind as the one that
 * runs the test, and scales its counts alike.
 */
final class ChildJvm {

    /** Options that each is started with, before those of its test, separated by spaces. */
    private static final String[] COMMON = System.getProperty("fringe.test.options", "").strip().split(" +");

    private final List<String> options = new ArrayList<>();
    private Predicate<Path> classPath = entry -> true;
    private boolean nativeAccess = true;
    private long seconds = Scale.FACTOR < 1 ? 240 : 120;
    private String shell = "";
    private final List<Path> more = new ArrayList<>();
    private final List<String> wrapper = new ArrayList<>();

    /** What it printed, on both streams, and how it ended. */
    record Result(int status, String output) {

        Result succeeds() {
            assertEquals(0, status, output);
            return this;
        }

        /** The only line that starts with a word. */
        String line(String start) {
            return output.lines().filter(line -> line.startsWith(start)).findFirst()
                    .orElseGet(() -> fail("no line starts with " + start + ":\n" + output));
        }
    }

    /** Whether a program is there, and may do on this machine what its arguments say. */
    static boolean canRun(String... command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    ChildJvm with(String... more) {
        options.addAll(Arrays.asList(more));
        return this;
    }

    /** A shell command that is run before, in the same process, such as a limit. */
    ChildJvm shell(String command) {
        shell = command;
        return this;
    }

    /** A program, with arguments, that starts the virtual machine. */
    ChildJvm as(String... launcher) {
        wrapper.addAll(Arrays.asList(launcher));
        return this;
    }

    ChildJvm withoutNativeAccess() {
        nativeAccess = false;
        return this;
    }

    /** Keeps only some entries of this virtual machine's class path; of those that are left, if it is called again. */
    ChildJvm onlyWith(Predicate<Path> entries) {
        classPath = classPath.and(entries);
        return this;
    }

    /** Adds a directory to the class path. */
    ChildJvm alsoWith(Path entry) {
        more.add(entry);
        return this;
    }

    ChildJvm within(long timeoutInSeconds) {
        seconds = timeoutInSeconds;
        return this;
    }

    static String classPathOf(Predicate<Path> entries) {
        return Arrays.stream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator)).filter(entry -> !entry.isEmpty() && entries.test(Path.of(entry)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    Result run(Class<?> main, String... arguments) {
        return start(command(main, arguments));
    }

    /** Runs the main class of a module, with those entries of the class path as its module path. */
    Result runModule(String module, String main) {
        List<String> command = beforePaths("dev.fringe.nativestacks");
        command.addAll(List.of("-p", classPathOf(classPath), "-m", module + "/" + main));
        return start(command);
    }

    /** The command that starts it, for tests that do so themselves. */
    List<String> command(Class<?> main, String... arguments) {
        List<String> command = beforePaths("ALL-UNNAMED");
        command.add("-cp");
        StringBuilder path = new StringBuilder(classPathOf(classPath));
        more.forEach(entry -> path.append(File.pathSeparator).append(entry));
        command.add(path.toString());
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> beforePaths(String caller) {
        List<String> command = new ArrayList<>(wrapper);
        if (!shell.isEmpty()) {
            command.addAll(List.of("/bin/bash", "-c", shell + " && exec \"$@\"", "sh"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (nativeAccess) {
            command.add("--enable-native-access=" + caller);
        }
        command.add("-XX:-CreateCoredumpOnCrash");
        command.add("-XX:+ErrorFileToStdout");
        command.add("-Dfringe.test.scale=" + Scale.FACTOR);
        Arrays.stream(COMMON).filter(option -> !option.isEmpty()).forEach(command::add);
        command.addAll(options);
        return command;
    }

    private Result start(List<String> command) {
        Path output = null;
        try {
            output = Files.createTempFile("fringe-child", ".log");
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).redirectInput(new File("/dev/null")).start();
            try {
                if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                    dumpThreads(process);
                    fail("no end after " + seconds + " s:\n" + String.join(" ", command) + "\n"
                            + Files.readString(output, StandardCharsets.ISO_8859_1));
                }
                return new Result(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            if (output != null) {
                output.toFile().delete();
            }
        }
    }

    /** The virtual machine prints its threads into its own output. */
    private static void dumpThreads(Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid())).inheritIO().start().waitFor();
        process.waitFor(5, TimeUnit.SECONDS);
    }

    /** The numbers of kernel threads, mappings and so on of this process, from the kernel. */
    static long status(String key) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith(key + ":")).map(line -> line.replaceAll("[^0-9]", ""))
                    .mapToLong(Long::parseLong).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
