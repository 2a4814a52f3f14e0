// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Many that take turns: what a round trip costs when each touches memory that others have driven out of the caches.
 * All is compiled when it is measured. Each kind is resumed by what suits it: generators and continuations by the thread of
 * the benchmark, virtual threads by a virtual thread, on one carrier, so that no switch is one of kernel threads.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class Turns {

    private static final int MANY = 10_000;
    private static final ContinuationScope SCOPE = new ContinuationScope("turns");

    /** How many there are. */
    @Param("100")
    public int count;

    /** Whether they take turns in the order in which they were made, or in a random one that stays the same. */
    @Param("order")
    public String order;

    /** What they are: "fringe", "continuation" or "virtual". */
    @Param("fringe")
    public String kind;

    private final List<Generator<Object, Object>> generators = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private UnaryOperator<Object>[] all;
    private int next;
    private volatile Object result;

    /** Makes all of them, and runs each to its first suspension. */
    @Setup
    @SuppressWarnings("unchecked")
    public void make() {
        List<UnaryOperator<Object>> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(one());
        }
        if (order.equals("random")) {
            Collections.shuffle(made, new Random(1));
        }
        all = made.toArray(UnaryOperator[]::new);
    }

    private UnaryOperator<Object> one() {
        switch (kind) {
            case "fringe" -> {
                Generator<Object, Object> generator = Generator.of((yielder, input) ->
                        Bodies.echo(yielder::suspend, input, 0, Long.MAX_VALUE));
                generator.resume(kind);
                generators.add(generator);
                return value -> generator.resume(value).orElse(null);
            }
            case "continuation" -> {
                Object[] cell = {kind};
                Continuation continuation = new Continuation(SCOPE, () -> Bodies.echo(value -> {
                    cell[0] = value;
                    Continuation.yield(SCOPE);
                    return cell[0];
                }, cell[0], 0, Long.MAX_VALUE));
                continuation.run();
                return value -> {
                    cell[0] = value;
                    continuation.run();
                    return cell[0];
                };
            }
            case "virtual" -> {
                Handoff handoff = new Handoff.ByPark();
                threads.add(handoff.start(Thread.ofVirtual(), 0, Long.MAX_VALUE));
                while (!handoff.ready()) {
                    LockSupport.parkNanos(1000);
                }
                return handoff::exchange;
            }
            default -> throw new IllegalArgumentException(kind);
        }
    }

    /** Ends them. */
    @TearDown(Level.Trial)
    public void close() {
        generators.forEach(Generator::close);
        threads.forEach(Thread::interrupt);
    }

    private void turn() {
        Object value = kind;
        for (int i = 0; i < MANY; i++) {
            value = all[next].apply(value);
            next = next + 1 == all.length ? 0 : next + 1;
        }
        result = value;
    }

    /** One round trip with each in turn. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void turns() throws InterruptedException {
        if (threads.isEmpty()) {
            turn();
        } else {
            Thread.startVirtualThread(this::turn).join();
        }
    }
}
