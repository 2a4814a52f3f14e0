// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Where the time of a benchmark goes, instruction by instruction: JMH's perfasm, and perfnorm if there are counters. */
final class Hotspots {

    private static final String COUNTER = "cycles";
    private static final String CLOCK = "cpu-clock";
    private static final Path PARANOID = Path.of("/proc/sys/kernel/perf_event_paranoid");
    /** Printing all that is compiled takes that long, and would be measured too. */
    private static final int WARM_UPS = 12;

    private Hotspots() {}

    /** Returns the exit status of the program. */
    static int print(String pattern) throws IOException, InterruptedException, RunnerException {
        boolean counters = isMeasurable(COUNTER);
        if (!counters && !isMeasurable(CLOCK)) {
            System.err.println("perf is missing or not allowed here, so there is no perfasm: " + PARANOID + " is "
                    + (Files.exists(PARANOID) ? Files.readString(PARANOID).strip() : "missing")
                    + "; 2 or less and the capability CAP_PERFMON, or root, would do");
            return 1;
        }
        System.out.println(counters ? "perfasm by the event cycles, and perfnorm"
                : "perfasm by the event cpu-clock; no perfnorm, because this machine has no counter of cycles");
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(pattern)
                .param("depth", "0")
                .forks(1)
                .warmupIterations(WARM_UPS)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1))
                .addProfiler("perfasm", "hotThreshold=0.03;events=" + (counters ? COUNTER : CLOCK));
        if (counters) {
            options.addProfiler("perfnorm");
        }
        return new Runner(options.build()).run().isEmpty() ? 1 : 0;
    }

    /** Whether perf counts the event; of one that the machine does not have it says so, and ends well. */
    private static boolean isMeasurable(String event) throws InterruptedException {
        try {
            return Child.run(List.of("perf", "stat", "-x", ",", "-e", event, "true")).stream()
                    .anyMatch(line -> line.contains(event) && !line.startsWith("<"));
        } catch (IOException e) {
            return false;
        }
    }
}
