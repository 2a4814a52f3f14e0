// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the scripts install: the table of tools names what the build and the conformance suites run. */
@Tag("host")
@Tag("tools")
class SetUpTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path TABLE = ROOT.resolve("scripts/tools");

    @BeforeAll
    static void sourcesAreHere() {
        assumeTrue(Files.exists(TABLE), "not run from the module's directory of a checkout");
    }

    /** A row of the table. */
    private record Tool(String thing, String source, Set<String> uses) {}

    private static List<Tool> tools() throws IOException {
        List<Tool> tools = new ArrayList<>();
        for (String line : Files.readAllLines(TABLE)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                List<String> words = List.of(line.strip().split("\\s+"));
                assertTrue(words.size() >= 3, "not a thing, a package and a use: " + line);
                tools.add(new Tool(words.get(0), words.get(1), new HashSet<>(words.subList(2, words.size()))));
            }
        }
        return tools;
    }

    /** The things of the table that have a use. */
    private static Set<String> things(String use) throws IOException {
        Set<String> things = new TreeSet<>();
        tools().stream().filter(tool -> tool.uses().contains(use)).forEach(tool -> things.add(tool.thing()));
        return things;
    }

    @Test
    void whatTheBuildRunsIsInstalledForIt() throws IOException {
        Set<String> run = new TreeSet<>();
        Pattern executable = Pattern.compile("<(?:executable|fringe\\.cc)>([a-z0-9_-]+-gcc)</");
        try (Stream<Path> files = Files.find(ROOT, 3, (file, _) -> file.endsWith("pom.xml"))) {
            for (Path file : files.toList()) {
                executable.matcher(Files.readString(file)).results().map(result -> result.group(1)).forEach(run::add);
            }
        }
        assertTrue(run.size() >= 4, run.toString());
        run.removeAll(things("build"));
        assertEquals(Set.of(), run, "not in scripts/tools for \"build\"");
    }

    /** CC, READELF and the emulator of each architecture's suite, and every emulator that its parts run. */
    @Test
    void whatAnArchitecturesSuiteRunsIsInstalledForIt() throws IOException {
        Pattern tool = Pattern.compile("(?m)^(?:CC|READELF)=(\\S+)|\\b(qemu-[a-z0-9_-]+)");
        try (Stream<Path> folders = Files.list(ROOT.resolve("fringe-conformance/arch"))) {
            for (Path folder : folders.toList()) {
                Set<String> run = new TreeSet<>();
                Matcher matcher = tool.matcher(Files.readString(folder.resolve("run.sh")));
                while (matcher.find()) {
                    run.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
                }
                assertTrue(run.size() >= 2, folder + ": " + run);
                run.removeAll(things("arch:" + folder.getFileName()));
                assertEquals(Set.of(), run, "not in scripts/tools for \"arch:" + folder.getFileName() + '"');
            }
        }
    }

    /** How a command ended, and what it printed. */
    private record Ended(int status, String output) {}

    /** Runs something after scripts/lib.sh has been read, in a copy of the scripts. */
    private static Ended shell(Path copy, String command) throws Exception {
        Files.createDirectories(copy.resolve("scripts"));
        for (String name : List.of("lib.sh", "debian.sh", "tools")) {
            Path file = copy.resolve("scripts").resolve(name);
            if (!Files.exists(file)) {
                Files.copy(ROOT.resolve("scripts").resolve(name), file);
            }
        }
        Path output = copy.resolve("output");
        ProcessBuilder builder = new ProcessBuilder("bash", "-c",
                "set -euo pipefail; . scripts/lib.sh; . scripts/debian.sh; " + command)
                .directory(copy.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("FRINGE_ROOT", copy.toString());
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), command);
        return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8).strip());
    }

    @Test
    void aUseThatTheTableDoesNotKnowIsAnError(@TempDir Path copy) throws Exception {
        Ended ended = shell(copy, "need no-such-use");
        assertNotEquals(0, ended.status());
        assertEquals("fringe: scripts/tools has no row for \"no-such-use\"", ended.output());
    }

    @Test
    void whatIsMissingIsInstalledOnce(@TempDir Path copy) throws Exception {
        Files.createDirectories(copy.resolve("scripts"));
        Files.writeString(copy.resolve("scripts/tools"), """
                # a comment
                %1$s/there      package-there    some
                %1$s/missing    package-one      some
                %1$s/missing    package-one      some others
                %1$s/unneeded   package-two      others
                %1$s/optional   package-three    some?
                """.formatted(copy));
        Files.writeString(copy.resolve("there"), "");
        // In the place of apt-get: one package can't be had, the other brings its file.
        String install = "install() { echo \"install $*\"; [[ $1 != package-three ]] && touch missing; }; ";
        Ended first = shell(copy, install + "need some; echo \"${INSTALLED[*]}, not ${LEFT_OUT_PACKAGES[*]}\"");
        assertEquals(0, first.status(), first.output());
        assertTrue(first.output().startsWith("install package-one\ninstall package-three\nfringe: can't install"
                + " package-three, going on without"), first.output());
        assertTrue(first.output().endsWith("package-one, not package-three"), first.output());
        Files.writeString(copy.resolve("optional"), "");
        Ended second = shell(copy, install + "need some; echo \"nothing: ${#INSTALLED[@]}\"");
        assertEquals("nothing: 0", second.output());
    }

    @Test
    void aPackageThatDoesNotBringItsThingIsAnError(@TempDir Path copy) throws Exception {
        Files.createDirectories(copy.resolve("scripts"));
        Files.writeString(copy.resolve("scripts/tools"), copy + "/missing  package-one  some\n");
        Ended ended = shell(copy, "install() { true; }; need some");
        assertNotEquals(0, ended.status());
        assertTrue(ended.output().contains(copy + "/missing is still missing"), ended.output());
    }

    /** The first suite fails, the second has not the package, the third has it; nothing is left of the others. */
    @Test
    void packagesComeFromTheFirstSuiteThatHasThem(@TempDir Path copy) throws Exception {
        String fake = "need() { :; }; sleep() { :; }; relocate() { :; }; unpack_fetched() { touch \"$1/it\"; };"
                + " private_update() { echo update $1 >> asked; [[ $1 != trixie ]]; };"
                + " private_apt() { case $1-$4 in forky-*) return 100 ;; sid-install) echo 'Inst it (1)' ;; esac; };";
        String unpack = fake + " unpack amd64 \"$PWD/root\" it; echo \"from $(cat root/.suite)\"; ls -A root";
        Ended ended = shell(copy, unpack);
        assertEquals(0, ended.status(), ended.output());
        assertTrue(ended.output().contains("fringe: Debian trixie has no usable index for amd64, or not all of it"),
                ended.output());
        assertTrue(ended.output().contains("fringe: unpacking Debian sid's it for amd64"), ended.output());
        assertTrue(ended.output().contains("from sid"), ended.output());
        assertTrue(Files.exists(copy.resolve("root/it")));
        assertTrue(Files.notExists(copy.resolve("root.new")));
        assertEquals(List.of("update trixie", "update trixie", "update trixie", "update forky", "update sid"),
                Files.readAllLines(copy.resolve("asked")));
        Ended again = shell(copy, unpack);
        assertTrue(again.output().startsWith("from sid"), again.output());
        assertEquals(5, Files.readAllLines(copy.resolve("asked")).size());
    }

    @Test
    void nothingIsLeftOfAnUnpackingThatFails(@TempDir Path copy) throws Exception {
        String fake = "need() { :; }; sleep() { :; }; relocate() { return 1; }; unpack_fetched() { touch \"$1/it\"; };"
                + " private_update() { :; }; private_apt() { [[ $4 != install ]] || echo 'Inst it (1)'; };";
        Ended ended = shell(copy, fake + " unpack amd64 \"$PWD/root\" it");
        assertNotEquals(0, ended.status());
        assertTrue(ended.output().contains("can't unpack it for amd64"), ended.output());
        assertTrue(Files.notExists(copy.resolve("root")));
        assertTrue(Files.notExists(copy.resolve("root.new")));
    }

    /** A module is built again when a source of its own or of what it depends on has changed, and only then. */
    @Test
    void aFingerprintChangesWithTheSources(@TempDir Path copy) throws Exception {
        for (String module : List.of("fringe-a", "fringe-b", "fringe-c")) {
            Files.createDirectories(copy.resolve(module).resolve("src/main"));
            Files.createDirectories(copy.resolve(module).resolve("src/test"));
            Files.writeString(copy.resolve(module).resolve("pom.xml"), module.equals("fringe-a")
                    ? "<dependency>\n  <artifactId>fringe-b</artifactId>\n</dependency>\n" : "");
            Files.writeString(copy.resolve(module).resolve("src/main/source"), "");
        }
        Files.writeString(copy.resolve("pom.xml"), "");
        String command = "JDK=one; fingerprint fringe-a";
        String before = shell(copy, command).output();
        assertEquals(before, shell(copy, command).output());
        Files.writeString(copy.resolve("fringe-c/src/main/source"), "changed");
        Files.writeString(copy.resolve("fringe-b/src/test/source"), "changed");
        assertEquals(before, shell(copy, command).output(), "it depends on neither");
        Files.writeString(copy.resolve("fringe-b/src/main/source"), "changed");
        String after = shell(copy, command).output();
        assertNotEquals(before, after);
        Files.writeString(copy.resolve("fringe-a/src/test/source"), "changed");
        assertNotEquals(after, shell(copy, command).output());
    }
}
