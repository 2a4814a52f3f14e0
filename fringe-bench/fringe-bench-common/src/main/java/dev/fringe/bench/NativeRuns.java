// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs the native programs in turns, and keeps the best of each. */
final class NativeRuns {

    private static final int ROUNDS = 10;

    private NativeRuns() {}

    static void run(Results results, List<Path> programs) throws InterruptedException {
        Map<String, Double> best = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (Path program : programs) {
                if (!Files.isExecutable(program)) {
                    if (round == 0) {
                        results.note("native, " + program.getFileName() + ": skipped, it was not built");
                    }
                    continue;
                }
                try {
                    for (String line : Child.run(List.of(program.toString()))) {
                        String[] words = line.split(" ");
                        best.merge(words[0], Double.parseDouble(words[1]), Math::min);
                    }
                } catch (IOException e) {
                    results.note("native, " + program.getFileName() + ": " + e.getMessage());
                }
            }
        }
        best.forEach((name, score) -> results.rows.add(new Row(Plan.NATIVE, name, "", score, 0, "ns", -1)));
    }
}
