// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import java.util.Iterator;
import java.util.PrimitiveIterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One element of a generator whose body runs ahead, and does nothing else than producing. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class Buffered {

    /** How far it runs ahead. */
    static final int SIZE = 64;

    /** Elements taken in one loop, as a program would. */
    private static final int MANY = 16 * SIZE;

    private final Integer element = 1000;
    private final Generator<Void, Integer> generator = Generator.builder().buffered(SIZE).build(yielder -> {
        while (true) {
            yielder.suspend(element);
        }
    });
    private final Iterator<Integer> values = generator.iterator();

    private final LongGenerator longs = LongGenerator.builder().buffered(SIZE).build(taker -> {
        for (long i = 0; ; i++) {
            taker.accept(i);
        }
    });
    private final PrimitiveIterator.OfLong longValues = longs.iterator();

    /** What takes all, and counts while it does so. */
    private static final class Sum implements Consumer<Integer>, LongConsumer {

        private long sum;

        @Override
        public void accept(Integer value) {
            sum += value;
        }

        @Override
        public void accept(long value) {
            sum += value;
        }
    }

    /** By internal iteration; the share of the generator's own beginning and end is in it. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long forEach() {
        Sum sum = new Sum();
        Generator.builder().buffered(SIZE).<Integer>build(yielder -> {
            for (int i = 0; i < MANY; i++) {
                yielder.suspend(element);
            }
        }).forEach(sum);
        return sum.sum;
    }

    /** By internal iteration, without objects. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long forEachLong() {
        Sum sum = new Sum();
        LongGenerator.builder().buffered(SIZE).build(taker -> {
            for (long i = 0; i < MANY; i++) {
                taker.accept(i);
            }
        }).iterator().forEachRemaining((LongConsumer) sum);
        return sum.sum;
    }

    /** By resuming, without objects. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long resumeLong() {
        long sum = 0;
        for (int i = 0; i < MANY; i++) {
            sum += longs.resume(0).orElseThrow();
        }
        return sum;
    }

    /** By the iterator, without objects. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long nextLong() {
        long sum = 0;
        for (int i = 0; i < MANY; i++) {
            sum += longValues.nextLong();
        }
        return sum;
    }

    /** By resuming. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public int resume() {
        int sum = 0;
        for (int i = 0; i < MANY; i++) {
            sum += generator.resume(null).orElseThrow();
        }
        return sum;
    }

    /** By the iterator. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public int next() {
        int sum = 0;
        for (int i = 0; i < MANY; i++) {
            sum += values.next();
        }
        return sum;
    }
}
