// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Switches and does nothing else, for a profiler to interrupt: most of its signals then come in the few
 * instructions of a switch, when stack, thread and tid slot are being exchanged. Each thread has
 * some generators of its own, two confined and one shared, and one that all fight for. Prints how many switches there were and
 * how many of them returned a wrong value.
 */
@Command(name = "sampler-race", description = "Switches as fast as possible in this virtual machine.")
public final class SamplerRace implements Callable<Integer> {

    @Option(names = "--seconds", defaultValue = "10", description = "how long (default: ${DEFAULT-VALUE})")
    private double seconds;

    @Option(names = "--threads", defaultValue = "4", description = "how many threads (default: ${DEFAULT-VALUE})")
    private int threads;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong switches = new AtomicLong();
    private final AtomicLong corrupt = new AtomicLong();
    private final AtomicBoolean taken = new AtomicBoolean();
    private final Generator<Integer, Integer> common = Generator.ofShared(SamplerRace::echo);

    /** Runs the race. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SamplerRace()).execute(arguments));
    }

    private static void echo(Yielder<Integer, Integer> yielder, int first) {
        int input = first;
        while (true) {
            input = yielder.suspend(input + 1);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread.Builder builder = i % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
            running.add(builder.name("racer-" + i).start(this::race));
        }
        Thread.sleep((long) (seconds * 1000));
        stop.set(true);
        for (Thread thread : running) {
            thread.join();
        }
        common.close();
        System.out.println(switches + " switches, " + corrupt + " corrupt");
        return corrupt.get() == 0 && switches.get() > 0 ? 0 : 1;
    }

    private void race() {
        List<Generator<Integer, Integer>> mine = List.of(Generator.of(SamplerRace::echo),
                Generator.ofShared(SamplerRace::echo), Generator.of(SamplerRace::echo));
        long done = 0;
        for (int i = 0; !stop.get(); i = i + 1 & 127) { // small values are not allocated
            for (Generator<Integer, Integer> generator : mine) {
                check(generator, i);
            }
            done += 6;
            if (taken.compareAndSet(false, true)) {
                check(common, i);
                done += 2;
                taken.set(false);
            }
            if (i == 0) {
                Thread.yield();
            }
        }
        switches.addAndGet(done);
        mine.forEach(Generator::close);
    }

    private void check(Generator<Integer, Integer> generator, int value) {
        if (generator.resume(value).orElse(-1) != value + 1) {
            corrupt.incrementAndGet();
        }
    }
}
