// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.io.TempDir;

/** What flight recorder sees: the events of generators, and samples of their bodies. */
@Tag("flight-recorder")
@Tag("native")
class RecorderTest {

    private static final List<String> OURS = List.of("dev.fringe.GeneratorCreated", "dev.fringe.GeneratorFinished",
            "dev.fringe.GeneratorClosed", "dev.fringe.GeneratorAbandoned", "dev.fringe.LongResume");

    @TempDir
    Path directory;

    private List<RecordedEvent> record(Runnable action) throws IOException {
        Path file = directory.resolve("events.jfr");
        Generator.of((yielder, input) -> { }).close(); // the events exist when there has been a generator
        try (Recording recording = new Recording()) {
            OURS.forEach(name -> recording.enable(name).withThreshold(Duration.ZERO));
            recording.start();
            action.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file);
    }

    private static List<String> namesOf(List<RecordedEvent> events, String generator) {
        return events.stream().filter(event -> OURS.contains(event.getEventType().getName()))
                .filter(event -> generator.equals(event.getString("generator")))
                .map(event -> event.getEventType().getName().replace("dev.fringe.", "")).toList();
    }

    @Test
    void theLifeOfAGeneratorIsRecorded() throws IOException {
        List<RecordedEvent> events = record(() -> {
            Generator<Void, Integer> finishes = Generator.builder().name("finishes").build((yielder, input) -> {
                yielder.suspend(1);
            });
            finishes.resume(null);
            finishes.resume(null);
            Generator<Void, Integer> closed = Generator.builder().name("closed").build((yielder, input) -> {
                yielder.suspend(1);
            });
            closed.resume(null);
            closed.close();
            Generator<Void, Integer> fails = Generator.builder().name("fails").build((yielder, input) -> {
                throw new IllegalArgumentException("as it should");
            });
            assertThrows(IllegalArgumentException.class, () -> fails.resume(null));
        });
        assertEquals(List.of("GeneratorCreated", "LongResume", "LongResume", "GeneratorFinished"),
                namesOf(events, "finishes"));
        assertEquals(List.of("GeneratorCreated", "LongResume", "GeneratorClosed", "LongResume"),
                namesOf(events, "closed"));
        RecordedEvent failed = events.stream().filter(event -> event.getEventType().getName().endsWith("Finished")
                && event.getString("generator").equals("fails")).findFirst().orElseThrow();
        assertEquals(IllegalArgumentException.class.getName(), failed.getClass("exception").getName());
    }

    @Test
    void nothingIsRecordedUnlessItIsAskedFor() throws IOException {
        Path file = directory.resolve("none.jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            Generator.of((yielder, input) -> yielder.suspend(1)).close();
            recording.stop();
            recording.dump(file);
        }
        assertTrue(RecordingFile.readAllEvents(file).stream()
                .noneMatch(event -> OURS.contains(event.getEventType().getName())));
    }

    // ---- samplers ------------------------------------------------------------------------------------

    /** Prints which threads have been sampled in which methods, from a recording made while bodies work. */
    static final class Sampled {

        private static volatile double sink;

        private static void workOfBody() {
            work();
        }

        private static void workOfResumer() {
            work();
        }

        private static void work() {
            double sum = 1;
            for (int i = 0; i < 3_000_000; i++) {
                sum += Math.sqrt(sum + i);
            }
            sink = sum;
        }

