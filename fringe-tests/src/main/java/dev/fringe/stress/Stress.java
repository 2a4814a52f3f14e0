// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Many shared generators, resumed by platform and virtual threads at once, and some confined ones of each of these
 * threads, deep in their calls, while the heap is filled and collected and threads are dumped. Each value that crosses a switch is checked,
 * and so is what lies on the suspended frames. Prints how many switches there were and how many of them
 * found anything wrong.
 */
@Command(name = "stress", description = "Checks generators under load in this virtual machine.")
public final class Stress implements Callable<Integer> {

    @Option(names = "--seconds", defaultValue = "10", description = "how long (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(names = "--generators", defaultValue = "200", description = "how many generators (default: ${DEFAULT-VALUE})")
    private int count;

    @Option(names = "--platform", defaultValue = "3", description = "resuming platform threads (default: ${DEFAULT-VALUE})")
    private int platform;

    @Option(names = "--virtual", defaultValue = "3", description = "resuming virtual threads (default: ${DEFAULT-VALUE})")
    private int virtual;

    @Option(names = "--least", defaultValue = "1",
            description = "goes on until there have been so many switches, where they are slow (default: ${DEFAULT-VALUE})")
    private long least;

    /** How many confined generators each resuming thread has. */
    private static final int CONFINED = 20;

    private final LongAdder switches = new LongAdder();
    private final AtomicLong corrupt = new AtomicLong();
    private final AtomicBoolean stop = new AtomicBoolean();
    /** Whether a generator has been resumed, or could not be. */
    private final CountDownLatch begun = new CountDownLatch(1);
    private final List<Slot> slots = new ArrayList<>();

    /** A generator, and what its next answer must be. Guarded by trying to lock, so never by two. */
    private static final class Slot {
        private final AtomicBoolean taken = new AtomicBoolean();
        private Generator<String, String> generator;
        private long round;
    }

    /** Runs the stress. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Stress()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        for (int i = 0; i < count; i++) {
            slots.add(new Slot());
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < platform + virtual; i++) {
            long seed = i;
            Runnable task = () -> resumeMany(new SplittableRandom(seed));
            Thread.Builder builder = i < platform ? Thread.ofPlatform() : Thread.ofVirtual();
            threads.add(builder.name("resumer-" + i).start(task));
        }
        begun.await(); // the first generator brings the library up, which may take longer than a short stress
        long end = System.nanoTime() + (long) (seconds * 1e9);
        long pause = 200;
        for (int i = 0; System.nanoTime() < end || switches.sum() < least; i++) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) { // on a machine that does little but collect, it is made to collect less and less
                pause += pause / 4;
            }
            Thread.sleep(left > 0 ? Math.min(left, pause) : pause);
            if (i % 2 == 0) {
                System.gc();
            } else {
                ManagementFactory.getThreadMXBean().dumpAllThreads(true, true);
                Thread.getAllStackTraces();
            }
        }
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        slots.forEach(Stress::close);
        System.out.println(switches + " switches, " + corrupt + " corrupt");
        return corrupt.get() == 0 && switches.sum() > 0 ? 0 : 1;
    }

    private void resumeMany(SplittableRandom random) {
        List<byte[]> garbage = new ArrayList<>();
        List<Slot> confined = new ArrayList<>();
        for (int i = 0; i < CONFINED; i++) {
            confined.add(new Slot());
        }
        while (!stop.get()) {
            boolean shared = random.nextBoolean();
            Slot slot = shared ? slots.get(random.nextInt(slots.size())) : confined.get(random.nextInt(CONFINED));
            if (slot.taken.compareAndSet(false, true)) {
                try {
                    switches.add(resumeOne(slot, random, shared));
                } catch (Throwable t) {
                    report(t);
                } finally {
                    begun.countDown();
                    slot.taken.set(false);
                }
            }
            garbage.add(new byte[random.nextInt(5_000)]);
            if (garbage.size() > 100) {
                garbage.clear();
            }
            if (random.nextInt(50) == 0) {
                Thread.yield();
            }
        }
        confined.forEach(Stress::close);
    }

    private static void close(Slot slot) {
        if (slot.generator != null) {
            slot.generator.close();
        }
    }

    private int resumeOne(Slot slot, SplittableRandom random, boolean shared) {
        if (slot.generator == null) {
            int depth = random.nextInt(1, 60);
            Generator.Body<String, String> body = (yielder, input) -> body(yielder, input, depth);
            slot.generator = shared ? Generator.ofShared(body) : Generator.of(body);
            slot.round = 0;
        } else if (random.nextInt(400) == 0) { // close it in the middle, and make a new one next time
            slot.generator.close();
            slot.generator = null;
            return 0;
        }
        String input = "in" + slot.round;
        String expected = "out" + slot.round;
        slot.round++;
        String output = slot.generator.resume(input).orElse(null);
        if (output == null) {
            slot.generator = null;
        } else if (!output.equals(expected)) {
            report(new AssertionError(output + " instead of " + expected));
        }
        return 2;
    }

    private void body(Yielder<String, String> yielder, String first, int depth) {
        String input = first;
        for (long round = 0; round < 300; round++) {
            if (!input.equals("in" + round)) {
                report(new AssertionError(input + " instead of in" + round));
            }
            input = descend(yielder, depth, round, "out" + round);
        }
    }

    /** Leaves references and numbers on every frame, and looks at them again after the switch. */
    private String descend(Yielder<String, String> yielder, int depth, long round, String output) {
        String local = "frame" + depth + "/" + round;
        long number = depth * 31L + round;
        double fraction = number / 3.0;
        String input = depth == 0 ? yielder.suspend(output) : descend(yielder, depth - 1, round, output);
        if (!local.equals("frame" + depth + "/" + round) || number != depth * 31L + round || fraction != number / 3.0) {
            report(new AssertionError("frame at depth " + depth + " of round " + round + ": " + local));
        }
        return input;
    }

    private void report(Throwable t) {
        if (corrupt.incrementAndGet() <= 10) {
            t.printStackTrace();
        }
    }
}
