// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is measured with JMH. */
final class Plan {

    static final String FLOOR = "floor";
    static final String ROUND_TRIP = "round trip";
    static final String TREE = "tree walk";
    static final String CREATION = "creation";
    static final String LOAD = "under load";
    static final String VARIANTS = "variants";
    static final String SCALE = "scale";
    static final String NATIVE = "native";
    static final String PIPED = "piped bytes";
    static final String FED = "fed parser";
    static final String GATHERED = "gatherer";
    static final String TURNS = "taking turns";
    static final String START_UP = "start-up";

    static final String KOTLIN = "Kotlin sequence";
    static final String BUFFERED = "buffered(" + Buffered.SIZE + "), per element";
    static final String CONFINED_PAIR = "swap pair, as of a confined generator";
    static final String SHARED = "fringe, shared";
    static final String NATIVE_GENERATOR = "NativeGenerator, round trip";

    static final String CONFINED_PIPE = "confined generator";

    /** Rows of the engine in pure Java; what they are compared with is beside them. */
    static final String PORTABLE = "fringe, portable engine";
    static final String ON_PORTABLE = "-Ddev.fringe.backend=portable";

    static final List<String> DEPTHS = List.of("0", "20", "100", "1000");
    private static final List<String> COLLECTORS = List.of("G1", "Z", "Parallel", "Serial", "Shenandoah");
    private static final Map<String, String> NONE = Map.of();
    /** Where the artefact fringe-valgrind is. */
    private static final String VALGRIND = "dev.fringe.bench.valgrind";
    private static final String UNLOCK = "-XX:+UnlockDiagnosticVMOptions";

    private final List<Item> items = new ArrayList<>();
    private final Effort effort;

    private Plan(Effort effort) {
        this.effort = effort;
    }

    /** The headline: the round trip, what it can't be cheaper than, and the JDK's continuation. */
    static List<Item> quick() {
        Plan plan = new Plan(Effort.USUAL);
        plan.floor();
        plan.roundTrip("fringe", "0");
        plan.add(ROUND_TRIP, SHARED, "0", "Variants.shared", NONE);
        plan.roundTrip("continuation", "0");
        plan.buffered();
        return plan.items;
    }

    /** The few that say most, for a virtual machine that is slow; with the continuation if it has that. */
    static List<Item> small(int forks, boolean continuations) {
        Plan plan = new Plan(Effort.small(forks));
        plan.floor();
        plan.roundTrip("fringe", "0");
        plan.add(ROUND_TRIP, BUFFERED, "0", "Buffered.resume", NONE);
        if (continuations) {
            plan.roundTrip("continuation", "0");
            plan.threads("virtual", "park", "0");
        } else {
            plan.threads("platform", "park", "0");
        }
        plan.add(ROUND_TRIP, KOTLIN, "0", "Stackless.kotlin", NONE);
        plan.add(ROUND_TRIP, "iterator by hand", "0", "Stackless.iterator", NONE);
        plan.roundTrip("fringe", "100");
        if (continuations) {
            plan.roundTrip("continuation", "100");
        } else {
            plan.threads("platform", "park", "100");
        }
        plan.add(CREATION, "pooled", "", "Creation.pooled", NONE);
        if (continuations) {
            plan.add(CREATION, "continuation", "", "Creation.continuation", NONE);
            plan.add(CREATION, "virtualThread", "", "Creation.virtualThread", NONE);
        } else {
            plan.add(CREATION, "platformThread", "", "Creation.platformThread", NONE);
        }
        return plan.items;
    }

    static List<Item> full() {
        Plan plan = new Plan(Effort.USUAL);
        plan.floor();
        for (String depth : DEPTHS) {
            plan.roundTrip("fringe", depth);
            plan.roundTrip("continuation", depth);
            plan.threads("virtual", "queue", depth);
            plan.threads("virtual", "park", depth);
        }
        plan.add(ROUND_TRIP, SHARED, "0", "Variants.shared", NONE);
        plan.add(ROUND_TRIP, "fringe, new Integer", "0", "RoundTrip.fringeBoxed", Map.of("depth", "0"));
        plan.add(ROUND_TRIP, "fringe, LongGenerator", "0", "RoundTrip.fringeLong", NONE);
        plan.buffered();
        plan.threads("platform", "queue", "0");
        plan.threads("platform", "park", "0");
        plan.add(ROUND_TRIP, KOTLIN, "0", "Stackless.kotlin", NONE);
        plan.add(ROUND_TRIP, "iterator by hand", "0", "Stackless.iterator", NONE);
        for (String peer : List.of("fringe", "fringeBuffered", "continuation", "kotlin", "explicitStack")) {
            plan.add(TREE, peer, "", "TreeWalk." + peer, NONE);
        }
        for (String peer : List.of("pooled", "unwound", "unpooled", "continuation", "virtualThread")) {
            plan.add(CREATION, peer, "", "Creation." + peer, NONE);
        }
        for (String collector : COLLECTORS) {
            for (String peer : List.of("fringe", "continuation")) {
                plan.add(LOAD, peer, collector, "UnderLoad." + peer, NONE, "-XX:+Use" + collector + "GC", "-Xmx1g");
            }
        }
        plan.portable();
        plan.turns();
        plan.bridges();
        plan.variants();
        return plan.items;
    }

    private void floor() {
        add(FLOOR, "downcall", "", "Floor.downcall", NONE);
        add(FLOOR, "downcall, critical", "", "Floor.downcallCritical", NONE);
        add(FLOOR, "swap pair, bare", "", "Floor.swapPairBare", NONE);
        add(FLOOR, NATIVE_GENERATOR, "", "RoundTrip.fringeNative", NONE);
        add(FLOOR, "swap pair, thread pointer", "", "Floor.swapPairThreadPointer", NONE);
        add(FLOOR, CONFINED_PAIR, "", "Floor.swapPairConfined", NONE);
    }

