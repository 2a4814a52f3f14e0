// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.Doctor;
import dev.fringe.Generator;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.EngineListener;
import dev.fringe.internal.engine.EngineProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Doctor says, and its exit status, where the library works and where it does not. */
class DoctorTest {

    private static final String ANY_FRINGE =
            ".*/fringe-[a-z0-9_]+(/target/classes|-[^/]*\\.jar|/target/fringe[^/]*\\.jar)";
    private static final String API = ".*/fringe-api(/target/classes|-[^/]*\\.jar|/target/fringe[^/]*\\.jar)";
    private static final String PROGRAMS = ".*/fringe-(tests|examples|valgrind)[/-].*";
    private static final String PORTABLE = ".*/(fringe-(portable|all)/target/|fringe-(portable|all|0)[-.]).*";
    private static final String LANG = ".*/commons-lang3-[^/]*\\.jar";

    /** With all engines, and short self-tests. */
    private static ChildJvm child() {
        return new ChildJvm().within(600).with("-Ddev.fringe.doctor.millis=100");
    }

    /** Without the portable engine, which works nearly everywhere. */
    private static ChildJvm nativeChild() {
        return child().onlyWith(entry -> !entry.toString().matches(PORTABLE));
    }

    private static String backend() {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "aarch64";
            default -> "x86";
        };
    }

    private static String lastLine(ChildJvm.Result result) {
        return result.output().lines().reduce((one, other) -> other).orElseThrow();
    }

    /** What is said of a fact. */
    private static String fact(ChildJvm.Result result, String name) {
        String line = result.line("  " + name + "  ");
        return line.substring(name.length() + 2).strip();
    }

    private static void assertSays(String text, String... words) {
        for (String word : words) {
            assertTrue(text.contains(word), () -> "\"" + word + "\" is not in: " + text);
        }
    }

    private static void assertRefuses(ChildJvm.Result result, String... reason) {
        assertEquals(1, result.status(), result.output());
        String last = lastLine(result);
        assertTrue(last.startsWith("fringe does not work here: "), last);
        assertSays(last, reason);
        assertFalse(last.contains("Doctor"), last);
    }

    /** All that a person who asks for help would be asked for. */
    private static void assertComplete(ChildJvm.Result result) {
        result.succeeds();
        assertEquals("fringe works here", lastLine(result), result.output());
        assertSays(fact(result, "virtual machine"), System.getProperty("java.vm.version"));
        assertSays(fact(result, "operating system"), "Linux", System.getProperty("os.version"));
        assertTrue(fact(result, "C library").matches("(glibc \\d+\\.\\d+ \\(.*\\)|musl), /.*"), result.output());
        assertEquals("fits", fact(result, backend()));
        for (String way : List.of("as configured", "by thread pointer")) {
            assertTrue(fact(result, backend() + ", " + way).matches("works: [0-9,]+ switches in [0-9.]+ s"),
                    result.output());
        }
        assertTrue(fact(result, backend() + ", by words").matches("works: .*|not possible here: .*"), result.output());
        assertSays(fact(result, "library"), "libfringe-" + backend());
        assertSays(fact(result, "thread pointer"), "set by ");
        assertSays(fact(result, "tid slot"), " the thread pointer");
        assertTrue(fact(result, "exit word").matches(".* the thread pointer|one for all threads, .*"), result.output());
        assertTrue(fact(result, "memory mappings").matches("[1-9][0-9]* of [1-9][0-9]{3,} .*"), result.output());
        assertTrue(fact(result, "generators").matches("about [1-9][0-9]* more .*"), result.output());
        assertTrue(fact(result, "threads").matches(".* ([0-9]{2,}|unlimited) \\(ulimit -u\\).* [0-9]{3,} \\(kernel.*"),
                result.output());
        for (String path : List.of("switch by words", "quick exit", "kernel thread ids", "blocks of references",
                "code cache for gdb")) {
            assertTrue(fact(result, path).matches("on(: .*)?|off: .+"), result.output());
        }
        for (String limit : List.of("address space", "data", "overcommit", "libraries go to", "seccomp")) {
            assertFalse(fact(result, limit).isEmpty(), result.output());
        }
    }

    @Test
    void aClassPathThatWorksIsReportedInFull(@TempDir Path directory) {
        ChildJvm.Result result = child().with("-Ddev.fringe.library.directory=" + directory).run(Doctor.class);
        assertComplete(result);
        assertSays(fact(result, "library"), directory.toString());
        assertSays(fact(result, "libraries go to"), directory + "/fringe-");
        assertSays(fact(result, "or1k"), "does not fit: ", "bits");
        List<String> properties = result.output().lines().filter(line -> line.startsWith("  property  "))
                .map(line -> line.substring("  property  ".length()).strip()).toList();
        assertEquals(List.of("dev.fringe.doctor.millis=100", "dev.fringe.library.directory=" + directory), properties);
    }

    @Test
    void aModulePathThatWorksIsReportedInFull() {
        assertComplete(child().onlyWith(entry -> entry.toString().matches(ANY_FRINGE + "|" + LANG)
                && !entry.toString().matches(PROGRAMS)).runModule("dev.fringe", Doctor.class.getName()));
    }

    /** Only ways of switching that the user's own properties allow are tried. */
    @Test
    void whatTheUserHasSetIsNotOverridden() {
        ChildJvm.Result result = nativeChild().with("-Ddev.fringe.switch=pointer").run(Doctor.class).succeeds();
        assertEquals("off: -Ddev.fringe.switch=pointer", fact(result, "switch by words"));
        assertFalse(result.output().contains(", by words"), result.output());
        assertEquals("fringe works here", lastLine(result));
    }

    @Test
    void withoutABackendItSaysWhatToAdd() {
        ChildJvm.Result result = child().onlyWith(entry -> entry.toString().matches(API + "|" + LANG))
                .run(Doctor.class);
        assertRefuses(result, "no fringe engine fits this machine", "found: none",
                "Add the artefact dev.fringe:fringe");
        assertSays(fact(result, "none"), "no engine is on the path");
    }

    @Test
    void aBackendThatIsAskedForAndNotThereIsTheReason() {
        assertRefuses(child().with("-Ddev.fringe.backend=riscv").run(Doctor.class), "\"riscv\"", "remove the property");
    }

    @Test
    void deniedNativeAccessIsTheReason() {
        ChildJvm.Result result = nativeChild().withoutNativeAccess().with("--illegal-native-access=deny")
                .run(Doctor.class);
        assertRefuses(result, "--enable-native-access=ALL-UNNAMED");
        assertSays(fact(result, backend() + ", by thread pointer"), "not possible here, for the same reason");
    }

    /** The portable engine stands in, so it works; why the other does not is said with the self-tests. */
    @Test
    void wherePortableStandsInBothAreTold() {
        ChildJvm.Result result = child().withoutNativeAccess().with("--illegal-native-access=deny").run(Doctor.class);
        result.succeeds();
        assertEquals("fringe works here", lastLine(result));
        assertSays(fact(result, backend() + ", by words"), "not possible here: ", "--enable-native-access=ALL-UNNAMED");
        assertSays(fact(result, "portable, as configured"), "works: ");
        assertSays(fact(result, "bodies run on"), "platform threads");
        assertSays(fact(result, "faster"), "--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void theOneThatIsAskedForIsTheOnlyOneTried() {
        ChildJvm.Result result = child().with("-Ddev.fringe.backend=portable").run(Doctor.class).succeeds();
        assertEquals("fringe works here", lastLine(result));
        assertSays(fact(result, "portable, as configured"), "works: ");
        assertEquals("fits", fact(result, backend()));
        assertFalse(result.output().contains(backend() + ", by "), result.output());
    }

    /** On a file system of which nothing may be executed, such as containers have at /dev/shm. */
    @Test
    void aDirectoryThatIsNoexecIsTheReason() throws IOException {
        String place;
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            place = mounts.map(line -> line.split(" ")).filter(part -> ("," + part[3] + ",").contains(",noexec,")
                    && part[2].equals("tmpfs") && Files.isWritable(Path.of(part[1]))).map(part -> part[1])
                    .findFirst().orElse(null);
        }
        assumeTrue(place != null, "there is no file system like this here");
        Path directory = Files.createTempDirectory(Path.of(place), "fringe-doctor");
        try {
            ChildJvm.Result result = nativeChild().with("-Ddev.fringe.library.directory=" + directory)
                    .run(Doctor.class);
            assertRefuses(result, "can't load " + directory, "noexec", "dev.fringe.library.directory");
            assertSays(fact(result, "libraries go to"), "NOT EXECUTABLE");
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Ends the virtual machine that tries it, as a crash does. */
    public static final class Deadly implements EngineProvider {

        @Override
        public List<String> names() {
            return List.of("deadly");
        }

        @Override
        public int rank() {
            return NATIVE - 1;
        }

        @Override
        public String obstacle(String forced) {
            return null;
        }

        @Override
        public Engine create(String forced, EngineListener listener) {
            System.out.println("#  SIGSEGV (0xb) at pc=0x0000000000000000");
            System.out.flush();
            Runtime.getRuntime().halt(134);
            return null;
        }
    }

    @Test
    void anEngineThatKillsTheVirtualMachineIsReportedWithTheRest(@TempDir Path directory) throws IOException {
        Path services = Files.createDirectories(directory.resolve("META-INF/services"));
        Files.writeString(services.resolve(EngineProvider.class.getName()), Deadly.class.getName());
        ChildJvm.Result result = nativeChild().alsoWith(directory).with("-Ddev.fringe.switch=pointer",
                "-Ddev.fringe.forceSyscall=true").run(Doctor.class);
        assertRefuses(result, "status 134", "SIGSEGV");
        assertSays(fact(result, "deadly, as configured"), "FAILED: ", "SIGSEGV");
        assertSays(fact(result, backend() + ", by thread pointer and system call"), "works: ");
    }

    @Test
    void argumentsAreRefused() {
        ChildJvm.Result result = child().run(Doctor.class, "--verbose");
        assertEquals(2, result.status(), result.output());
        assertSays(result.output(), "takes no arguments", "--verbose");
    }

    /** A program that has no engine. */
    static final class Program {
        public static void main(String[] arguments) {
            try {
                Generator.of(yielder -> { });
            } catch (RuntimeException e) {
                System.out.println("refused " + e.getMessage());
            }
        }
    }

    @Test
    void whatAProgramIsRefusedWithNamesTheDoctor() {
        for (Map.Entry<String, String> option : Map.of("-Ddev.fringe.backend=riscv", "riscv",
                "--illegal-native-access=deny", "--enable-native-access").entrySet()) {
            String refusal = nativeChild().withoutNativeAccess().with(option.getKey()).run(Program.class).succeeds()
                    .line("refused ");
            assertSays(refusal, option.getValue(), "java dev.fringe.Doctor");
        }
    }
}
