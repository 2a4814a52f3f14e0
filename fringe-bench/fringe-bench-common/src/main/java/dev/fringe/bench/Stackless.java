// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One step of what has no stack of its own and so can suspend at depth 0 only. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class Stackless {

    private final Object value = "value";
    private final Iterator<Object> kotlin = Sequences.repeat(value);
    private final Iterator<Object> byHand = new Iterator<>() {
        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public Object next() {
            return value;
        }
    };

    /** Kotlin's sequence. */
    @Benchmark
    public Object kotlin() {
        return kotlin.next();
    }

    /** An iterator written by hand: the cost of no switch at all. */
    @Benchmark
    public Object iterator() {
        return byHand.next();
    }
}
