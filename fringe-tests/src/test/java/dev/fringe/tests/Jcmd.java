// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JDK's own tool, used on the virtual machine that asks. Not every runtime has its launcher. */
final class Jcmd {

    private Jcmd() {}

    /**
     * What it prints. It goes through a file: the virtual machine writes some answers while it is at a
     * safepoint, and would wait for ever for a reader that is one of its own threads.
     */
    static String run(String... command) {
        List<String> all = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-m", "jdk.jcmd/sun.tools.jcmd.JCmd", Long.toString(ProcessHandle.current().pid())));
        all.addAll(List.of(command));
        try {
            Path file = Files.createTempFile("fringe-jcmd", ".txt");
            try {
                int status = new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(file.toFile()).start().waitFor();
                String output = Files.readString(file, StandardCharsets.ISO_8859_1);
                if (status != 0) {
                    throw new AssertionError(output);
                }
                return output;
            } finally {
                Files.delete(file);
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
