// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.spi.Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which backend is used when all are on the path. Each choice is made in a virtual machine of its own,
 * which tells by its memory map what it has loaded. The same test runs on the virtual machine of each
 * architecture that there is one for.
 */
@Tag("child")
class SelectionTest {

    private static final Set<String> ALL = Architectures.names();

    /** What this virtual machine must choose; said in other words than the library's. */
    private static String right() {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> "x86_64";
            case "i386", "x86" -> "x86";
            default -> System.getProperty("os.arch");
        };
    }

    static Stream<String> wrong() {
        return ALL.stream().filter(name -> !name.equals(right())).sorted();
    }

    /** A program: prints what it finds, makes a generator, and prints which libraries it has loaded. */
    static final class Chooser {
        public static void main(String[] arguments) throws IOException {
            System.out.println("found " + ServiceLoader.load(Backend.class).stream()
                    .map(provider -> provider.get().name()).sorted().collect(Collectors.joining(" ")));
            try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> yielder.suspend(input + 1))) {
                System.out.println("resumed " + generator.resume(41).orElseThrow());
            } catch (UnsupportedOperationException | IllegalStateException e) {
                System.out.println("refused " + e);
            }
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
                System.out.println("loaded " + lines.filter(line -> line.contains("/libfringe-"))
                        .map(line -> line.replaceAll(".*/libfringe-([a-z0-9_]+)-.*", "$1")).distinct().sorted()
                        .collect(Collectors.joining(" ")));
            }
        }
    }

    /** What was written into a directory for libraries, by names of backends. */
    private static Set<String> written(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString().replaceAll("libfringe-([a-z0-9_]+)-.*", "$1"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static ChildJvm child(Path directory) throws IOException {
        return new ChildJvm().with("-Ddev.fringe.library.directory="
                + Files.createDirectories(directory.resolve("libraries")));
    }

    private static void assertWorks(ChildJvm child, Path directory) throws IOException {
        ChildJvm.Result result = child.run(Chooser.class).succeeds();
        assertEquals("resumed 42", result.line("resumed"));
        assertEquals("loaded " + right(), result.line("loaded"));
        assertEquals(Set.of(right()), written(directory.resolve("libraries")));
    }

    /** A program: one generator. */
    static final class One {
        public static void main(String[] arguments) {
            try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> yielder.suspend(input + 1))) {
                System.out.println("resumed " + generator.resume(41).orElseThrow());
            }
        }
    }

    /** With all of the artefacts on the path. */
    @ParameterizedTest
    @ValueSource(strings = {"-Dos.name=Mac OS X", "-Dos.name=Windows 11", "-Ddev.fringe.backend=portable"})
    void wherePortableIsUsedNothingOfNativeStacksIsInitialised(String option) {
        String output = new ChildJvm().with(option, "-Xlog:class+init=info").run(One.class).succeeds().output();
        assertTrue(output.contains("resumed 42"), output);
        List<String> initialised = output.lines().filter(line -> line.contains("Initializing 'dev/fringe/")).toList();
        assertTrue(initialised.stream().anyMatch(line -> line.contains("/portable/")), output);
        assertEquals(List.of(), initialised.stream().filter(line -> line.contains("/nativestacks/")
                && !line.contains("/NativeEngineProvider'")).toList());
    }

    @Test
    void theOneThatFitsIsChosenFromAll(@TempDir Path directory) throws IOException {
        assertWorks(child(directory), directory);
        assertTrue(ALL.contains(right()), () -> right() + " is not among " + ALL);
        assertEquals("found " + String.join(" ", ALL),
                child(directory).run(Chooser.class).succeeds().line("found"));
    }

    @Test
    void thePropertyMayNameTheOneThatFits(@TempDir Path directory) throws IOException {
        assertWorks(child(directory).with("-Ddev.fringe.backend=" + right()), directory);
    }

    /** Refused, with nothing loaded and not even a library written. */
    @ParameterizedTest
    @MethodSource("wrong")
    void thePropertyMayNotNameAnother(String name, @TempDir Path directory) throws IOException {
        ChildJvm.Result result = child(directory).with("-Ddev.fringe.backend=" + name).run(Chooser.class).succeeds();
        String refusal = result.line("refused");
        for (String word : List.of("UnsupportedOperationException", "dev.fringe.backend", "\"" + name + "\"",
                "does not fit this machine", "bits", "remove the property")) {
            assertTrue(refusal.contains(word), () -> "\"" + word + "\" is not in: " + refusal);
        }
        assertEquals("loaded ", result.line("loaded"));
        assertEquals(Set.of(), written(directory.resolve("libraries")));
    }

    /** Of two that fit, the property takes either: one that has a library and one that has none. */
    @Test
    void thePropertyDecidesBetweenTwoThatFit(@TempDir Path directory) throws IOException {
        Path services = Files.createDirectories(directory.resolve("odd/META-INF/services"));
        Files.writeString(services.resolve(Backend.class.getName()), OddBackend.Loading.class.getName());
        Path odd = directory.resolve("odd");
        assertWorks(child(directory).alsoWith(odd).with("-Ddev.fringe.backend=" + right()), directory);
        ChildJvm.Result result = child(directory).alsoWith(odd).with("-Ddev.fringe.backend=odd").run(Chooser.class);
        String refusal = result.succeeds().line("refused");
        assertTrue(refusal.contains("\"odd\"") && refusal.contains("does not contain its library"), refusal);
        assertEquals("loaded ", result.line("loaded"));
    }
}
