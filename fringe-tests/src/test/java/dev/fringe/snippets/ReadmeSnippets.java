// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.snippets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the README and the front page of the documentation show; compiled and run. */
class ReadmeSnippets {

    /** What a snippet prints. */
    static List<String> output(Runnable snippet) {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            snippet.run();
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static void numbersSnippet() {
        // @start region="numbers"
        try (Generator<Void, Integer> numbers = Generator.of(yielder -> {
            for (int i = 1; i < 4; i++) {
                yielder.suspend(i);
            }
        })) {
            System.out.println(numbers.resume()); // Optional[1]
            System.out.println(numbers.resume()); // Optional[2]
            System.out.println(numbers.resume()); // Optional[3]
            System.out.println(numbers.resume()); // Optional.empty
        }
        // @end
    }

    @Test
    void numbers() {
        assertEquals(List.of("Optional[1]", "Optional[2]", "Optional[3]", "Optional.empty"),
                output(ReadmeSnippets::numbersSnippet));
    }

    // @start region="tree"
    record Tree(Tree left, String value, Tree right) {

        void walk(Yielder<Void, String> yielder) {
            if (left != null) {
                left.walk(yielder);
            }
            yielder.suspend(value); // as deep in the recursion as it happens to be
            if (right != null) {
                right.walk(yielder);
            }
        }
    }

    static void print(Tree tree) {
        for (String value : Generator.of(tree::walk)) {
            System.out.println(value);
        }
    }
    // @end

    @Test
    void tree() {
        Tree tree = new Tree(new Tree(null, "a", null), "b", new Tree(null, "c", null));
        assertEquals(List.of("a", "b", "c"), output(() -> print(tree)));
    }
}
