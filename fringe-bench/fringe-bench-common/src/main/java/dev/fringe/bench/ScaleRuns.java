// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs {@link Scale} in virtual machines of their own. */
final class ScaleRuns {

    static final List<String> KINDS = List.of("fringe", Plan.PORTABLE, "continuation", "virtual thread");
    static final List<Integer> COUNTS = List.of(10, 1_000, 10_000, 30_000);
    static final List<String> COLLECTORS = List.of("G1", "Z");
    /** For what has no mapping of its own. */
    static final int MILLION = 1_000_000;
    static final int STEPS = KINDS.size() * COUNTS.size() * COLLECTORS.size() + KINDS.size() - 1;

    private static final Pattern PAUSE = Pattern.compile("\\bPause\\b.* ([0-9.]+)ms$");
    private static final Pattern VALUE = Pattern.compile("^scale (.*) = (.*)$");

    private ScaleRuns() {}

    static void run(Results results, Progress progress) throws InterruptedException {
        for (String collector : COLLECTORS) {
            for (int count : COUNTS) {
                for (String kind : KINDS) {
                    run(results, progress, kind, count, collector);
                }
            }
        }
        for (String kind : KINDS.subList(1, KINDS.size())) {
            run(results, progress, kind, MILLION, COLLECTORS.getFirst());
        }
    }

    private static void run(Results results, Progress progress, String kind, int count, String collector)
            throws InterruptedException {
        String at = String.format("%,d, %s", count, collector);
        progress.next(Plan.SCALE + ": " + kind + ", " + at);
        List<String> options = new ArrayList<>(List.of("-Xms1g", count == MILLION ? "-Xmx4g" : "-Xmx2g",
                "-XX:+Use" + collector + "GC", "-Xlog:gc" + (collector.equals("Z") ? ",gc+phases" : "") + ":stdout"));
        if (kind.equals(Plan.PORTABLE)) {
            options.add(Plan.ON_PORTABLE);
        }
        try {
            read(results, kind, at, Child.java(options, Scale.class, kind, count));
        } catch (IOException e) {
            results.note(Plan.SCALE + ", " + kind + ", " + at + ": not measured, " + e.getMessage());
        }
    }

    private static void read(Results results, String kind, String at, List<String> lines) {
        boolean young = false;
        double longest = 0;
        for (String line : lines) {
            Matcher value = VALUE.matcher(line);
            Matcher pause = PAUSE.matcher(line);
            if (value.matches()) {
                young = value.group(1).equals(Scale.YOUNG_FROM);
                switch (value.group(1)) {
                    case Scale.MEMORY -> add(results, kind + ", resident memory of each", at, value, "KiB");
                    case Scale.COLD -> add(results, kind + ", round trip over all", at, value, "ns");
                    case Scale.FIRST_CLOSE -> add(results, kind + ", first close of all suspended", at, value, "ms");
                    case Scale.CLOSE -> add(results, kind + ", close of all suspended", at, value, "ms");
                    case Scale.FULL -> add(results, kind + ", System.gc", at, value, "ms");
                    default -> { }
                }
            } else if (young && pause.find()) {
                longest = Math.max(longest, Double.parseDouble(pause.group(1)));
            }
        }
        results.rows.add(new Row(Plan.SCALE, kind + ", longest pause", at, longest, 0, "ms", -1));
    }

    private static void add(Results results, String name, String at, Matcher value, String unit) {
        results.rows.add(new Row(Plan.SCALE, name, at, Double.parseDouble(value.group(2)), 0, unit, -1));
    }
}
