// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.Generator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Unwinders that are not Java's, standing in a native function that a body has called, go on past the
 * boundary into the frames of the resumer, down to the start of its thread.
 */
@Tag("host")
@Tag("tools")
class NativeToolsTest {

    private static final Path HERE = Path.of(NativeToolsTest.class.getProtectionDomain().getCodeSource().getLocation()
            .getPath());
    private static final String BARE = HERE.resolve("bare").toString();

    @TempDir
    Path directory;

    @BeforeAll
    static void onlyOnX86_64() {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the native helpers are built for x86_64");
    }

    private static void assumeTool(String name) {
        assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(part -> Files.isExecutable(Path.of(part, name))),
                name + " is not installed");
    }

    // ---- what the tools look at ---------------------------------------------------------------------

    /** Calls native functions from the bodies of generators. */
    static final class Program {

        private static MethodHandle find(String name, FunctionDescriptor type) {
            return Linker.nativeLinker().downcallHandle(SymbolLookup.libraryLookup(HERE.resolve("libhelper.so"),
                    Arena.global()).findOrThrow(name), type);
        }

        public static void main(String[] arguments) {
            int depth = Integer.parseInt(arguments[1]);
            switch (arguments[0]) {
                case "wait" -> nest(depth, () -> {
                    find("helper_wait", FunctionDescriptor.ofVoid()).invokeExact();
                });
                case "burn" -> nest(depth, () -> {
                    MethodHandle burn = find("helper_burn",
                            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
                    long sum = (long) burn.invokeExact(500_000_000L);
                    System.out.println("burnt " + sum);
                });
                case "walk" -> walk(depth);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }

        private interface Work {
            void run() throws Throwable;
        }

        private static void nest(int depth, Work work) {
            try (Generator<Void, Void> generator = Generator.of((yielder, input) -> {
                if (depth > 1) {
                    nest(depth - 1, work);
                    return;
                }
                try {
                    work.run();
                } catch (Throwable t) {
                    throw new AssertionError(t);
                }
            })) {
                generator.resume(null);
            }
        }

        /** Prints how many frame records there are from a body to the stack of the thread that runs main. */
        private static void walk(int depth) {
            MethodHandle frame = find("helper_frame", FunctionDescriptor.of(ValueLayout.JAVA_LONG));
            MethodHandle walk = find("helper_walk",
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
            try {
                long mine = (long) frame.invokeExact();
                nest(depth, () -> {
                    int steps = (int) walk.invokeExact(mine, mine + 64 * 1024);
                    System.out.println("steps " + steps);
                });
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        }
    }

    // ---- gdb ----------------------------------------------------------------------------------------

    /** The functions of a backtrace of the thread in which a process waits, newest first. */
    private static List<String> gdb(long pid) {
        String output;
        try (Subject gdb = Subject.start("gdb", "-nx", "-p", Long.toString(pid), "-batch", "-iex",
                "set debuginfod enabled off", "-ex", "thread apply all bt")) {
            output = gdb.awaitEnd();
        }
        assumeFalse(output.contains("Operation not permitted"), "gdb may not attach to a process here");
        String waiting = Arrays.stream(output.split("\n(?=Thread \\d)|\n\n")).filter(part -> part.contains("helper_wait"))
                .findFirst().orElse(output);
        assertTrue(!waiting.contains("corrupt stack"), waiting);
        return waiting.lines().filter(line -> line.startsWith("#"))
                .map(line -> line.replaceAll("^#\\d+ +(0x\\S+ in )?(\\S+).*", "$2")).toList();
    }

    /** Where some functions are in a backtrace, each after the one before; fails if one is missing. */
    private static void assertInOrder(List<String> frames, String... functions) {
        int at = 0;
        for (String function : functions) {
            while (at < frames.size() && !frames.get(at).equals(function)) {
                at++;
            }
            assertTrue(at < frames.size(), () -> function + " is missing:\n" + String.join("\n", frames));
            at++;
        }
    }

    /**
     * What the C library's start of a thread is called: there are symbols for the machine's own, and none for one that
     * was unpacked beside the virtual machine, so that its frames have no names.
     */
    private static String startOfTheThread(String unknown) throws IOException {
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return mappings.anyMatch(line -> line.matches(".* (/usr)?/lib/[^/]+/libc\\.so\\.6")) ? "start_thread" : unknown;
        }
    }

    @ParameterizedTest
    @CsvSource({"-Xint, 1", "-Xint, 2", "-XX:+PreserveFramePointer, 1", "-XX:+PreserveFramePointer, 3"})
    void gdbGoesThroughTheBoundaryToTheStartOfTheThread(String option, int depth) throws IOException {
        assumeTool("gdb");
        try (Subject jvm = Subject.start(new ChildJvm().with(option).command(Program.class, "wait", "" + depth))) {
            jvm.awaitLine("waiting");
            List<String> frames = gdb(jvm.pid());
            List<String> expected = new ArrayList<>(List.of("helper_wait", "java"));
            for (int i = 0; i < depth; i++) {
                expected.addAll(List.of("fringe_entry", "__morestack", "java"));
            }
            String start = startOfTheThread("??");
            expected.addAll(List.of("JavaCalls::call_helper(JavaValue*,", "JavaMain", start));
            assertInOrder(frames, expected.toArray(String[]::new));
            assertTrue(frames.getLast().matches(start.equals("??") ? "\\?\\?|(__)?clone.*" : "(__)?clone.*"), frames.toString());
            assertEquals(depth, frames.stream().filter("__morestack"::equals).count(), frames.toString());
        }
    }

    @Test
    void gdbGoesThroughTheBoundariesOfNativeBodies() {
        assumeTool("gdb");
        try (Subject bare = Subject.start(BARE, "wait")) {
            bare.awaitLine("waiting");
            List<String> frames = gdb(bare.pid());
            assertEquals(List.of("helper_wait", "inner_work", "inner_body", "fringe_bare_entry", "__morestack",
                    "resume_inner", "outer_body", "fringe_bare_entry", "__morestack", "resume_outer", "start", "_start"),
                    frames.subList(frames.indexOf("helper_wait"), frames.size()));
        }
    }

    // ---- frame pointers -----------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"-Xint, 1", "-Xint, 2", "-XX:+PreserveFramePointer, 1", "-XX:+PreserveFramePointer, 2"})
    void theChainOfFramePointersLeadsIntoTheResumersStack(String option, int depth) {
        String line = new ChildJvm().with(option).run(Program.class, "walk", "" + depth).succeeds().line("steps ");
        assertTrue(Integer.parseInt(line.substring(6)) > 2 * depth, line);
    }

    // ---- perf ---------------------------------------------------------------------------------------

    /** The call chains, one a list, newest first, of the samples that were taken in a function. */
    private List<List<String>> perf(String callGraph, String function, List<String> command) throws IOException {
        assumeTool("perf");
        String data = directory.resolve("perf.data").toString();
        List<String> record = new ArrayList<>(List.of("perf", "record", "-q", "-e", "cpu-clock", "-F", "200",
                "--call-graph", callGraph, "-o", data));
        record.addAll(command);
        try (Subject perf = Subject.start(record)) {
            String output = perf.awaitEnd();
            assumeFalse(output.contains("perf_event_paranoid") || output.contains("Permission denied")
                    || output.contains("Operation not permitted"), "perf may not record here");
            assertEquals(0, perf.status(), output);
        }
        try (Subject script = Subject.start("perf", "script", "-i", data, "-F", "ip,sym")) {
            List<List<String>> chains = Arrays.stream(script.awaitEnd().split("\n\\s*\n"))
                    .map(sample -> sample.lines().map(line -> line.trim().replaceAll("^[0-9a-f]+ ([^+]*).*", "$1").trim())
                            .toList())
                    .filter(chain -> chain.contains(function))
                    .map(chain -> chain.subList(chain.indexOf(function), chain.size())).toList();
            assertTrue(chains.size() > 3, () -> "no samples in " + function);
            return chains;
        }
    }

    @ParameterizedTest
    @CsvSource({"fp", "'dwarf,49152'"})
    void perfGoesThroughTheBoundariesOfNativeBodies(String callGraph) throws IOException {
        for (List<String> chain : perf(callGraph, "helper_burn", List.of(BARE, "burn"))) {
            assertEquals(List.of("helper_burn", "inner_work", "inner_body", "fringe_bare_entry", "__morestack",
                    "resume_inner", "outer_body", "fringe_bare_entry", "__morestack", "resume_outer", "start", "_start"),
                    chain.subList(0, 12));
        }
    }

    @ParameterizedTest
    @CsvSource({"-Xint, 1", "-XX:+PreserveFramePointer, 2"})
    void perfGoesThroughTheBoundaryByFramePointers(String option, int depth) throws IOException {
        List<String> command = new ChildJvm().with(option, "-XX:+UnlockDiagnosticVMOptions", "-XX:+DumpPerfMapAtExit")
                .command(Program.class, "burn", "" + depth);
        for (List<String> chain : perf("fp", "helper_burn", command)) {
            List<String> expected = new ArrayList<>(List.of("helper_burn"));
            for (int i = 0; i < depth; i++) {
                expected.addAll(List.of("fringe_entry", "__morestack"));
            }
            expected.addAll(List.of("JavaMain", startOfTheThread("[unknown]")));
            assertInOrder(chain, expected.toArray(String[]::new));
        }
    }
}
