// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs {@link Scale} in virtual machines of their own. */
final class ScaleRuns {

    static final List<String> KINDS = List.of("fringe", "continuation", "virtual thread");
    static final List<Integer> COUNTS = List.of(10, 1_000, 10_000, 30_000);
    static final List<String> COLLECTORS = List.of("G1", "Z");
    static final int STEPS = KINDS.size() * COUNTS.size() * COLLECTORS.size();

    private static final Pattern PAUSE = Pattern.compile("\\bPause\\b.* ([0-9.]+)ms$");
    private static final Pattern VALUE = Pattern.compile("^scale (.*) = (.*)$");

    private ScaleRuns() {}

    static void run(Results results, Progress progress) throws InterruptedException {
        for (String collector : COLLECTORS) {
            for (int count : COUNTS) {
                for (String kind : KINDS) {
                    String at = String.format("%,d, %s", count, collector);
                    progress.next(Plan.SCALE + ": " + kind + ", " + at);
                    try {
                        String detail = collector.equals("Z") ? ",gc+phases" : "";
                        read(results, kind, at, Child.java(List.of("-Xms1g", "-Xmx2g",
                                "-XX:+Use" + collector + "GC", "-Xlog:gc" + detail + ":stdout"),
                                Scale.class, kind, count));
                    } catch (IOException e) {
                        results.notes.add(Plan.SCALE + ", " + kind + ", " + at + ": not measured, " + e.getMessage());
                    }
                }
            }
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
