// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.NativeGenerator;
import dev.fringe.OsStack;
import dev.fringe.Step;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What several threads do to one shared generator at once: each is served, or refused and nothing has happened. */
@Tag("semantics")
class RaceTest {

    /** Where two threads take turns by barriers, and others have the processors, each round may take milliseconds. */
    private static boolean isEnough(long begun) {
        return System.nanoTime() - begun > 40_000_000_000L;
    }

    /** What a thread does. */
    private interface Round {

        void run() throws Exception;
    }

    /** Starts another thread with {@code task}; its exceptions come out of {@link FutureTask#get}. */
    private static FutureTask<Void> beside(Round task) {
        FutureTask<Void> future = new FutureTask<>(() -> {
            task.run();
            return null;
        });
        Thread.ofPlatform().daemon().start(future);
        return future;
    }

    private static void join(FutureTask<Void> other) throws InterruptedException {
        try {
            other.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static <T> void endless(Yielder<T, Integer> yielder) {
        for (int i = 0; ; i++) {
            yielder.suspend(i);
        }
    }

    private static void untilRefused(Callable<?> resume) throws Exception {
        try {
            while (true) {
                resume.call();
            }
        } catch (IllegalStateException e) {
            return;
        }
    }

    /** Closes it as soon as the other thread is not at it. */
    private static void closeAtLast(Runnable close) {
        for (boolean closed = false; !closed; ) {
            try {
                close.run();
                closed = true;
            } catch (IllegalStateException e) {
                assertTrue(e.getMessage().contains("running"), e.getMessage());
            }
        }
    }

    /** {@code close} that returns has closed it. If it has not, the stack is gone below a body that runs. */
    @Test
    void closesOrRefuses() throws Exception {
        closesOrRefuses(false);
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void closesOrRefusesOnAStackOfTheCallers() throws Exception {
        closesOrRefuses(true);
    }

    private static void closesOrRefuses(boolean onAnOwnStack) throws Exception {
        int rounds = Scale.of(500, 20);
        for (int i = 0; i < rounds; i++) {
            OsStack stack = onAnOwnStack ? OsStack.ofSize(256 * 1024) : null;
            Generator<Void, Integer> generator = onAnOwnStack
                    ? Generator.builder().shared().stack(stack).build(RaceTest::endless)
                    : Generator.ofShared(RaceTest::endless);
            generator.resume(null);
            FutureTask<Void> resumer = beside(() -> untilRefused(() -> generator.resume(null)));
            closeAtLast(generator::close);
            assertEquals(Generator.State.CLOSED, generator.state());
            join(resumer);
            if (onAnOwnStack) {
                generator.unwrap();
                stack.close();
            }
        }
    }

    @Test
    @Needs(Capability.NATIVE_BODY)
    void nativeClosesOrRefuses() throws Exception {
        int rounds = Scale.of(500, 20);
        NativeGenerator.yieldFunction(); // refused where there are no such bodies, before a class is lost that wants it
        MemorySegment body = NativeGeneratorTest.body("squares");
        for (int i = 0; i < rounds; i++) {
            NativeGenerator generator = NativeGenerator.ofShared(body);
            FutureTask<Void> resumer = beside(() -> untilRefused(() -> generator.resume(1)));
            closeAtLast(generator::close);
            String message = assertThrows(IllegalStateException.class, () -> generator.resume(1)).getMessage();
            assertEquals("this generator has been closed", message);
            join(resumer);
        }
    }

    /** Resuming what has returned looks at nothing that {@code close} may have freed meanwhile. */
    @Test
    @Needs(Capability.NATIVE_BODY)
    void nativeThatHasReturnedIsResumedWhileItIsClosed() throws Exception {
        int rounds = Scale.of(20_000, 500);
        MemorySegment body = Linker.nativeLinker().defaultLookup().findOrThrow("labs"); // returns at once
        NativeGenerator[] current = new NativeGenerator[1];
        boolean[] over = new boolean[1];
        CyclicBarrier barrier = new CyclicBarrier(2);
        FutureTask<Void> resumer = beside(() -> {
            while (!over[0]) {
                barrier.await();
                untilRefused(() -> current[0].resume(1));
                barrier.await();
            }
        });
        long begun = System.nanoTime();
        for (int i = 0; i < rounds; i++) {
            NativeGenerator generator = NativeGenerator.ofShared(body);
            generator.resume(1);
            current[0] = generator;
            barrier.await();
            for (int pause = i % 50; pause > 0; pause--) {
                Thread.onSpinWait();
            }
            closeAtLast(generator::close);
            over[0] = i == rounds - 1 || i > 500 && isEnough(begun);
            barrier.await();
            if (over[0]) {
                break;
            }
        }
        join(resumer);
    }

    private static final int VALUES = Scale.of(100_000, 2_000);
    private static final long INPUT = -7;

    /** Generators of 0, 1, 2 and so on. */
    static Stream<Arguments> shared() {
        Generator.Producer<Integer> body = yielder -> {
            for (int i = 0; i < VALUES; i++) {
                yielder.suspend(i);
            }
        };
        LongGenerator longs = LongGenerator.ofShared((yielder, input) -> {
            for (long i = 0; i < VALUES; i++) {
                yielder.suspend(i);
            }
        });
        Generator<Void, Integer> plain = Generator.ofShared(body);
        Generator<Void, Integer> buffered = Generator.builder().shared().buffered(16).build(body);
        Generator<Void, Integer> delegating = Generator.ofShared(y -> y.suspendAll(Generator.ofShared(body)));
        return Stream.of(
                Arguments.of("plain", resume(plain)),
                Arguments.of("buffered", resume(buffered)),
                Arguments.of("delegating", resume(delegating)),
                Arguments.of("long", (Callable<OptionalLong>) () -> longs.resume(INPUT)));
    }

    private static Callable<OptionalLong> resume(Generator<Void, Integer> generator) {
        return () -> generator.resume(null).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shared")
    void eachValueComesOnce(String name, Callable<OptionalLong> source) throws Exception {
        AtomicIntegerArray times = new AtomicIntegerArray(VALUES);
        Round takeAll = () -> {
            for (boolean more = true; more; ) {
                try {
                    OptionalLong value = source.call();
                    more = value.isPresent();
                    if (more) {
                        times.incrementAndGet(Math.toIntExact(value.getAsLong()));
                    }
                } catch (IllegalStateException e) { // the other is at it
                    Thread.onSpinWait();
                }
            }
        };
        FutureTask<Void> other = beside(takeAll);
        takeAll.run();
        join(other);
        for (int i = 0; i < VALUES; i++) {
            assertEquals(1, times.get(i), name + ": how often " + i + " came");
        }
    }

    /** What a body returns comes when it has ended, which other threads see; one of them gets it. */
    @Test
    void whatABodyReturnsIsGivenOnce() throws Exception {
        long begun = System.nanoTime();
        for (int i = 0; i < Scale.of(100, 2) && (i < 2 || !isEnough(begun)); i++) {
            returnedOnce(100);
        }
    }

    private static void returnedOnce(int count) throws Exception {
        List<Generator<Void, Step<Integer, String>>> generators = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            generators.add(Generator.builder().shared().buildSteps(yielder -> "end"));
        }
        AtomicIntegerArray given = new AtomicIntegerArray(count);
        CyclicBarrier together = new CyclicBarrier(2);
        Round resumesAll = () -> {
            for (int i = 0; i < count; i++) {
                together.await();
                if (resumeAtLast(generators.get(i)).isPresent()) {
                    given.incrementAndGet(i);
                }
            }
        };
        FutureTask<Void> other = beside(resumesAll);
        resumesAll.run();
        join(other);
        for (int i = 0; i < count; i++) {
            assertEquals(1, given.get(i));
        }
    }

    private static <O> Optional<O> resumeAtLast(Generator<Void, O> generator) {
        while (true) {
            try {
                return generator.resume();
            } catch (IllegalStateException e) {
                assertTrue(e.getMessage().contains("running"), e.getMessage());
                Thread.onSpinWait();
            }
        }
    }
}
