// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engines;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Creates, resumes and closes generators, on pooled stacks and on fresh ones, and compares what the
 * process holds after it with what it held after a warm-up. Prints a table; the exit status is not 0 if
 * anything has grown by more than its slack.
 */
@Command(name = "churn", description = "Checks that generators leave nothing behind.")
public final class Churn implements Callable<Integer> {

    @Option(names = "--cycles", defaultValue = "1000000", description = "generators on pooled stacks (default: ${DEFAULT-VALUE})")
    private int cycles;

    @Option(names = "--births", defaultValue = "100000", description = "generators on stacks of their own (default: ${DEFAULT-VALUE})")
    private int births;

    /** What is counted, and by how much the virtual machine itself may change it. */
    private enum Holding {
        /** For compiled code and what the C library keeps; a page for each birth would be 20 times that. */
        RESIDENT("resident memory, KiB", 16 * 1024),
        /** For what the JDK caches. */
        HEAP("objects in the heap, KiB", 1024),
        /** For compiled code and arenas of malloc. */
        MAPPINGS("mappings", 40),
        /** The threads of compilers and collectors come and go. */
        KERNEL_THREADS("kernel threads", 4),
        JVM_THREADS("JVM threads", 2),
        DESCRIPTORS("file descriptors", 2),
        TEMPORARY("temporary files", 0);

        private final String title;
        private final long slack;

        Holding(String title, long slack) {
            this.title = title;
            this.slack = slack;
        }

        long count() throws IOException {
            return switch (this) {
                case RESIDENT -> status("VmRSS");
                case HEAP -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024;
                case MAPPINGS -> lines(Path.of("/proc/self/maps"));
                case KERNEL_THREADS -> status("Threads");
                case JVM_THREADS -> ManagementFactory.getThreadMXBean().getThreadCount();
                case DESCRIPTORS -> files(Path.of("/proc/self/fd"));
                case TEMPORARY -> temporary();
            };
        }

        private static long lines(Path file) throws IOException {
            try (Stream<String> lines = Files.lines(file)) {
                return lines.count();
            }
        }

        private static long files(Path directory) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.count();
            }
        }

        /** Of ours, wherever they may be. */
        private static long temporary() throws IOException {
            long count = 0;
            for (String property : new String[] {"java.io.tmpdir", "dev.fringe.library.directory"}) {
                String directory = System.getProperty(property);
                if (directory != null && Files.isDirectory(Path.of(directory))) {
                    try (Stream<Path> files = Files.walk(Path.of(directory), 2)) {
                        count += files.filter(file -> file.toString().contains("fringe")).count();
                    }
                }
            }
            return count;
        }

        private static long status(String key) throws IOException {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                return lines.filter(line -> line.startsWith(key + ":")).map(line -> line.replaceAll("[^0-9]", ""))
                        .mapToLong(Long::parseLong).findFirst().orElseThrow();
            }
        }
    }

    /** Runs the churn. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Churn()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        pooled(Math.max(50_000, cycles / 10));
        fresh(Math.max(500, births / 10));
        long[] before = count();
        measure("create, resume twice, close on a pooled stack", cycles, this::pooled);
        measure("create, resume twice, close on a stack and a thread of its own", births, this::fresh);
        long[] after = count();

        System.out.println();
        System.out.printf("%-24s %12s %12s %12s %12s%n", "", "before", "after", "grown by", "may grow by");
        boolean good = true;
        for (Holding holding : Holding.values()) {
            int i = holding.ordinal();
            boolean ok = after[i] - before[i] <= holding.slack;
            good &= ok;
            System.out.printf("%-24s %,12d %,12d %,12d %,12d%s%n", holding.title, before[i], after[i],
                    after[i] - before[i], holding.slack, ok ? "" : "  TOO MUCH");
        }
        System.out.println(good ? "churn: nothing is left behind" : "churn: something is left behind");
        return good ? 0 : 1;
    }

    private static long[] count() throws IOException {
        long[] counts = new long[Holding.values().length];
        for (int i = 0; i < 3; i++) {
            System.gc(); // objects with finalisers or cleaners take more than one
        }
        for (Holding holding : Holding.values()) {
            counts[holding.ordinal()] = holding.count();
        }
        return counts;
    }

    /** Processor time beside the time of the clock, because the machine may have other things to do. */
    private static void measure(String what, int count, IntConsumer task) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long clock = System.nanoTime();
        long processor = threads.getCurrentThreadCpuTime();
        task.accept(count);
        System.out.printf("%,d times %s: %.2f us each, of this thread's processor time %.2f us%n", count, what,
                (System.nanoTime() - clock) / 1e3 / Math.max(1, count),
                (threads.getCurrentThreadCpuTime() - processor) / 1e3 / Math.max(1, count));
    }

    private void pooled(int count) {
        for (int i = 0; i < count; i++) {
            // Some end by themselves, some are closed; confined and shared.
            use((i & 1) == 0 ? Generator.of(Churn::body) : Generator.ofShared(Churn::body), i);
        }
    }

    private void fresh(int count) {
        Generator.Builder builder = Generator.builder().freshThread();
        if (Engines.loaded().capabilities().contains(Capability.STACK_SIZE)) {
            builder.stackSize(256 * 1024);
        }
        for (int i = 0; i < count; i++) {
            use(builder.build(Churn::body), i);
        }
    }

    private static void body(Yielder<Integer, Integer> yielder, int first) {
        int input = first;
        for (int i = 0; i < 2; i++) {
            input = yielder.suspend(input + 1);
        }
    }

    private static void use(Generator<Integer, Integer> generator, int i) {
        try (generator) {
            int sum = generator.resume(i).orElseThrow() + generator.resume(i + 1).orElseThrow();
            if (sum != 2 * i + 3) {
                throw new AssertionError(sum + " instead of " + (2 * i + 3));
            }
            if (i % 3 == 0 && generator.resume(0).isPresent()) {
                throw new AssertionError("the body has not ended");
            }
        }
    }
}