    private void buffered() {
        add(ROUND_TRIP, BUFFERED, "0", "Buffered.resume", NONE);
        add(ROUND_TRIP, BUFFERED + ", iterator", "0", "Buffered.next", NONE);
        add(ROUND_TRIP, BUFFERED + ", forEach", "0", "Buffered.forEach", NONE);
        add(ROUND_TRIP, BUFFERED + ", LongGenerator", "0", "Buffered.resumeLong", NONE);
        add(ROUND_TRIP, BUFFERED + ", LongGenerator, iterator", "0", "Buffered.nextLong", NONE);
        add(ROUND_TRIP, BUFFERED + ", LongGenerator, forEachRemaining", "0", "Buffered.forEachLong", NONE);
    }

    private void portable() {
        for (String depth : List.of("0", "100")) {
            add(ROUND_TRIP, PORTABLE, depth, "RoundTrip.fringe", Map.of("depth", depth), ON_PORTABLE);
        }
        add(ROUND_TRIP, PORTABLE + ", shared", "0", "Variants.shared", NONE, ON_PORTABLE);
        add(ROUND_TRIP, PORTABLE + ", " + BUFFERED, "0", "Buffered.resume", NONE, ON_PORTABLE);
        add(TREE, PORTABLE, "", "TreeWalk.fringe", NONE, ON_PORTABLE);
        add(CREATION, PORTABLE, "", "Creation.pooled", NONE, ON_PORTABLE);
    }

    private void turns() {
        for (String count : List.of("100", "1000", "10000")) {
            for (String order : List.of("order", "random")) {
                String at = String.format("%,d, %s", Integer.parseInt(count), order.equals("random") ? "at random" : "in order");
                for (String kind : List.of("fringe", "continuation")) {
                    add(TURNS, kind, at, "Turns.turns", Map.of("count", count, "order", order, "kind", kind));
                }
                add(TURNS, "virtual threads", at, "Turns.turns",
                        Map.of("count", count, "order", order, "kind", "virtual"),
                        "-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1");
            }
        }
    }

    private void bridges() {
        for (String read : List.of("8192", "65536")) {
            for (String writer : List.of("generator", CONFINED_PIPE, "copy", "copy through a buffer", "platform 65536", "virtual 65536", "platform 1024")) {
                add(PIPED, writer, read, "Piped.read", Map.of("read", read, "writer", writer));
            }
        }
        for (String piece : List.of("40", "4000")) {
            for (String parser : List.of("generator", "state machine", "platform", "virtual")) {
                add(FED, parser, piece, "Fed.write", Map.of("piece", piece, "parser", parser));
            }
        }
        for (String stage : List.of("one", "buffered", "byHandAsked", "byHand")) {
            add(GATHERED, stage, "", "Gathered." + stage, NONE);
        }
    }

    private void variants() {
        Map<String, String> flat = Map.of("depth", "0");
        add(VARIANTS, "confined", "", "RoundTrip.fringe", flat);
        add(VARIANTS, "shared", "", "Variants.shared", NONE);
        add(VARIANTS, "interruptible", "", "Variants.interruptible", NONE);
        add(VARIANTS, "nested three deep", "", "Variants.nested", NONE);
        for (String length : List.of("1", "100", "400", "10000")) {
            add(VARIANTS, "delegated, chain of " + length, "", "Variants.delegated", Map.of("length", length));
        }
        add(VARIANTS, "old generator, young value, G1", "", "Variants.old", NONE, "-XX:+UseG1GC");
        add(VARIANTS, "old generator, young value, Z", "", "Variants.old", NONE, "-XX:+UseZGC");
        add(VARIANTS, "old generator, young value, Parallel", "", "Variants.old", NONE, "-XX:+UseParallelGC");
        add(VARIANTS, "confined, by thread pointer", "", "RoundTrip.fringe", flat, "-Ddev.fringe.switch=pointer");
        add(VARIANTS, "shared, thread pointer by system call", "", "Variants.shared", NONE,
                "-Ddev.fringe.forceSyscall=true");
        String valgrind = System.getProperty(VALGRIND);
        if (valgrind != null) {
            add(VARIANTS, "fringe-valgrind on the path", "", "RoundTrip.fringe", flat,
                    "-D" + ExtraPath.PROPERTY + "=" + valgrind);
        }
        add(VARIANTS, "UseSystemMemoryBarrier", "", "RoundTrip.fringe", flat, UNLOCK, "-XX:+UseSystemMemoryBarrier");
        add(VARIANTS, "downcall, UseSystemMemoryBarrier", "", "Floor.downcall", NONE,
                UNLOCK, "-XX:+UseSystemMemoryBarrier");
        add(VARIANTS, "flight recorder, sampling each ms", "", "RoundTrip.fringe", flat,
                "-Xlog:jfr*=off", "-XX:StartFlightRecording:jdk.ExecutionSample#enabled=true,"
                        + "jdk.ExecutionSample#period=1ms,jdk.NativeMethodSample#enabled=true,"
                        + "jdk.NativeMethodSample#period=1ms");
    }

    private void roundTrip(String peer, String depth) {
        add(ROUND_TRIP, peer, depth, "RoundTrip." + peer, Map.of("depth", depth));
    }

    private void threads(String threads, String by, String depth) {
        add(ROUND_TRIP, threads + " threads, " + by, depth, "Threads.handoff",
                Map.of("depth", depth, "by", by, "threads", threads));
    }

    private void add(String table, String name, String at, String benchmark, Map<String, String> parameters,
            String... options) {
        items.add(new Item(effort, table, name, at, benchmark, parameters, options));
    }
}
