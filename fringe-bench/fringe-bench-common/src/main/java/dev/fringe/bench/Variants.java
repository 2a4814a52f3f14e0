// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The round trip of generators that are not the simplest kind. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Variants {

    /** A generator which any thread may resume. */
    @State(Scope.Thread)
    public static class Shared {
        private final Generator<Object, Object> generator =
                Generator.ofShared((yielder, input) -> Bodies.echo(yielder::suspend, input, 0, Long.MAX_VALUE));
    }

    /** A generator that is interrupted with who resumes it. */
    @State(Scope.Thread)
    public static class Interruptible {
        private final Generator<Object, Object> generator = Generator.builder().interruptible().build(
                (yielder, input) -> Bodies.echo(yielder::suspend, input, 0, Long.MAX_VALUE));
    }

    /** Three generators, of which each hands on what the one inside of it says. */
    @State(Scope.Thread)
    public static class Nested {
        private final Generator<Object, Object> generator = make(2);

        private static Generator<Object, Object> make(int inside) {
            return Generator.of((yielder, input) -> body(yielder, input, inside));
        }

        private static void body(Yielder<Object, Object> yielder, Object first, int inside) {
            if (inside == 0) {
                Bodies.echo(yielder::suspend, first, 0, Long.MAX_VALUE);
            }
            Generator<Object, Object> inner = make(inside - 1);
            Object input = first;
            while (true) {
                input = yielder.suspend(inner.resume(input).orElseThrow());
            }
        }
    }

    /** A chain of generators, of which each has delegated to the next. */
    @State(Scope.Thread)
    public static class Chain {

        /** How many delegations there are. */
        @Param({"0", "1", "100", "400", "10000"})
        private int length;
        private Generator<Object, Object> generator;

        private static Generator<Object, Object> make(int length) {
            return Generator.of((yielder, input) -> {
                if (length == 0) {
                    Bodies.echo(yielder::suspend, input, 0, Long.MAX_VALUE);
                }
                yielder.suspendAll(make(length - 1), input);
            });
        }

        /** Makes it, and goes to its end. */
        @Setup
        public void setUp() {
            generator = make(length);
            generator.resume("first");
        }

        /** Unwinds all. */
        @TearDown
        public void tearDown() {
            generator.close();
        }
    }

    /** A generator that has lived so long that the collector has moved it out of the young generation. */
    @State(Scope.Thread)
    public static class Old {
        private final Generator<Object, Object> generator =
                Generator.of((yielder, input) -> Bodies.echo(yielder::suspend, input, 0, Long.MAX_VALUE));
        private Object value;

        /** Ages it, and makes a young value. */
        @Setup
        public void setUp() {
            generator.resume("first");
            System.gc();
            System.gc();
            value = new String("young");
        }
    }

    /** Resumed by one thread, though others might. */
    @Benchmark
    public Object shared(Shared state) {
        return state.generator.resume("value").orElse(null);
    }

    /** With what it takes to hear of interrupts, of which there are none. */
    @Benchmark
    public Object interruptible(Interruptible state) {
        return state.generator.resume("value").orElse(null);
    }

    /** Three round trips, one inside of the other. */
    @Benchmark
    public Object nested(Nested state) {
        return state.generator.resume("value").orElse(null);
    }

    /** To the innermost of a chain and back. */
    @Benchmark
    public Object delegated(Chain state) {
        return state.generator.resume("value").orElse(null);
    }

    /** A young value through an old generator, which collectors like to hear of. */
    @Benchmark
    public Object old(Old state) {
        return state.generator.resume(state.value).orElse(null);
    }
}
