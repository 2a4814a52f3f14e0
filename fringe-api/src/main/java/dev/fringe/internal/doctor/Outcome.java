// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a self-test has ended, and what the engine told of itself before.
 *
 * @param kind how it has ended
 * @param text how many values were handed over in which time, or the reason; one line
 * @param engine the name of the engine; null if there was none
 * @param facts what that told
 */
record Outcome(Kind kind, String text, String engine, List<Fact> facts) {

    /** How a self-test may end. */
    enum Kind {
        /** All values were right. */
        WORKS,
        /** The library said that it can't be done here. */
        REFUSED,
        /** A value was wrong, or the virtual machine died, or did not end. */
        FAILED
    }

    /** What an engine told of itself. */
    record Fact(String name, String value) {}

    /** The start of each line of a child's output that is meant for its parent. */
    private static final String MARK = "fringe-doctor";
    private static final String ENGINE = "ENGINE";
    private static final String FACT = "FACT";
    private static final String SEPARATOR = "\t";

    Outcome {
        facts = List.copyOf(facts);
    }

    /** A text in one line. */
    static String line(String text) {
        return String.valueOf(text).replaceAll("\\s+", " ").strip();
    }

    /** As lines that {@link #read} understands. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (engine != null) {
            lines.add(String.join(SEPARATOR, MARK, ENGINE, engine));
        }
        facts.forEach(fact -> lines.add(String.join(SEPARATOR, MARK, FACT, fact.name, fact.value)));
        lines.add(String.join(SEPARATOR, MARK, kind.name(), text));
        return lines;
    }

    /** From the output of a child that has ended, in which there may be anything else. */
    static Outcome read(List<String> output, int status) {
        String engine = null;
        List<Fact> facts = new ArrayList<>();
        for (String line : output) {
            String[] part = line.split(SEPARATOR, -1);
            if (part.length < 3 || !part[0].equals(MARK)) {
                continue;
            }
            switch (part[1]) {
                case ENGINE -> engine = part[2];
                case FACT -> facts.add(new Fact(part[2], part[part.length - 1]));
                default -> {
                    Kind kind = Kind.valueOf(part[1]);
                    return kind == Kind.WORKS && status != 0
                            ? new Outcome(Kind.FAILED, "it worked, but then " + death(output, status), engine, facts)
                            : new Outcome(kind, part[2], engine, facts);
                }
            }
        }
        return new Outcome(Kind.FAILED, death(output, status), engine, facts);
    }

    /** Why a virtual machine has ended that has not said how its test went. */
    private static String death(List<String> output, int status) {
        List<String> words = output.stream().filter(line -> !line.startsWith(MARK)).map(Outcome::line)
                .filter(line -> !line.isEmpty() && !line.equals("#")).toList();
        String why = words.stream().filter(Outcome::tellsCrash).findFirst()
                .orElseGet(() -> words.isEmpty() ? "it said nothing" : words.getLast());
        return "the virtual machine ended with status " + status + ": " + why.replaceFirst("^# *", "");
    }

    private static boolean tellsCrash(String line) {
        String lower = line.toLowerCase(Locale.ROOT);
        return line.startsWith("#") && (lower.contains("sig") || lower.contains("internal error")
                || lower.contains("insufficient memory"));
    }
}
