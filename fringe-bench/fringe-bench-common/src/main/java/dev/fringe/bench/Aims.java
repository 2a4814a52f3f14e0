// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What a switch is to cost at most, most of it as a ratio to a peer of the same run, and whether it does. */
final class Aims {

    /**
     * One of them.
     *
     * @param what what is measured
     * @param unit of the figure; empty for a ratio
     * @param most the aim; NaN if there is none
     * @param figure takes it from results; NaN if that was not measured
     */
    private record Aim(String what, String unit, double most, ToDoubleFunction<Results> figure) { }

    private static final List<Aim> ALL = all();

    private Aims() {}

    private static List<Aim> all() {
        List<Aim> aims = new ArrayList<>();
        double[] most = {0.37, 0.33, 0.22, 0.28};
        for (int i = 0; i < most.length; i++) {
            String depth = Plan.DEPTHS.get(i);
            aims.add(new Aim("confined round trip / `Continuation`, depth " + depth, "", most[i],
                    r -> r.score(Plan.ROUND_TRIP, "fringe", depth) / r.score(Plan.ROUND_TRIP, "continuation", depth)));
        }
        aims.add(new Aim("confined round trip / its floor", "", 1.10,
                r -> r.score(Plan.ROUND_TRIP, "fringe", "0") / r.floor()));
        aims.add(new Aim("confined round trip", "ns", Double.NaN, r -> r.score(Plan.ROUND_TRIP, "fringe", "0")));
        aims.add(new Aim("shared round trip", "ns", Double.NaN, r -> r.score(Plan.ROUND_TRIP, Plan.SHARED, "0")));
        aims.add(new Aim("tree walk, unbuffered / Kotlin's `sequence`", "", 0.5,
                r -> r.score(Plan.TREE, "fringe", "") / r.score(Plan.TREE, "kotlin", "")));
        aims.add(new Aim("buffered(64), objects, per element", "ns", 3.2,
                r -> r.score(Plan.ROUND_TRIP, Plan.BUFFERED, "0")));
        aims.add(new Aim("the same / Kotlin's `sequence`", "", Double.NaN,
                r -> r.score(Plan.ROUND_TRIP, Plan.BUFFERED, "0") / r.score(Plan.ROUND_TRIP, Plan.KOTLIN, "0")));
        aims.add(turns("in order", "virtual threads", 0.7));
        aims.add(turns("at random", "virtual threads", 2));
        aims.add(turns("in order", "continuation", 2));
        aims.add(turns("at random", "continuation", Double.NaN));
        aims.add(new Aim("closing 10,000 suspended, for the closer", "ms", 100,
                r -> r.score(Plan.SCALE, "fringe, close of all suspended", "10,000, G1")));
        aims.add(startUp(StartUpRuns.ONE, "start-up, processor time over a program without generators", 200));
        aims.add(startUp(StartUpRuns.DOWNCALL, "the same for one downcall and no generator", Double.NaN));
        aims.add(startUp(StartUpRuns.CACHED, "the same for a generator, with an AOT cache", Double.NaN));
        aims.add(new Aim("create, resume twice, close, pooled / `Continuation`", "", 0.7,
                r -> r.score(Plan.CREATION, "pooled", "") / r.score(Plan.CREATION, "continuation", "")));
        for (String copy : List.of("copy through a buffer", "copy")) {
            aims.add(piped("confined: throughput of a " + copy + " (aim: at least 0.70)", Plan.CONFINED_PIPE, copy));
            aims.add(piped("shared: throughput of a " + copy + " (aim: at least 0.70)", "generator", copy));
        }
        aims.add(piped("shared: throughput of `PipedInputStream` with a platform thread (aim: at least 5)", "generator",
                "platform 65536"));
        for (String peer : List.of("byHandAsked", "byHand")) {
            String hand = peer.equals("byHand") ? "taking all" : "may stop";
            aims.add(new Aim("gatherer, buffered(64) / by hand, " + hand, "", 3,
                    r -> r.score(Plan.GATHERED, "buffered", "") / r.score(Plan.GATHERED, peer, "")));
        }
        return List.copyOf(aims);
    }

    private static Aim turns(String order, String peer, double most) {
        String at = "10,000, " + order;
        String name = peer.equals("continuation") ? "`Continuation`" : peer;
        return new Aim("10,000 taking turns " + order + " / " + name, "", most,
                r -> r.score(Plan.TURNS, "fringe", at) / r.score(Plan.TURNS, peer, at));
    }

    private static Aim startUp(String name, String what, double most) {
        return new Aim(what, "ms", most,
                r -> r.score(Plan.START_UP, name, "") - r.score(Plan.START_UP, StartUpRuns.NONE, ""));
    }

    /** How many bytes come through in the time in which one comes through the peer. */
    private static Aim piped(String what, String name, String peer) {
        return new Aim("piped bytes, 8 KiB, " + what, "", Double.NaN,
                r -> r.score(Plan.PIPED, peer, "8192") / r.score(Plan.PIPED, name, "8192"));
    }

    private static String digits(Aim aim, Results results) {
        double figure = aim.figure.applyAsDouble(results);
        if (Double.isNaN(figure)) {
            return "";
        }
        String number = String.format(Locale.ROOT, figure < 100 ? "%.2f" : "%,.0f", figure);
        return aim.unit.isEmpty() ? number : number + " " + aim.unit;
    }

    private static String most(Aim aim) {
        return Double.isNaN(aim.most) ? "" : String.format(Locale.ROOT, aim.most < 10 ? "<= %.2f" : "<= %.0f", aim.most)
                + (aim.unit.isEmpty() ? "" : " " + aim.unit);
    }

    /** A table of one run; empty if nothing of it was measured. */
    static String table(Results results) {
        StringBuilder out = new StringBuilder();
        for (Aim aim : ALL) {
            String figure = digits(aim, results);
            if (!figure.isEmpty()) {
                out.append("| ").append(aim.what).append(" | ").append(figure).append(" | ").append(most(aim))
                        .append(" |\n");
            }
        }
        return out.isEmpty() ? "" : "\n## At a glance\n\n| | measured | aim |\n|---|---:|---:|\n" + out;
    }

    /** A table of runs on several releases of Java, as Markdown. */
    static void write(List<Results> runs, Path file) throws IOException {
        StringBuilder out = new StringBuilder("# What `./fringe bench --jdks` measured\n\n");
        out.append("One run on each release, one fork of each benchmark; see [results.md](results.md) for what a score")
                .append(" is.\n");
        for (String key : List.of("date", "processor")) {
            out.append("\n- ").append(key).append(": ").append(runs.getFirst().machine.getOrDefault(key, "?"));
        }
        out.append("\n\n|");
        StringBuilder under = new StringBuilder("|---");
        for (Results run : runs) {
            out.append(" | ").append(run.machine.getOrDefault("virtual machine", "?").replaceAll(".* ", "Java "));
            under.append("|---:");
        }
        out.append(" | aim |\n").append(under).append("|---:|\n");
        for (Aim aim : ALL) {
            List<String> figures = runs.stream().map(run -> digits(aim, run)).toList();
            if (figures.stream().anyMatch(figure -> !figure.isEmpty())) {
                out.append("| ").append(aim.what).append(" | ").append(String.join(" | ", figures)).append(" | ")
                        .append(most(aim)).append(" |\n");
            }
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, out);
    }
}
