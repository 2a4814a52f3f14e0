// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * A cooperative scheduler: tasks take turns on one thread, and those that sleep wait in a queue. A task is
 * a generator that suspends with how long it wants to sleep, 0 to let the others have their turn.
 *
 * <p>Time is the scheduler's own: when nobody is ready it is the time of the first to wake.
 */
public final class Scheduler {

    private record Sleeper(long until, long order, Generator<Void, Long> task) {}

    private final Queue<Generator<Void, Long>> ready = new ArrayDeque<>();
    private final PriorityQueue<Sleeper> asleep = new PriorityQueue<>((a, b) ->
            a.until != b.until ? Long.compare(a.until, b.until) : Long.compare(a.order, b.order));
    private long now;
    private long turns;

    void start(Generator.Producer<Long> task) {
        ready.add(Generator.builder().stackSize(256 * 1024).build(task));
    }

    /** Runs all tasks to their end. */
    void run() {
        while (!ready.isEmpty() || !asleep.isEmpty()) {
            if (ready.isEmpty()) {
                now = asleep.peek().until;
            }
            while (!asleep.isEmpty() && asleep.peek().until <= now) {
                ready.add(asleep.remove().task);
            }
            Generator<Void, Long> task = ready.remove();
            turns++;
            task.resume().ifPresent(time -> {
                if (time == 0) {
                    ready.add(task);
                } else {
                    asleep.add(new Sleeper(now + time, turns, task));
                }
            });
        }
    }

    /** Three tasks that say when they run, and ten thousand that count. */
    public static void main(String[] arguments) {
        Scheduler clocks = new Scheduler();
        for (int pace = 2; pace <= 4; pace++) {
            long pause = pace;
            clocks.start(yielder -> {
                while (clocks.now < 9) {
                    System.out.println("time " + clocks.now + ": the task that sleeps for " + pause + " runs");
                    yielder.suspend(pause);
                }
            });
        }
        clocks.run();
        Scheduler crowd = new Scheduler();
        long[] sum = new long[1];
        for (int i = 0; i < 10_000; i++) {
            int number = i;
            crowd.start(yielder -> {
                yielder.suspend(0L);
                yielder.suspend(10_000L - number);
                sum[0] += number;
            });
        }
        crowd.run();
        System.out.printf("10000 tasks took %d turns on one thread, the last at time %d; their numbers add up to %d%n",
                crowd.turns, crowd.now, sum[0]);
    }
}
