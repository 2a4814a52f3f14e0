// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.doctor;

import dev.fringe.Doctor;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.commons.lang3.SystemUtils;

/**
 * Runs {@link SelfTest} in a virtual machine of its own, started as this one was: by the same command, with another
 * main class. If that is not known (the command is in a file of arguments, say), it is put together from what the
 * virtual machine tells of its options and paths.
 */
final class Trial {

    private static final long LIMIT_SECONDS = 120;
    private static final String DOCTOR = Doctor.class.getName();
    private static final String TEST = SelfTest.class.getName();
    /** Options that would take a port or a file from this virtual machine, or wait for somebody. */
    private static final List<String> NOT_TWICE = List.of("-agentlib:jdwp", "-Xrunjdwp", "-XX:StartFlightRecording",
            "-Dcom.sun.management.jmxremote", "-XX:OnError", "-XX:ErrorFile");
    private static final List<String> OF_ENVIRONMENT = List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS");

    /** The command up to where the main class is named. */
    private final List<String> options;
    /** How the main class is named. */
    private final List<String> main;
    /** Whether the options contain those that come from the environment. */
    private final boolean withEnvironment;

    private Trial(List<String> options, List<String> main, boolean withEnvironment) {
        this.options = options.stream().filter(option -> NOT_TWICE.stream().noneMatch(option::startsWith)).toList();
        this.main = main;
        this.withEnvironment = withEnvironment;
    }

    /** Finds out how this virtual machine was started. */
    static Trial prepare() {
        Trial same = of(command());
        return same != null ? same : rebuilt();
    }

    /** From a command with the main class in it; null if it is not there. */
    static Trial of(List<String> command) {
        for (int i = 1; i < command.size(); i++) {
            String word = command.get(i);
            List<String> main = word.equals(DOCTOR) ? List.of(TEST)
                    : word.endsWith("/" + DOCTOR) && (word.startsWith("--module=") || command.get(i - 1).equals("-m")
                            || command.get(i - 1).equals("--module")) ? List.of(word.replace(DOCTOR, TEST)) : null;
            if (main != null) {
                List<String> options = new ArrayList<>(command.subList(0, i));
                if (options.getFirst().indexOf(File.separatorChar) < 0) { // found by the PATH, or by something else
                    options.set(0, java());
                }
                if (options.getLast().equals("-m") || options.getLast().equals("--module")) {
                    options.removeLast();
                    main = List.of("-m", main.getFirst());
                }
                return new Trial(options, main, false);
            }
        }
        return null;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static List<String> command() {
        if (SystemUtils.IS_OS_LINUX) { // the JDK reads no more than a page of it
            try {
                String all = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
                Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
                return Arrays.asList(new String(all.getBytes(StandardCharsets.ISO_8859_1), charset).split("\0", -1));
            } catch (IOException | IllegalArgumentException e) {
                return List.of();
            }
        }
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(Arrays.asList(ProcessHandle.current().info().arguments().orElse(new String[0])));
        return command;
    }

    private static Trial rebuilt() {
        List<String> options = new ArrayList<>(List.of(java()));
        boolean told = true;
        try {
            options.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        } catch (LinkageError e) { // no module java.management
            told = false;
            System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("dev.fringe."))
                    .sorted().forEach(name -> options.add("-D" + name + "=" + System.getProperty(name)));
        }
        String modules = System.getProperty("jdk.module.path");
        if (modules != null && options.stream().noneMatch(option -> option.startsWith("--module-path="))) {
            options.addAll(List.of("-p", modules));
        }
        String classes = System.getProperty("java.class.path", "");
        if (!classes.isEmpty()) {
            options.addAll(List.of("-cp", classes));
        }
        Module module = Doctor.class.getModule();
        return new Trial(options, module.isNamed() ? List.of("-m", module.getName() + "/" + TEST) : List.of(TEST),
                told);
    }

    /**
     * Runs it.
     *
     * @param properties system properties besides this virtual machine's
     * @throws IOException if no virtual machine can be started
     */
    Outcome run(Map<String, String> properties) throws IOException {
        List<String> command = new ArrayList<>(options);
        if (System.getProperty("java.vm.name", "").matches(".*(HotSpot|OpenJDK).*")) {
            command.add("-XX:-CreateCoredumpOnCrash"); // a crash leaves no file behind
            command.add("-XX:+ErrorFileToStdout");
        }
        properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(main);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (withEnvironment) {
            builder.environment().keySet().removeAll(OF_ENVIRONMENT);
        }
        Process process = builder.start();
        List<String> output = new ArrayList<>();
        Thread reader = Thread.ofPlatform().daemon().name("fringe-doctor").start(() -> read(process, output));
        try {
            process.getOutputStream().close();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return new Outcome(Outcome.Kind.FAILED, "no end after " + LIMIT_SECONDS + " s", null, List.of());
            }
            reader.join(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
            synchronized (output) {
                return Outcome.read(output, process.exitValue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(Outcome.Kind.FAILED, "it was interrupted", null, List.of());
        } finally {
            process.destroyForcibly();
        }
    }

    private static void read(Process process, List<String> output) {
        try (BufferedReader in = process.inputReader()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                synchronized (output) {
                    output.add(line);
                }
            }
        } catch (IOException e) {
            return; // it has been destroyed
        }
    }
}
