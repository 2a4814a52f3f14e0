// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The results as Markdown: one table for each, with the ratio to the one that the others are held against. */
final class Report {

    private static final Map<String, String> AGAINST = Map.of(
            Plan.ROUND_TRIP, "continuation",
            Plan.TREE, "kotlin",
            Plan.CREATION, "continuation",
            Plan.LOAD, "continuation",
            Plan.VARIANTS, "confined",
            Plan.NATIVE, "boost-fcontext",
            Plan.PIPED, "copy",
            Plan.FED, "state machine",
            Plan.GATHERED, "byHand",
            Plan.TURNS, "virtual threads");
    private static final List<String> TABLES = List.of(Plan.FLOOR, Plan.ROUND_TRIP, Plan.TREE, Plan.CREATION,
            Plan.TURNS, Plan.START_UP, Plan.LOAD, Plan.PIPED, Plan.FED, Plan.GATHERED, Plan.VARIANTS, Plan.NATIVE, Plan.SCALE);

    private final Results results;
    private final StringBuilder out = new StringBuilder();

    private Report(Results results) {
        this.results = results;
    }

    static void write(Results results, Path file) throws IOException {
        Report report = new Report(results);
        report.head();
        report.out.append(Aims.table(results));
        TABLES.forEach(report::table);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, report.out);
    }

    static String number(Row row) {
        String error = row.error() == 0 ? "" : String.format(Locale.ROOT, " ± %s", digits(row.error()));
        return digits(row.score()) + error + " " + row.unit();
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.2f" : "%,.0f", value);
    }

    private void head() {
        out.append("# What `./fringe bench` measured\n\n");
        results.machine.forEach((key, value) -> line("- %s: %s", key, value));
        out.append('\n');
        if (!results.notes.isEmpty()) {
            results.notes.forEach(note -> line("> %s\n>", note));
            out.append('\n');
        }
        line("A score is the median of the fastest fifth of all iterations (of 8 ms) of all forks, the error half of"
                + "\nJMH's 99.9 %% interval of their mean: what other programs take of a shared machine is not counted,"
                + "\nnor are pauses of the collector. Benchmarks took turns, fork by fork. Native rows are the best of"
                + "\nmany runs; rows of the scale are single numbers.");
    }

    private void table(String table) {
        List<Row> rows = results.rows.stream().filter(row -> row.table().equals(table)).toList();
        if (rows.isEmpty()) {
            return;
        }
        String against = AGAINST.get(table);
        line("\n## %s%s\n", table.substring(0, 1).toUpperCase(Locale.ROOT), table.substring(1));
        line("| | at | | %s | B/op |", against == null ? "" : "of " + against);
        line("|---|---|---:|---:|---:|");
        for (Row row : rows) {
            line("| %s | %s | %s | %s | %s |", row.name(), row.at(), number(row), ratio(row, against),
                    row.bytes() < 0 ? "" : digits(row.bytes()));
        }
        if (table.equals(Plan.FLOOR)) {
            line("\nfloor = 2 downcalls + swap pair as of a confined generator = %s ns", digits(results.floor()));
        }
    }

    /** To the peer under the same circumstances. */
    private String ratio(Row row, String against) {
        Optional<Row> peer = results.find(row.table(), String.valueOf(against), row.at());
        return peer.map(p -> String.format(Locale.ROOT, "%.2f", row.score() / p.score())).orElse("");
    }

    private void line(String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
