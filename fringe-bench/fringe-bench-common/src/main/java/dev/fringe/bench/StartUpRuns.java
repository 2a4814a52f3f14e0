// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the first generator costs: the processor time of a program with one and of the same program without, which take
 * turns; with and without an AOT cache of the program.
 */
final class StartUpRuns {

    static final String NONE = "a program without a generator";
    static final String DOWNCALL = "a program with one downcall and no generator";
    static final String ONE = "a program with one";
    static final String CACHED = "a program with one, AOT cache";

    private static final int RUNS = 20;
    /** An AOT cache takes archives only; what the benchmarks are made of in the folder beside is not needed. */
    private static final String ARCHIVES = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> Files.isRegularFile(Path.of(entry))).collect(Collectors.joining(File.pathSeparator));
    private static final int RUSAGE_CHILDREN = -1;
    private static final long RUSAGE_SIZE = 144;
    private static final long MICROSECONDS = 1_000_000;

    private final MethodHandle usage = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("getrusage"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    private StartUpRuns() {}

    static void run(Results results, Progress progress) throws IOException, InterruptedException {
        progress.next(Plan.START_UP);
        StartUpRuns runs = new StartUpRuns();
        Path cache = Files.createTempFile("fringe-bench", ".aot");
        try {
            boolean cached = makeCache(results, cache);
            List<List<Double>> times =
                    List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int i = 0; i < RUNS; i++) {
                times.get(0).add(runs.measure(List.of(), 0));
                times.get(1).add(runs.measure(List.of(), StartUp.DOWNCALL));
                times.get(2).add(runs.measure(List.of(), 1));
                if (cached) {
                    times.get(3).add(runs.measure(List.of("-XX:AOTCache=" + cache), 1));
                }
            }
            List<String> names = List.of(NONE, DOWNCALL, ONE, CACHED);
            for (int i = 0; i < names.size(); i++) {
                if (!times.get(i).isEmpty()) {
                    double[] sorted = times.get(i).stream().mapToDouble(Double::doubleValue).sorted().toArray();
                    results.rows.add(new Row(Plan.START_UP, names.get(i), "", sorted[sorted.length / 2],
                            (sorted[sorted.length * 3 / 4] - sorted[sorted.length / 4]) / 2, "ms", -1));
                }
            }
        } finally {
            Files.delete(cache);
        }
    }

    /** Has a virtual machine with the feature write down what a run of the program has loaded. */
    private static boolean makeCache(Results results, Path cache) throws InterruptedException {
        try {
            Child.java(ARCHIVES, List.of("-XX:AOTCacheOutput=" + cache), StartUp.class, 1);
            return Files.size(cache) > 0;
        } catch (IOException e) {
            results.note(Plan.START_UP + ": no AOT cache, " + e.getMessage());
            return false;
        }
    }

    /** User and system time of one run, in milliseconds. */
    private double measure(List<String> options, Object what) throws IOException, InterruptedException {
        double before = used();
        Child.java(ARCHIVES, options, StartUp.class, what);
        return used() - before;
    }

    /** What all children that have ended have taken. */
    private double used() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(RUSAGE_SIZE, 8);
            int status = (int) usage.invokeExact(RUSAGE_CHILDREN, answer);
            if (status != 0) {
                throw new IllegalStateException("getrusage: " + status);
            }
            long[] times = Arrays.copyOf(answer.toArray(ValueLayout.JAVA_LONG), 4); // two of seconds and microseconds
            return ((times[0] + times[2]) * MICROSECONDS + times[1] + times[3]) / 1e3;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
