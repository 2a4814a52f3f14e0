// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.stream.Elements;
import dev.fringe.stream.Gathering;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Gatherer;
import java.util.stream.Gatherer.Downstream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The lengths of runs of equal elements, in a stage of a stream: how long one element takes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Gathered.COUNT)
@State(Scope.Thread)
public class Gathered {

    static final int COUNT = 10_000;

    private final List<Integer> elements = new Random(1).ints(COUNT, 0, 2).boxed().toList();

    /** What comes out of the stage. */
    record Run(Integer value, int length) {}

    private static void body(Elements<Integer> in, Downstream<Run> out) {
        while (in.hasNext()) {
            Integer value = in.next();
            int length = 1;
            while (in.hasNext() && in.peek().equals(value)) {
                in.next();
                length++;
            }
            out.push(new Run(value, length));
        }
    }

    /** The same as a state machine. */
    private static final class ByHand {

        private Integer value;
        private int length;

        boolean integrate(Integer element, Downstream<? super Run> out) {
            if (element.equals(value)) {
                length++;
                return true;
            }
            boolean more = value == null || out.push(new Run(value, length));
            value = element;
            length = 1;
            return more;
        }

        void finish(Downstream<? super Run> out) {
            if (value != null) {
                out.push(new Run(value, length));
            }
        }
    }

    private long sum(Gatherer<Integer, ?, Run> gatherer) {
        return elements.stream().gather(gatherer).mapToLong(Run::length).sum();
    }

    /** Element by element. */
    @Benchmark
    public long one() {
        return sum(Gathering.of(Gathered::body));
    }

    /** 64 elements with one switch. */
    @Benchmark
    public long buffered() {
        return sum(Gathering.buffered(64, Gathered::body));
    }

    /** Without a generator, and as one that may want no more elements: so the stream asks before each. */
    @Benchmark
    public long byHandAsked() {
        return sum(Gatherer.<Integer, ByHand, Run>ofSequential(ByHand::new,
                Gatherer.Integrator.<ByHand, Integer, Run>of(ByHand::integrate), ByHand::finish));
    }

    /** Without a generator, and as one that always takes all. */
    @Benchmark
    public long byHand() {
        return sum(Gatherer.<Integer, ByHand, Run>ofSequential(ByHand::new,
                Gatherer.Integrator.<ByHand, Integer, Run>ofGreedy(ByHand::integrate), ByHand::finish));
    }
}
