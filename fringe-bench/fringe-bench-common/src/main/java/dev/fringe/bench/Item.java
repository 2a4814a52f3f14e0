// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.ListStatistics;

/** One benchmark with its parameters, measured in several forks that others come between. */
final class Item {

    private static final String ALLOCATION = "gc.alloc.rate.norm";

    final String table;
    final String name;
    final String at;
    private final String benchmark;
    private final Map<String, String> parameters;
    private final List<String> options;
    private final List<Double> scores = new ArrayList<>();
    private double bytes = -1;
    private String unit = "ns/op";

    Item(String table, String name, String at, String benchmark, Map<String, String> parameters, String... options) {
        this.table = table;
        this.name = name;
        this.at = at;
        this.benchmark = benchmark;
        this.parameters = parameters;
        this.options = List.of(options);
    }

    /** One more fork. */
    void run(int warmUp, int iterations, long milliseconds) throws RunnerException {
        ChainedOptionsBuilder builder = new OptionsBuilder()
                .include("^dev\\.fringe\\.bench\\." + benchmark.replace(".", "\\.") + "$")
                .forks(1)
                .warmupIterations(warmUp)
                .warmupTime(TimeValue.milliseconds(milliseconds))
                .measurementIterations(iterations)
                .measurementTime(TimeValue.milliseconds(milliseconds))
                .jvmArgsAppend(options.toArray(String[]::new))
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .timeout(TimeValue.seconds(20))
                .verbosity(VerboseMode.SILENT);
        parameters.forEach(builder::param);
        for (RunResult result : new Runner(builder.build()).run()) {
            unit = result.getPrimaryResult().getScoreUnit();
            result.getBenchmarkResults().forEach(fork -> fork.getIterationResults().forEach(this::add));
        }
    }

    private void add(IterationResult iteration) {
        scores.add(iteration.getPrimaryResult().getScore());
        Result<?> allocation = iteration.getSecondaryResults().get(ALLOCATION);
        if (allocation != null) {
            bytes = bytes < 0 ? allocation.getScore() : Math.min(bytes, allocation.getScore());
        }
    }

    boolean isMeasured() {
        return !scores.isEmpty();
    }

    Row row() {
        ListStatistics all = new ListStatistics(scores.stream().mapToDouble(Double::doubleValue).toArray());
        double error = scores.size() > 2 ? all.getMeanErrorAt(0.999) : 0;
        return new Row(table, name, at, all.getPercentile(50), error, unit, bytes);
    }
}
