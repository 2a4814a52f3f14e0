// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;

/**
 * Customers in a bank: each is a process written as it lives, and a generator that suspends for its waits.
 */
public final class BankQueue {

    private record Event(double time, long order, Generator<Void, Double> process) {}

    private final PriorityQueue<Event> events = new PriorityQueue<>(
            Comparator.comparingDouble(Event::time).thenComparingLong(Event::order));
    private final Queue<String> queue = new ArrayDeque<>();
    private final SplittableRandom random = new SplittableRandom(42);
    private double now;
    private long order;
    private int freeTellers = 2;
    private int served;
    private int lost;
    private double waited;

    /** Shared, because a generator that is made by a body is else confined to that body. */
    private void start(Generator.Producer<Double> process) {
        events.add(new Event(now, order++, Generator.ofShared(process)));
    }

    /** A time in minutes, exponentially distributed. */
    private double about(double mean) {
        return -mean * StrictMath.log(1 - random.nextDouble());
    }

    private void arrivals(Yielder<Void, Double> wait) {
        for (int i = 1; i <= 200; i++) {
            String name = "customer " + i;
            start(own -> customer(name, own));
            wait.suspend(about(3));
        }
    }

    private void customer(String name, Yielder<Void, Double> wait) {
        double arrived = now;
        queue.add(name);
        while (freeTellers == 0 || !name.equals(queue.peek())) {
            if (now - arrived > 20) {
                queue.remove(name);
                lost++;
                return;
            }
            wait.suspend(0.1); // looks up from the newspaper
        }
        queue.remove();
        freeTellers--;
        waited += now - arrived;
        wait.suspend(about(5.5));
        freeTellers++;
        served++;
    }

    /** Runs until nothing happens any more. */
    public static void main(String[] arguments) {
        var bank = new BankQueue();
        bank.start(bank::arrivals);
        while (!bank.events.isEmpty()) {
            Event event = bank.events.remove();
            bank.now = event.time;
            event.process.resume(null).ifPresent(time -> bank.events.add(new Event(bank.now + time, bank.order++, event.process)));
        }
        System.out.println("served " + bank.served + ", lost " + bank.lost + ", closed at minute "
                + Math.round(bank.now) + ", average wait " + Math.round(60 * bank.waited / bank.served) + " s");
    }
}
