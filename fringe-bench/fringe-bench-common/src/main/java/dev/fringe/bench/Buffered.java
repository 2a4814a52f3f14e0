// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
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

    private final Generator<Void, Object> generator = Generator.builder().buffered(SIZE).build(yielder -> {
        while (true) {
            yielder.suspend("value");
        }
    });
    private final Iterator<Object> values = generator.iterator();

    /** By resuming. */
    @Benchmark
    public Object resume() {
        return generator.resume(null).orElse(null);
    }

    /** By the iterator. */
    @Benchmark
    public Object next() {
        return values.next();
    }
}
