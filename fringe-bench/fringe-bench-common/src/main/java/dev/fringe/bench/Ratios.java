// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Results of which only the ratios say something: these first, and never a number without its peer's. */
final class Ratios {

    private static final String DOWNCALL = "downcall";

    private final Results results;
    private final PrintStream out;
    private boolean complete = true;

    private Ratios(Results results, PrintStream out) {
        this.results = results;
        this.out = out;
    }

    /** Returns false if there is something that could not be told, for want of a peer. */
    static boolean print(Results results, boolean continuations, PrintStream out) {
        Ratios ratios = new Ratios(results, out);
        String peer = continuations ? "continuation" : "platform threads, park";
        ratios.table(Plan.ROUND_TRIP, "0", peer);
        ratios.table(Plan.ROUND_TRIP, "100", peer);
        ratios.table(Plan.CREATION, "", continuations ? "continuation" : "platformThread");
        ratios.table(Plan.FLOOR, "", DOWNCALL);
        ratios.floor();
        return ratios.complete;
    }

    private void table(String table, String at, String peer) {
        List<Row> rows = new ArrayList<>(results.rows.stream()
                .filter(row -> row.table().equals(table) && row.at().equals(at)).toList());
        if (rows.isEmpty()) {
            return; // --only something else
        }
        String title = table + (at.isEmpty() ? "" : ", depth " + at);
        Optional<Row> against = results.find(table, peer, at);
        if (against.isEmpty()) {
            out.printf("%s: nothing to compare with, %s was not measured%n", title, peer);
            complete = false;
            return;
        }
        out.printf("%s, of %s:%n", title, peer);
        for (Row row : rows) {
            out.printf(Locale.ROOT, "  %9.3f  %-36s %,15.0f ns%n", row.score() / against.get().score(), row.name(),
                    row.score());
        }
    }

    private void floor() {
        double roundTrip = results.score(Plan.ROUND_TRIP, "fringe", "0");
        if (!Double.isNaN(roundTrip + results.floor())) {
            out.printf(Locale.ROOT, "round trip, of the floor (2 downcalls and the swap pair as of a confined generator):%n"
                    + "  %9.3f  %-36s %,15.0f ns, the floor %,.0f ns%n", roundTrip / results.floor(), "fringe", roundTrip,
                    results.floor());
        }
    }
}
