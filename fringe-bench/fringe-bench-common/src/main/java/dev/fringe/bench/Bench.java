// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import jdk.internal.vm.ContinuationSupport;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures, and writes down what it has measured. */
@Command(name = "bench", description = "Measures what switches cost, beside their peers.")
public final class Bench implements Callable<Integer> {

    /** A round trip makes the Optional that its caller gets, and nothing else. */
    private static final double ALLOCATION_LIMIT = 16.5;

    @Option(names = "--quick", description = "The headline lines only.")
    private boolean quick;

    @Option(names = "--rounds", description = "Forks of each benchmark (default: 3; 1 with --small).")
    private Integer rounds;

    @Option(names = "--only", description = "Rows whose \"TABLE: NAME\" contains this; may be repeated.")
    private List<String> only = List.of("");

    @Option(names = "--output", description = "Directory for the results (default: docs/results if everything is"
            + " measured, target/bench otherwise; with --redraw that of the file).")
    private Path output;

    @Option(names = "--native", description = "Programs to run, which print \"NAME NANOSECONDS\".")
    private List<Path> natives = List.of();

    @Option(names = "--note", description = "A remark for the results.")
    private List<String> notes = List.of();

    @Option(names = "--small", paramLabel = "TEXT", description = "A few only, told as ratios, because this virtual"
            + " machine is slow; the text says why.")
    private String small;

    @Option(names = "--no-forks", description = "With --small: all in this virtual machine.")
    private boolean noForks;

    @Option(names = "--perfasm", arity = "0..1", paramLabel = "PATTERN", fallbackValue = "RoundTrip\\.fringe$",
            description = "Where the time of a benchmark goes (default: RoundTrip.fringe).")
    private String perfasm;

    @Option(names = "--redraw", paramLabel = "FILE", description = "Writes tables and plots of results anew.")
    private Path redraw;

    @Option(names = "--compare", arity = "2", paramLabel = "FILE", description = "Two files of results.")
    private List<Path> compare;

    @Option(names = "--releases", arity = "1..*", paramLabel = "FILE", description = "Files of results on several"
            + " releases of Java, of which a table is made.")
    private List<Path> releases;

    private Bench() {}

    /** See {@code --help}. */
    public static void main(String[] arguments) {
        System.setProperty("jmh.ignoreLock", "true");
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        if (output == null) {
            output = defaultOutput();
        }
        if (compare != null) {
            Comparison.print(Results.read(compare.get(0)), Results.read(compare.get(1)), System.out);
            return 0;
        }
        if (releases != null) {
            List<Results> runs = new ArrayList<>();
            for (Path file : releases) {
                runs.add(Results.read(file));
            }
            Aims.write(runs, output.resolve("releases.md"));
            return 0;
        }
        if (redraw != null) {
            return publish(Results.read(redraw));
        }
        if (perfasm != null) {
            return Hotspots.print(perfasm);
        }
        if (small != null) {
            return measureFew();
        }
        Results results = new Results();
        results.machine.putAll(MachineDescription.current());
        notes.forEach(results::note);
        List<Item> items = asked(quick ? Plan.quick() : Plan.full());
        int rounds = this.rounds == null ? 3 : this.rounds;
        boolean scale = !quick && only.stream().anyMatch(Plan.SCALE::contains);
        boolean startUp = !quick && only.stream().anyMatch(Plan.START_UP::contains);
        boolean natively = !quick && only.stream().anyMatch(Plan.NATIVE::contains);
        Progress progress = new Progress(items.size() * rounds + (scale ? ScaleRuns.STEPS : 0) + (startUp ? 1 : 0)
                + (natively ? 1 : 0));
        for (int round = 0; round < rounds; round++) {
            measure(items, results, progress);
        }
        items.stream().filter(Item::isMeasured).map(Item::row).forEach(results.rows::add);
        if (startUp) {
            StartUpRuns.run(results, progress);
        }
        if (scale) {
            ScaleRuns.run(results, progress);
        }
        if (natively) {
            progress.next(Plan.NATIVE);
            NativeRuns.run(results, natives);
        }
        results.write(output.resolve("results.json"));
        return publish(results);
    }

    private Path defaultOutput() {
        if (redraw != null) {
            return redraw.toAbsolutePath().getParent();
        }
        // A part of the results must not take the place of all of them.
        boolean all = releases != null || !quick && small == null && only.contains("");
        return all ? Path.of("docs", "results") : Path.of("target", "bench");
    }

