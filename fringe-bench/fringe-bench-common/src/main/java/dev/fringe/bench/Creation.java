// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import java.util.concurrent.TimeUnit;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A whole life: made, resumed twice, the second time to its end, and given back. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class Creation {

    private static final ContinuationScope SCOPE = new ContinuationScope("life");

    private Object value = "value";

    /** A stack of the benchmark's own, which not every engine can use. */
    @State(Scope.Thread)
    public static class Given {

        private final OsStack stack = OsStack.ofDefaultSize();

        /** Gives the stack back. */
        @TearDown
        public void close() {
            stack.close();
        }
    }

    /** On a stack that an earlier generator has left. */
    @Benchmark
    public Object pooled() {
        try (Generator<Object, Object> generator = Generator.of((yielder, input) -> yielder.suspend(input))) {
            return twice(generator);
        }
    }

    /** The same, but the body would go on, and is unwound. */
    @Benchmark
    public Object unwound() {
        try (Generator<Object, Object> generator = Generator.of((yielder, input) -> {
            yielder.suspend(input);
            yielder.suspend(input);
        })) {
            return twice(generator);
        }
    }

    /** On memory which the library has to make a stack of, and to clear up. */
    @Benchmark
    public Object unpooled(Given given) {
        try (Generator<Object, Object> generator = Generator.of(given.stack, (yielder, input) -> yielder.suspend(input))) {
            return twice(generator);
        }
    }

    private Object twice(Generator<Object, Object> generator) {
        Object result = generator.resume(value).orElse(null);
        generator.resume(value);
        return result;
    }

    /** The JDK's continuation. */
    @Benchmark
    public Object continuation() {
        Continuation continuation = new Continuation(SCOPE, () -> Continuation.yield(SCOPE));
        continuation.run();
        continuation.run();
        return continuation;
    }

    /** A virtual thread that yields once. */
    @Benchmark
    public void virtualThread() throws InterruptedException {
        Thread.startVirtualThread(Thread::yield).join();
    }

    /** A thread of the kernel's that yields once. */
    @Benchmark
    public void platformThread() throws InterruptedException {
        Thread.ofPlatform().start(Thread::yield).join();
    }
}
