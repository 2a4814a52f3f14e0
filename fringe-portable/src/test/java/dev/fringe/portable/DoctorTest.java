// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Doctor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the Doctor says where the portable engine is the only one, or is asked for. */
class DoctorTest {

    private static final String TEST = "works: [0-9,]+ switches in [0-9.]+ s";

    private static List<String> run(String... options) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-Ddev.fringe.doctor.millis=100");
        List<String> lines = ChildJvm.run(Doctor.class, all).output().lines().toList();
        assertEquals("fringe works here", lines.getLast(), () -> String.join("\n", lines));
        return lines;
    }

    private static String fact(List<String> lines, String name) {
        String start = "  " + name + "  ";
        return lines.stream().filter(line -> line.startsWith(start)).map(line -> line.substring(start.length()).strip())
                .findFirst().orElseThrow(() -> new AssertionError(name + ": " + String.join("\n", lines)));
    }

    private static void assertBothWaysWork(List<String> lines) {
        assertEquals("fits", fact(lines, "portable"));
        for (String way : List.of("as configured", "the fastest that can be had", "threads that take turns")) {
            assertTrue(fact(lines, "portable, " + way).matches(TEST), () -> String.join("\n", lines));
        }
    }

    @Test
    void theAccessAndWhatWouldBeFasterAreTold() throws IOException, InterruptedException {
        List<String> allowed = run("--enable-native-access=ALL-UNNAMED", "-Ddev.fringe.backend=portable");
        assertBothWaysWork(allowed);
        assertTrue(fact(allowed, "bodies run on").contains("native access"), () -> fact(allowed, "bodies run on"));
        assertTrue(fact(allowed, "can't").contains("suspend below frames of native code"));
        List<String> denied = run("--illegal-native-access=deny");
        assertTrue(fact(denied, "bodies run on").startsWith("platform threads"), () -> fact(denied, "bodies run on"));
        assertTrue(fact(denied, "faster").contains("--enable-native-access=ALL-UNNAMED"));
        List<String> opened = run("--illegal-native-access=deny", "--add-opens",
                "java.base/java.lang.invoke=ALL-UNNAMED");
        assertTrue(fact(opened, "bodies run on").contains("--add-opens"), () -> fact(opened, "bodies run on"));
        assertTrue(fact(opened, "faster").contains("--enable-native-access=ALL-UNNAMED"));
    }

    /** Nothing of Linux is told where the virtual machine says that it is on another system. */
    @Test
    void elsewhereNothingOfLinuxIsRead() throws IOException, InterruptedException {
        List<String> lines = run("--enable-native-access=ALL-UNNAMED", "-Dos.name=Mac OS X");
        assertTrue(fact(lines, "operating system").startsWith("Mac OS X "));
        assertBothWaysWork(lines);
        for (String word : List.of("Limits", "C library", "max_map_count", "seccomp", "/proc/")) {
            assertFalse(lines.stream().anyMatch(line -> line.contains(word)), () -> String.join("\n", lines));
        }
    }
}