        public static void main(String[] arguments) throws IOException {
            Generator<Void, Integer> generator = Generator.builder().name("sampled").build((yielder, input) -> {
                while (true) {
                    workOfBody();
                    yielder.suspend(1);
                }
            });
            generator.resume(null);
            Path file = Path.of(arguments[1]);
            try (Recording recording = new Recording()) {
                recording.enable("jdk." + arguments[0]).with("period", "1 ms").with("throttle", "1 ms");
                recording.start();
                for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                    generator.resume(null);
                    workOfResumer();
                }
                recording.stop();
                recording.dump(file);
            }
            Map<String, Long> counts = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getStackTrace() != null)
                    .map(Sampled::describe).collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
            counts.forEach((what, count) -> System.out.println(count + " " + what));
        }

        private static String describe(RecordedEvent event) {
            RecordedThread thread = event.getThread(event.hasField("sampledThread") ? "sampledThread" : "eventThread");
            List<String> methods = new ArrayList<>();
            event.getStackTrace().getFrames().forEach(frame -> methods.add(frame.getMethod().getName()));
            return (thread == null ? "?" : thread.getJavaName()) + (methods.contains("workOfBody") ? " in its body"
                    : methods.contains("workOfResumer") ? " resuming" : " elsewhere");
        }
    }

    private static long count(String output, String what) {
        return output.lines().filter(line -> line.endsWith(" " + what))
                .mapToLong(line -> Long.parseLong(line.substring(0, line.indexOf(' ')))).sum();
    }

    private String sample(String event) {
        String file = directory.resolve(event + ".jfr").toString();
        String output = new ChildJvm().within(300).run(Sampled.class, event, file, "" + Scale.of(100, 10))
                .succeeds().output();
        assertTrue(output.lines().allMatch(line -> line.matches("\\d+ .*")), output); // no warnings
        assertTrue(count(output, "main resuming") > 10, output);
        assertEquals(0, count(output, "main in its body"), output);
        assertEquals(0, count(output, "sampled resuming"), output);
        return output;
    }

    @Test
    void executionSamplesAreTheGenerators() {
        String output = sample("ExecutionSample");
        assertTrue(count(output, "sampled in its body") > 10, output);
    }

    @Test
    void cpuTimeSamplesAreTheGenerators() {
        String output = sample("CPUTimeSample");
        assertTrue(count(output, "sampled in its body") > 10, output);
    }

    /** Prints how much processor time bodies have used, and how much of that samples account for, in ms. */
    static final class CpuTime {

        private static final AtomicLong USED = new AtomicLong();
        private static final Set<Long> BODIES = ConcurrentHashMap.newKeySet();

        private static volatile double sink;

        private static void workOfBody() {
            double sum = 1;
            for (int i = 0; i < 200_000; i++) {
                sum += Math.sqrt(sum + i);
            }
            sink = sum;
        }

        private static List<Generator<Void, Integer>> generators(int count) {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            List<Generator<Void, Integer>> generators = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                generators.add(Generator.ofShared((yielder, input) -> {
                    BODIES.add(Thread.currentThread().threadId());
                    while (true) {
                        yielder.suspend(1);
                        long before = threads.getCurrentThreadCpuTime(); // of the kernel thread, so the resumer's
                        workOfBody();
                        USED.addAndGet(threads.getCurrentThreadCpuTime() - before);
                    }
                }));
            }
            generators.forEach(generator -> generator.resume(null));
            return generators;
        }

        public static void main(String[] arguments) throws Exception {
            boolean recordingFirst = arguments[0].equals("recording-first");
            int count = Integer.parseInt(arguments[1]);
            Path file = Path.of(arguments[3]);
            try (Recording recording = new Recording()) {
                recording.enable("jdk.CPUTimeSample").with("throttle", "1 ms");
                List<Generator<Void, Integer>> generators = List.of();
                if (recordingFirst) {
                    recording.start();
                    generators = generators(count);
                } else {
                    generators = generators(count);
                    recording.start();
                }
                List<Generator<Void, Integer>> all = generators;
                Runnable resume = () -> {
                    while (USED.get() < TimeUnit.SECONDS.toNanos(2)) {
                        all.forEach(generator -> generator.resume(null));
                    }
                };
                (arguments[2].equals("virtual") ? Thread.ofVirtual() : Thread.ofPlatform()).start(resume).join();
                recording.stop();
                recording.dump(file);
            }
            long sampled = 0;
            for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
                if (event.getEventType().getName().equals("jdk.CPUTimeSample") && event.getStackTrace() != null
                        && event.getStackTrace().getFrames().stream()
                                .anyMatch(frame -> frame.getMethod().getName().equals("workOfBody"))) {
                    if (!BODIES.contains(event.getThread("eventThread").getJavaThreadId())) {
                        System.out.println("a body's method in a sample of " + event.getThread("eventThread"));
                    }
                    sampled += event.getDuration("samplingPeriod").toMillis();
                }
            }
            System.out.println(TimeUnit.NANOSECONDS.toMillis(USED.get()) + " " + sampled);
        }
    }

    /** The part of the processor time of bodies that samples account for, which has to be all that is printed. */
    private double sampledPart(String order, int generators, String resumer, String... options) {
        String output = new ChildJvm().within(300).with(options).run(CpuTime.class, order, "" + generators, resumer,
                directory.resolve("cpu.jfr").toString()).succeeds().output();
        assertTrue(output.matches("\\d+ \\d+\n"), output);
        String[] words = output.trim().split(" ");
        return Double.parseDouble(words[1]) / Double.parseDouble(words[0]);
    }

    /** With 200 generators where that many timers can be had: an emulator has few. */
    @ParameterizedTest
    @CsvSource({"1, platform", "200, platform", "3, virtual"})
    void cpuTimeSamplesAccountForWhatBodiesUse(int generators, String resumer) {
        double part = sampledPart("stacks-first", Scale.of(generators, Math.min(generators, 5)), resumer);
        assertTrue(part >= 0.5, "sampled: " + part);
    }

    /** The virtual machine does not make ready for what is attached later, unless sampling starts again. */
    @Test
    void cpuTimeSamplesCountStacksThatAreBornLaterIfAskedTo() {
        double part = sampledPart("recording-first", 3, "platform", "-Ddev.fringe.renewCpuTimeSampling=true");
        assertTrue(part >= 0.5, "sampled: " + part);
    }

    /** The documentation says so; if it fails, the virtual machine has become better. */
    @Test
    void cpuTimeSamplesMissStacksThatAreBornLaterOtherwise() {
        assertEquals(0, sampledPart("recording-first", 1, "platform"));
    }

    /** So it is the noted ids that make the difference. Words can't be exchanged without them. */
    @Test
    void withoutKernelThreadIdsNoBodyIsSampled() {
        assertEquals(0, sampledPart("stacks-first", 1, "platform",
                "-Ddev.fringe.switch=pointer", "-Ddev.fringe.kernelThreadIds=false"));
    }
}
