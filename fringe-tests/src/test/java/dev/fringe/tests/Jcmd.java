// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The JDK's own tool, used on the virtual machine that asks. */
final class Jcmd {

    private Jcmd() {}

    static String run(String... command) {
        List<String> all = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(ProcessHandle.current().pid())));
        all.addAll(List.of(command));
        try (Subject jcmd = Subject.start(all)) {
            String output = jcmd.awaitEnd();
            if (jcmd.status() != 0) {
                throw new AssertionError(output);
            }
            return output;
        }
    }
}
