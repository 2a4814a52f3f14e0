// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is committed is in a shape to be published: bindings, bill of materials, metadata. */
@Tag("host")
@Tag("tools")
class PublishingTest {

    private static final Path ROOT = Path.of("..");
    private static final Path HEADER = ROOT.resolve("fringe-api/src/main/native/fringe.h");

    @BeforeAll
    static void sourcesAreHere() {
        assumeTrue(Files.exists(HEADER), "not run from the module's directory of a checkout");
    }

    /** Return type and parameter types, each "void", "int", "word" or "pointer", of each function. */
    private static Map<String, List<String>> header() throws IOException {
        String text = Files.readString(HEADER).replaceAll("(?s)/\\*.*?\\*/", " ").replaceAll("(?m)^#.*$", " ");
        Matcher matcher = Pattern.compile("(\\w+ \\*?)\\s*(fringe_\\w+)\\(([^()]*)\\);").matcher(text);
        Map<String, List<String>> functions = new TreeMap<>();
        while (matcher.find()) {
            List<String> types = new ArrayList<>(List.of(kind(matcher.group(1))));
            if (!matcher.group(3).strip().equals("void")) {
                for (String parameter : matcher.group(3).split(",")) {
                    types.add(kind(parameter));
                }
            }
            functions.put(matcher.group(2), types);
        }
        return functions;
    }

    private static String kind(String declaration) {
        if (declaration.contains("*") || declaration.contains("fringe_body")) {
            return "pointer";
        }
        return switch (declaration.strip().split("\\s+")[0]) {
            case "void" -> "void";
            case "int32_t" -> "int";
            case "uintptr_t", "intptr_t" -> "word";
            default -> throw new AssertionError("unknown type: " + declaration);
        };
    }

    /** The same, from what jextract has made of it. */
    private static Map<String, List<String>> bindings(Path file, boolean wide) throws IOException {
        Map<String, List<String>> functions = new TreeMap<>();
        Matcher matcher = Pattern.compile("class (fringe_\\w+) \\{\\s+public static final FunctionDescriptor DESC ="
                + " FunctionDescriptor\\.(of|ofVoid)\\(([^;]*)\\);").matcher(Files.readString(file));
        while (matcher.find()) {
            List<String> types = new ArrayList<>();
            if (matcher.group(2).equals("ofVoid")) {
                types.add("void");
            }
            for (String type : matcher.group(3).strip().split("\\s*,\\s*")) {
                types.add(switch (type.replaceFirst(".*\\.", "")) {
                    case "C_POINTER" -> "pointer";
                    case "C_LONG" -> wide ? "word" : "long";
                    case "C_INT" -> "int";
                    default -> type;
                });
            }
            functions.put(matcher.group(1), types);
        }
        return functions;
    }

    @Test
    void bindingsAgreeWithTheHeader() throws IOException {
        assertEquals(14, header().size(), "functions in fringe.h");
        for (boolean wide : new boolean[] {true, false}) {
            Path file = ROOT.resolve("fringe-native/src/main/java/dev/fringe/nativestacks/binding/"
                    + (wide ? "lp64" : "ilp32") + "/fringe_h.java");
            Map<String, List<String>> expected = header();
            if (!wide) { // a word is an int there
                expected.values().forEach(types -> types.replaceAll(t -> t.equals("word") ? "int" : t));
            }
            assertEquals(expected, bindings(file, wide), file.toString());
        }
    }

    /** A module is published if it has sources for the sources jar. */
    private static Set<String> published() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.toList()) {
                Path pom = module.resolve("pom.xml");
                if (Files.exists(pom) && Files.readString(pom).contains("maven-source-plugin")
                        && !module.equals(ROOT)) {
                    names.add(module.getFileName().toString());
                }
            }
        }
        return names;
    }

    /** The name that a module is published by: that of its folder, but for the one that brings all others. */
    private static String artefact(String module) throws IOException {
        Matcher matcher = Pattern.compile("</parent>.*?<artifactId>(.*?)</artifactId>", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve(module).resolve("pom.xml")));
        assertTrue(matcher.find(), module);
        return matcher.group(1);
    }

    @Test
    void billOfMaterialsIsComplete() throws IOException {
        Matcher matcher = Pattern.compile("<artifactId>(.*?)</artifactId>\\s*<version>\\$")
                .matcher(Files.readString(ROOT.resolve("fringe-bom/pom.xml")));
        Set<String> listed = new TreeSet<>();
        while (matcher.find()) {
            listed.add(matcher.group(1));
        }
        Set<String> artefacts = new TreeSet<>();
        for (String module : published()) {
            artefacts.add(artefact(module));
        }
        assertEquals(artefacts, listed);
    }

    @Test
    void metadataIsComplete() throws IOException {
        for (String module : published()) {
            String pom = Files.readString(ROOT.resolve(module).resolve("pom.xml"));
            assertTrue(pom.contains("<name>") && pom.contains("<description>"), module);
        }
        for (String pom : List.of("pom.xml", "fringe-bom/pom.xml")) {
            String text = Files.readString(ROOT.resolve(pom));
            for (String element : List.of("name", "description", "url", "licenses", "developers", "scm")) {
                assertTrue(text.contains("<" + element + ">"), pom + ": " + element);
            }
        }
    }

    /** What the guide shows is what the tests compile. */
    @Test
    void guideShowsWhatIsTested() throws IOException {
        Path snippets = Path.of("src/test/java/dev/fringe/snippets");
        String tested = squeeze(Files.readString(snippets.resolve("GuideSnippets.java"))
                + Files.readString(snippets.resolve("BridgeSnippets.java"))
                + Files.readString(snippets.resolve("ReadmeSnippets.java")));
        Matcher matcher = Pattern.compile("(?s)```java\\n(.*?)```")
                .matcher(Files.readString(ROOT.resolve("docs/guide.md")));
        int blocks = 0;
        while (matcher.find()) {
            String block = squeeze(matcher.group(1));
            assertTrue(tested.contains(block), () -> "not in the snippets:\n" + matcher.group(1));
            blocks++;
        }
        assertTrue(blocks > 10);
    }

    private static String squeeze(String java) {
        return java.replaceAll("(?m)^\\s*// @(start|end).*$", "").replaceAll("\\s+", "");
    }
}
