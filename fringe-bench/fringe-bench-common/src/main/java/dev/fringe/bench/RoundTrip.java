// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.NativeGenerator;
import java.util.concurrent.TimeUnit;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One resume and one suspend, with an object each way, so many frames deep in the body. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RoundTrip {

    /**
     * Times that each body is run to its end before measuring, so that no frame is interpreted: enough for
     * the second compiler, if there is no property that says how many do.
     */
    static final int WARM_UP = Integer.getInteger(Effort.WARM_UP, 12_000);

    /** A generator. */
    @State(Scope.Thread)
    public static class OfFringe {
        /** Calls between the body and its suspend. */
        @Param({"0", "20", "100", "1000"})
        public int depth;
        private Generator<Object, Object> generator;
        private Object value = "value";
        private int number = 1000;

        /** Makes it. */
        @Setup
        public void setUp() {
            ExtraPath.use();
            for (int i = 0; i < WARM_UP; i++) {
                Generator<Object, Object> warm = make(3);
                while (warm.resume(value).isPresent()) {}
            }
            generator = make(Long.MAX_VALUE);
        }

        private Generator<Object, Object> make(long times) {
            return Generator.of((yielder, input) -> Bodies.echo(yielder::suspend, input, depth, times));
        }
    }

    /** A generator of numbers that are no objects. */
    @State(Scope.Thread)
    public static class OfLong {
        private final LongGenerator generator = LongGenerator.of((yielder, input) -> {
            long value = input;
            while (true) {
                value = yielder.suspend(value);
            }
        });
        private long number = 1000;
    }

    /** A generator whose body is a C function. */
    @State(Scope.Thread)
    public static class OfNative {
        private final NativeGenerator generator = NativeGenerator.of(Natives.BODY);
        private long number = 1000;
    }

    /** The JDK's own continuation, which has no values to hand over, so they go through a field. */
    @State(Scope.Thread)
    public static class OfContinuation {
        private static final ContinuationScope SCOPE = new ContinuationScope("bench");
        /** Calls between the body and its yield. */
        @Param({"0", "20", "100", "1000"})
        public int depth;
        private Continuation continuation;
        private Object passed;
        private Object value = "value";

        /** Makes it. */
        @Setup
        public void setUp() {
            for (int i = 0; i < WARM_UP; i++) {
                Continuation warm = make(3);
                while (!warm.isDone()) {
                    exchange(warm, value);
                }
            }
            continuation = make(Long.MAX_VALUE);
        }

        private Continuation make(long times) {
            return new Continuation(SCOPE, () -> Bodies.echo(this::yield, passed, depth, times));
        }

        private Object yield(Object out) {
            passed = out;
            Continuation.yield(SCOPE);
            return passed;
        }

        private Object exchange(Continuation to, Object in) {
            passed = in;
            to.run();
            return passed;
        }
    }

    /** An object that exists already. */
    @Benchmark
    public Object fringe(OfFringe state) {
        return state.generator.resume(state.value).orElse(null);
    }

    /** A new Integer in, which comes out again. */
    @Benchmark
    public Object fringeBoxed(OfFringe state) {
        return state.generator.resume(state.number++).orElse(null);
    }

    /** A number in, which comes out again. */
    @Benchmark
    public long fringeLong(OfLong state) {
        return state.generator.resume(state.number++).orElse(0);
    }

    /** A number in, which comes out one larger. */
    @Benchmark
    public long fringeNative(OfNative state) {
        return state.generator.resume(state.number++).orElse(0);
    }

    /** An object that exists already. */
    @Benchmark
    public Object continuation(OfContinuation state) {
        return state.exchange(state.continuation, state.value);
    }
}
