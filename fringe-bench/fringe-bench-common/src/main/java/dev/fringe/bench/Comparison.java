// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.PrintStream;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Two files of results, row by row. */
final class Comparison {

    private Comparison() {}

    static void print(Results before, Results after, PrintStream out) {
        Map<String, Row> old = before.rows.stream().collect(Collectors.toMap(Row::key, Function.identity()));
        out.println("| | old | new | new / old | |");
        out.println("|---|---:|---:|---:|---|");
        for (Row now : after.rows) {
            Row then = old.remove(now.key());
            if (then == null) {
                out.printf("| %s | | %s | | new |%n", now.key(), Report.number(now));
            } else {
                out.printf("| %s | %s | %s | %.2f | %s |%n", now.key(), Report.number(then), Report.number(now),
                        now.score() / then.score(), verdict(then, now));
            }
        }
        old.values().forEach(gone -> out.printf("| %s | %s | | | gone |%n", gone.key(), Report.number(gone)));
    }

    private static String verdict(Row then, Row now) {
        if (then.error() + now.error() == 0) {
            return "one measurement each";
        }
        if (Math.abs(now.score() - then.score()) <= then.error() + now.error()) {
            return "within the error";
        }
        return now.score() < then.score() ? "faster" : "slower";
    }
}