    private int publish(Results results) throws IOException {
        Report.write(results, output.resolve("results.md"));
        Plots.write(results, output);
        System.err.println("the results are in " + output.resolve("results.md"));
        headline(results, System.out);
        return results.rows.stream().allMatch(Bench::allocatesNothing) ? 0 : 1;
    }

    private List<Item> asked(List<Item> all) {
        return all.stream().filter(item -> only.stream().anyMatch((item.table + ": " + item.name)::contains)).toList();
    }

    /** What is done for --small. */
    private int measureFew() throws IOException {
        boolean continuations = ContinuationSupport.isSupported();
        System.out.printf("JMH on %s, %s:%n%s%n", System.getProperty("java.vm.name"), System.getProperty("os.arch"), small);
        if (!continuations) {
            System.out.println("It has no Continuation, and its virtual threads are platform threads; these are the peer.");
        }
        Results results = new Results();
        results.machine.putAll(MachineDescription.current());
        results.note(small);
        notes.forEach(results::note);
        List<Item> items = asked(Plan.small(noForks ? 0 : 1, continuations));
        int rounds = this.rounds == null ? 1 : this.rounds;
        Progress progress = new Progress(items.size() * rounds);
        for (int round = 0; round < rounds; round++) {
            measure(items, results, progress);
        }
        items.stream().filter(Item::isMeasured).map(Item::row).forEach(results.rows::add);
        results.write(output.resolve("results.json"));
        boolean complete = Ratios.print(results, continuations, System.out);
        return complete && items.stream().allMatch(Item::isMeasured) ? 0 : 1;
    }

    private void measure(List<Item> items, Results results, Progress progress) {
        for (Item item : items) {
            progress.next(item.table + ": " + item.name + (item.at.isEmpty() ? "" : ", " + item.at));
            try {
                item.run();
            } catch (RunnerException e) {
                String reason = e.getMessage() == null ? e.toString() : e.getMessage().lines().findFirst().orElse("");
                System.err.println("    failed: " + reason);
                results.note(item.table + ", " + item.name + " " + item.at + ": a fork failed, " + reason);
            }
        }
    }

    private static void headline(Results results, PrintStream out) {
        double roundTrip = results.score(Plan.ROUND_TRIP, "fringe", "0");
        double continuation = results.score(Plan.ROUND_TRIP, "continuation", "0");
        double element = results.score(Plan.ROUND_TRIP, Plan.BUFFERED, "0");
        if (Double.isNaN(roundTrip + continuation + element + results.floor())) {
            return; // --only something else, and no number is printed without its peer's
        }
        out.printf("downcall %.1f ns, critical %.1f ns; native swap pair %.1f ns bare, %.1f ns with thread pointer,"
                        + " %.1f ns as of a confined generator%n",
                results.score(Plan.FLOOR, "downcall", ""),
                results.score(Plan.FLOOR, "downcall, critical", ""),
                results.score(Plan.FLOOR, "swap pair, bare", ""),
                results.score(Plan.FLOOR, "swap pair, thread pointer", ""),
                results.score(Plan.FLOOR, Plan.CONFINED_PAIR, ""));
        out.printf("round trip %.1f ns, floor %.1f ns, ratio %.2f%n",
                roundTrip, results.floor(), roundTrip / results.floor());
        out.printf("shared round trip %.1f ns%n", results.score(Plan.ROUND_TRIP, Plan.SHARED, "0"));
        double bare = results.score(Plan.FLOOR, "swap pair, bare", "");
        double ofNative = results.score(Plan.FLOOR, Plan.NATIVE_GENERATOR, "");
        out.printf("NativeGenerator %.1f ns, native swap pair %.1f ns, ratio %.2f%n", ofNative, bare, ofNative / bare);
        out.printf("%s %.2f ns, ratio %.3f to a round trip%n", Plan.BUFFERED, element, element / roundTrip);
        out.printf("continuation %.1f ns, ratio %.2f%n", continuation, roundTrip / continuation);
    }

    /** Only plain round trips are asked. */
    private static boolean allocatesNothing(Row row) {
        boolean good = !row.table().equals(Plan.ROUND_TRIP) || !row.name().equals("fringe")
                || row.bytes() < ALLOCATION_LIMIT;
        if (!good) {
            System.err.printf("%s allocates %.1f bytes%n", row.key(), row.bytes());
        }
        return good;
    }
}
