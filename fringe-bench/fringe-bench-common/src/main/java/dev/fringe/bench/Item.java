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
    private final Effort effort;
    private final String benchmark;
    private final Map<String, String> parameters;
    private final List<String> options;
    private final List<Double> scores = new ArrayList<>();
    private double bytes = -1;
    private String unit = "ns/op";

    Item(Effort effort, String table, String name, String at, String benchmark, Map<String, String> parameters,
            String... options) {
        this.effort = effort;
        this.table = table;
        this.name = name;
        this.at = at;
        this.benchmark = benchmark;
        this.parameters = parameters;
        this.options = List.of(options);
    }

    /** One more fork, or the same without one. */
    void run() throws RunnerException {
        ChainedOptionsBuilder builder = new OptionsBuilder()
                .include("^dev\\.fringe\\.bench\\." + benchmark.replace(".", "\\.") + "$")
                .forks(effort.forks())
                .warmupIterations(effort.warmUps())
                .warmupTime(TimeValue.milliseconds(effort.warmUpMilliseconds()))
                .measurementIterations(effort.iterations())
                .measurementTime(TimeValue.milliseconds(effort.iterationMilliseconds()))
                .jvmArgsAppend(options.toArray(String[]::new))
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .timeout(TimeValue.seconds(effort.limitSeconds()))
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

    /** Others use the machine too, and what they take is not a cost of ours: only the fastest fifth counts. */
    Row row() {
        double[] fastest = scores.stream().mapToDouble(Double::doubleValue).sorted()
                .limit((scores.size() + 4) / 5).toArray();
        ListStatistics statistics = new ListStatistics(fastest);
        double error = fastest.length > 2 ? statistics.getMeanErrorAt(0.999) : 0;
        return new Row(table, name, at, statistics.getPercentile(50), error, unit, bytes);
    }
}
