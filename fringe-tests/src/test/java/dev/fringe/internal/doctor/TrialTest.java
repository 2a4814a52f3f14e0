// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a child's output is understood, how its command is found, and what Linux tells; with texts made up. */
class TrialTest {

    @Test
    void anOutcomeSurvivesTheWayThroughOtherOutput() {
        Outcome sent = new Outcome(Outcome.Kind.REFUSED, "no thread: EAGAIN", "x86_64",
                List.of(new Outcome.Fact("tid slot", "720 bytes above"), new Outcome.Fact("library", "")));
        List<String> output = new ArrayList<>(List.of("WARNING: something", ""));
        output.addAll(sent.lines());
        output.add("more");
        assertEquals(sent, Outcome.read(output, 0));
    }

    @Test
    void aVirtualMachineThatEndsBadlyHasFailed() {
        List<String> crash = List.of("#", "# A fatal error has been detected by the Java Runtime Environment:", "#",
                "#  SIGSEGV (0xb) at pc=0x00007f, pid=1, tid=2", "#", "[error occurred during error reporting]");
        Outcome outcome = Outcome.read(crash, 134);
        assertEquals(Outcome.Kind.FAILED, outcome.kind());
        assertEquals("the virtual machine ended with status 134: SIGSEGV (0xb) at pc=0x00007f, pid=1, tid=2",
                outcome.text());
        assertEquals("the virtual machine ended with status 1: Unrecognized option: -Xfoo",
                Outcome.read(List.of("Unrecognized option: -Xfoo"), 1).text());
        assertEquals("the virtual machine ended with status 137: it said nothing",
                Outcome.read(List.of(), 137).text());
        Outcome late = Outcome.read(new Outcome(Outcome.Kind.WORKS, "5 switches", "x", List.of()).lines(), 139);
        assertEquals(Outcome.Kind.FAILED, late.kind());
        assertTrue(late.text().contains("status 139"), late.text());
    }

    @Test
    void theCommandIsRepeatedWithAnotherMainClass() {
        for (List<String> command : List.of(
                List.of("/jdk/bin/java", "-Xmx1g", "-cp", "a.jar", "dev.fringe.Doctor"),
                List.of("/ld.so", "/jdk/bin/java", "-p", "a.jar", "-m", "dev.fringe/dev.fringe.Doctor"),
                List.of("java", "-p", "a.jar", "--module=dev.fringe/dev.fringe.Doctor"))) {
            assertNotNull(Trial.of(command), command::toString);
        }
        assertNull(Trial.of(List.of("/jdk/bin/java", "@arguments")));
        assertNull(Trial.of(List.of("/jdk/bin/java", "-cp", "a.jar", "other.Main", "x/dev.fringe.Doctor")));
        assertNull(Trial.of(List.of()));
    }

    /** The limits of a machine that there isn't. */
    @Test
    void limitsAreReadFromFiles(@TempDir Path root) throws IOException {
        write(root, "proc/sys/vm/max_map_count", "65530\n");
        write(root, "proc/sys/vm/overcommit_memory", "2\n");
        write(root, "proc/sys/kernel/threads-max", "1000\n");
        write(root, "proc/self/maps", """
                00400000-00401000 r--p 00000000 08:01 1 /usr/bin/java
                7f0000000000-7f0000001000 r-xp 00000000 08:01 2 /lib/ld-musl-x86_64.so.1
                """);
        write(root, "proc/self/limits", """
                Limit                     Soft Limit           Hard Limit           Units
                Max processes             77                   unlimited            processes
                Max address space         1000000              unlimited            bytes
                Max data size             unlimited            unlimited            bytes
                """);
        write(root, "proc/self/status", "Name:\tjava\nSeccomp:\t2\nSeccomp_filters:\t3\n");
        write(root, "proc/self/cgroup", "0::/box/inner\n");
        write(root, "proc/self/mounts", "a / ext4 rw 0 0\nb /tm\\040p tmpfs rw,noexec 0 0\n");
        write(root, "sys/fs/cgroup/box/pids.max", "40\n");
        write(root, "sys/fs/cgroup/box/inner/pids.max", "max\n");
        LinuxLimits limits = new LinuxLimits(root);
        assertEquals("musl, /lib/ld-musl-x86_64.so.1", limits.libc());
        Map<String, String> facts = new HashMap<>();
        limits.report(Path.of("/"), facts::put);
        assertEquals("2 of 65530 (vm.max_map_count) in use", facts.get("memory mappings"));
        assertEquals("of this user 77 (ulimit -u), of the control group 40 (pids.max), of the machine 1000"
                + " (kernel.threads-max)", facts.get("threads"));
        assertEquals("1000000 bytes (ulimit -v)", facts.get("address space"));
        assertEquals("unlimited (ulimit -d)", facts.get("data"));
        assertTrue(facts.get("overcommit").startsWith("2: "), facts.get("overcommit"));
        assertTrue(facts.get("seccomp").startsWith("a filter (3 of them)"), facts.get("seccomp"));
        assertEquals("/: executable (not noexec, mounted at /)", facts.get("libraries go to"));
    }

    @Test
    void whatLinuxDoesNotTellIsSaidToBeUntold(@TempDir Path root) {
        LinuxLimits limits = new LinuxLimits(root);
        assertEquals("not told", limits.libc());
        Map<String, String> facts = new HashMap<>();
        limits.report(root, facts::put);
        assertEquals("not told", facts.get("memory mappings"));
        assertEquals("not told", facts.get("seccomp"));
        assertEquals(root + ": not told", facts.get("libraries go to"));
    }

    private static void write(Path root, String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
