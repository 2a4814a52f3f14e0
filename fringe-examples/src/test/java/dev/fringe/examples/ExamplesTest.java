// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The examples print what they should. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExamplesTest {

    @FunctionalInterface
    private interface Main {
        void run(String[] arguments) throws Exception;
    }

    private static List<String> output(Main main) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            main.run(new String[0]);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void demo() throws Exception {
        assertEquals("""
                Optional[1]
                Optional[2]
                Optional[3]
                Optional.empty

                A running average, numbers in and averages out:
                  10.0 -> 10.0
                  20.0 -> 15.0
                  60.0 -> 30.0

                A recursive tree, in order, in a for-each loop:
                  a b c d e f

                An exception leaves a body through resume:
                  index 1: Optional[2]
                  index 5: Index 5 out of bounds for length 3
                  afterwards: Optional.empty, FINISHED""".lines().toList(), output(Demo::main));
    }

    @Test
    void tree() throws Exception {
        assertEquals(List.of("1 2 3 4 5 6 7 8 9 10 ", "another shape: true", "another leaf: false",
                "a million leaves: true"), output(TreeWalk::main));
    }

    @Test
    void sax() throws Exception {
        assertEquals(List.of("book 1", "Coroutines", "book 2", "Trampolines"), output(SaxPuller::main));
    }

    @Test
    void permutations() throws Exception {
        assertEquals(List.of("abc", "acb", "bac", "bca", "cab", "cba", "9567 + 1085 = 10652"),
                output(Permutations::main));
    }

    @Test
    void sort() throws Exception {
        List<String> lines = output(NativeSort::main);
        String sorted = lines.get(lines.size() - 2);
        assertEquals(sorted.chars().sorted().boxed().toList(), sorted.chars().boxed().toList());
        assertEquals(lines.getFirst().chars().sorted().boxed().toList(), sorted.chars().boxed().toList());
        assertEquals((lines.size() - 2) + " comparisons", lines.getLast());
        assertTrue(lines.size() > 24);
    }

    @Test
    void scheduler() throws Exception {
        List<String> expected = new ArrayList<>();
        for (String turn : "0 2, 0 3, 0 4, 2 2, 3 3, 4 4, 4 2, 6 3, 6 2, 8 4, 8 2".split(", ")) {
            expected.add("time " + turn.charAt(0) + ": the task that sleeps for " + turn.charAt(2) + " runs");
        }
        expected.add("10000 tasks took 30000 turns on one thread, the last at time 10000; their numbers add up to 49995000");
        assertEquals(expected, output(Scheduler::main));
    }

    @Test
    void bank() throws Exception {
        List<String> lines = output(BankQueue::main);
        assertEquals(List.of("served 194, lost 6, closed at minute 679, average wait 226 s"), lines);
        assertEquals(lines, output(BankQueue::main), "the random numbers are the same each time");
    }

    @Test
    void zip() throws Exception {
        assertEquals(List.of("100 files of 999985 bytes"), output(ZipServer::main));
    }

    @Test
    void json() throws Exception {
        assertEquals(List.of("[16380.0, 18240.0, 20200.0]"), output(JsonFeed::main));
    }

    @Test
    void sessions() throws Exception {
        assertEquals(List.of("ada 08:00 to 08:21: reads, writes", "bob 09:00 to 09:10: writes (timed out)",
                "bob 10:05 to 10:06: "), output(Sessions::main));
    }

    @Test
    void resp() throws Exception {
        assertEquals(List.of("0 commands", "0 commands", "0 commands", "0 commands", "5000 commands"), output(RespServer::main));
    }

    /** An example is a screen or so; the demo is four. */
    @Test
    void areShort() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/fringe/examples"))) {
            for (Path file : files.filter(f -> !f.endsWith("Demo.java")).toList()) {
                assertTrue(Files.readAllLines(file).size() < 80, file + " has " + Files.readAllLines(file).size());
            }
        }
    }
}
