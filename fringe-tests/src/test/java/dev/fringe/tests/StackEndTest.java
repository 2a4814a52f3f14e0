// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.Step;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a thread does that has hardly any room left on its stack is done, or throws a {@link
 * StackOverflowError} and has not happened. It is tried at every depth up to the last, so that the room ends
 * in each of the calls that an operation consists of.
 */
@Tag("semantics")
class StackEndTest {

    /** Results of so many calls are kept; more than there are levels. */
    private static final int MOST = 200_000;
    /**
     * So many values may get lost in {@link #MOST}: if the virtual machine begins to use compiled code in the
     * middle of a call, it may find no room where it had found some.
     */
    private static final int TOLERATED = 2;
    private static final ArithmeticException THROWN = new ArithmeticException();

    private final Object[] results = new Object[MOST];
    private int done;
    private int failed;

    /** Notes what {@code operation} gives, at this level and, if there is room, all deeper ones. */
    private void descend(Callable<?> operation, int from) throws Exception {
        if (from <= 0) {
            try {
                results[done] = operation.call();
                done++; // nothing is called after the operation, so that what it gave is not lost here
            } catch (StackOverflowError e) {
                failed++;
            }
        }
        descend(operation, from - 1);
    }

    /** Shifts the levels against the end of the stack. */
    private void descendFrom(int shift, Callable<?> operation, int from) throws Exception {
        if (shift > 0) {
            descendFrom(shift - 1, operation, from);
        } else {
            descend(operation, from);
        }
    }

    private void descendManyTimes(Callable<?> operation) throws Exception {
        for (int shift = 0; shift < Scale.of(20, 3) && done < MOST / 2; shift++) {
            try {
                descendFrom(shift, operation, 0);
            } catch (StackOverflowError e) {
                continue;
            }
        }
    }

    /** How many levels there are. */
    private int levels() throws Exception {
        int[] deepest = {0};
        try {
            descend(() -> deepest[0]++, 0);
        } catch (StackOverflowError e) {
            done = 0;
        }
        return deepest[0];
    }

    private static void onASmallStack(Callable<?> test) throws Throwable {
        List<Throwable> thrown = new ArrayList<>();
        Thread thread = new Thread(null, () -> {
            try {
                test.call();
            } catch (Throwable t) {
                thrown.add(t);
            }
        }, "small", 256 * 1024);
        thread.start();
        thread.join();
        if (!thrown.isEmpty()) {
            throw thrown.getFirst();
        }
    }

    private static void count(Yielder<Void, Integer> yielder) {
        for (int i = 0; ; i++) {
            yielder.suspend(i);
        }
    }

    private static void countCatching(Yielder<Void, Integer> yielder) {
        for (int i = 0; ; i++) {
            try {
                yielder.suspend(i);
            } catch (ArithmeticException e) {
                continue;
            }
        }
    }

    private static void countLongs(LongYielder yielder, long input) {
        for (long i = 0; ; i++) {
            yielder.suspend(i);
        }
    }

    private static Callable<?> resume(Generator<Void, Integer> generator) {
        return () -> generator.resume(null);
    }

    private static Callable<?> resume(LongGenerator generator) {
        return () -> generator.resume(0);
    }

    private static Callable<?> next(Iterator<Integer> iterator) {
        return iterator::next;
    }

    private static Callable<?> lookAndNext(Iterator<Integer> iterator) {
        return () -> {
            iterator.hasNext();
            return iterator.next();
        };
    }

    /** What it gives has the number when it returns: to make an object then might be one call too many. */
    private static Callable<?> nextLong(PrimitiveIterator.OfLong iterator) {
        long[][] spare = new long[MOST][1];
        int[] used = {0};
        return () -> {
            long[] result = spare[used[0]++];
            iterator.hasNext();
            result[0] = iterator.nextLong();
            return result;
        };
    }

    private static Generator<Void, Integer> delegating() {
        return Generator.of(yielder -> yielder.suspendAll(Generator.of(StackEndTest::countCatching)));
    }

    private static Callable<?> resumeSteps() {
        Generator<Void, Step<Integer, Integer>> steps = Generator.ofSteps((yielder, input) -> {
            yielder.suspendAll(Generator.of(StackEndTest::count));
            return 0;
        });
        return () -> steps.resume(null);
    }

    /** How to make what gives 0, 1, 2 and so on. It is made by the thread that uses it. */
    static Stream<Arguments> sources() {
        return Stream.<Object[]>of(
                source("confined", () -> resume(Generator.of(StackEndTest::count))),
                source("shared", () -> resume(Generator.ofShared(StackEndTest::count))),
                source("interruptible", () -> resume(Generator.builder().interruptible().build(StackEndTest::count))),
                source("delegating", () -> resume(delegating())),
                source("returning and delegating", StackEndTest::resumeSteps),
                source("buffered", () -> resume(Generator.builder().buffered(2).build(StackEndTest::count))),
                source("shared and buffered",
                        () -> resume(Generator.builder().shared().buffered(2).build(StackEndTest::count))),
                source("long", () -> resume(LongGenerator.of(StackEndTest::countLongs))),
                source("shared long", () -> resume(LongGenerator.ofShared(StackEndTest::countLongs))),
                source("buffered long", () -> resume(LongGenerator.builder().buffered(2).build(LongStream.iterate(0, i -> i + 1)::forEach))),
                source("iterator", () -> next(Generator.of(StackEndTest::count).iterator())),
                source("looking ahead", () -> lookAndNext(Generator.of(StackEndTest::count).iterator())),
                source("looking into the buffer",
                        () -> lookAndNext(Generator.builder().buffered(2).build(StackEndTest::count).iterator())),
                source("long iterator", () -> nextLong(LongGenerator.of(StackEndTest::countLongs).iterator())),
                source("long, looking into the buffer", () -> nextLong(
                        LongGenerator.builder().buffered(2).build(LongStream.iterate(0, i -> i + 1)::forEach).iterator())),
                source("throwing", () -> throwing(Generator.of(StackEndTest::countCatching))),
                source("throwing into a delegate", () -> throwing(delegating())))
                .map(Arguments::of);
    }

    private static Object[] source(String name, Callable<Callable<?>> maker) {
        return new Object[] {name, maker};
    }

    private static Callable<?> throwing(Generator<Void, Integer> generator) {
        boolean[] started = {false};
        return () -> {
            if (!started[0]) { // an exception can't be caught before
                started[0] = true;
                return generator.resume(null);
            }
            return generator.throwInto(THROWN);
        };
    }

    private static long number(Object result) {
        return switch (result) {
            case Optional<?> optional -> number(optional.orElseThrow());
            case OptionalLong optional -> optional.orElseThrow();
            case Step.Yielded<?, ?>(Object value) -> number(value);
            case Integer number -> number;
            case long[] number -> number[0];
            default -> throw new AssertionError(result);
        };
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sources")
    void noneComesTwiceAndHardlyAnyIsLost(String name, Callable<Callable<?>> maker) throws Throwable {
        onASmallStack(() -> {
            Callable<?> source = maker.call();
            for (int i = 0; i < 3; i++) {
                results[done++] = source.call();
            }
            descendManyTimes(source);
            results[done++] = source.call();
            return null;
        });
        assertTrue(failed > 0 && done > 100, failed + " of " + done + " failed");
        long[] got = Arrays.stream(results, 0, done).mapToLong(StackEndTest::number).toArray();
        for (int i = 1; i < done; i++) {
            int at = i;
            assertTrue(got[i] > got[i - 1], () -> name + ": " + got[at] + " after " + got[at - 1]);
        }
        long lost = got[done - 1] - (done - 1);
        assertTrue(lost <= TOLERATED, () -> name + ": " + lost + " of " + done + " values were lost");
    }

    /** Does something to another generator at each depth: there are as many as levels near the end. */
    private void descendWith(List<Generator<Void, Integer>> generators, Function<Generator<Void, Integer>, ?> operation)
            throws Throwable {
        Iterator<Generator<Void, Integer>> next = generators.iterator();
        onASmallStack(() -> {
            int levels = levels();
            operation.apply(next.next()); // so that what is loaded at first use has been
            try {
                descend(() -> next.hasNext() ? operation.apply(next.next()) : null, levels - 30);
            } catch (StackOverflowError e) {
                return null;
            }
            return null;
        });
    }

    /** A test that does something to so many generators. */
    private interface Attempt {

        void run() throws Throwable;
    }

    /** Once more if there were more levels than generators: compiled code has more of them than were counted before. */
    private void untilSomeFail(Attempt attempt) throws Throwable {
        for (int i = 0; i < 20 && failed == 0; i++) {
            attempt.run();
        }
        assertTrue(failed > 0, "none failed");
    }

    private List<Generator<Void, Integer>> suspendedOnes(List<Integer> unwound) {
        return IntStream.range(0, 100).mapToObj(number -> {
            Generator<Void, Integer> generator = Generator.ofShared(yielder -> {
                try {
                    yielder.suspend(number);
                    throw THROWN;
                } finally {
                    unwound.add(number);
                }
            });
            generator.resume(null);
            return generator;
        }).toList();
    }

    @Test
    void closesOrDoesNot() throws Throwable {
        untilSomeFail(this::closeSome);
    }

    private void closeSome() throws Throwable {
        List<Integer> unwound = new ArrayList<>();
        List<Generator<Void, Integer>> generators = suspendedOnes(unwound);
        descendWith(generators, generator -> {
            generator.close();
            return null;
        });
        for (Generator<Void, Integer> generator : generators) {
            generator.close();
            assertEquals(Generator.State.CLOSED, generator.state());
        }
        assertEquals(IntStream.range(0, 100).boxed().toList(), unwound.stream().sorted().toList());
    }

    /** A body that can't be unwound keeps its stack, whenever that is found out. */
    @Test
    void givesUpOrDoesNot() throws Throwable {
        untilSomeFail(this::giveSomeUp);
    }

    private void giveSomeUp() throws Throwable {
        List<Generator<Void, Integer>> generators = IntStream.range(0, 40).mapToObj(number -> {
            Generator<Void, Integer> generator = Generator.ofShared(StackEndTest::suspendWhateverHappens);
            generator.resume(null);
            return generator;
        }).toList();
        descendWith(generators, generator -> {
            try {
                generator.close();
            } catch (IllegalStateException e) { // as it should be
                return e;
            }
            return null;
        });
        for (Generator<Void, Integer> generator : generators) {
            if (generator.state() == Generator.State.SUSPENDED) {
                assertThrows(IllegalStateException.class, generator::close);
            }
            assertEquals(Generator.State.CLOSED, generator.state());
        }
        for (int i = 0; i < 10; i++) { // and no other body gets it
            Generator<Integer, Integer> echo = Generator.of((yielder, first) -> yielder.suspend(first));
            assertEquals(Optional.of(i), echo.resume(i));
        }
    }

    private static void suspendWhateverHappens(Yielder<Void, Integer> yielder) {
        while (true) {
            try {
                yielder.suspend(1);
            } catch (Throwable t) {
                continue;
            }
        }
    }

    @Test
    void bodiesEndOrDoNot() throws Throwable {
        untilSomeFail(this::endSome);
    }

    private void endSome() throws Throwable {
        List<Integer> unwound = new ArrayList<>();
        List<Generator<Void, Integer>> generators = suspendedOnes(unwound);
        descendWith(generators, generator -> {
            try {
                return generator.resume(null);
            } catch (ArithmeticException e) {
                return e;
            }
        });
        for (Generator<Void, Integer> generator : generators) {
            if (generator.state() == Generator.State.SUSPENDED) {
                assertThrows(ArithmeticException.class, () -> generator.resume(null));
            }
            assertEquals(Generator.State.FINISHED, generator.state());
            assertEquals(Optional.empty(), generator.resume(null));
        }
        assertEquals(IntStream.range(0, 100).boxed().toList(), unwound.stream().sorted().toList());
    }

    /** The other side: a body that has hardly any room left. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7})
    @Needs(Capability.STACK_SIZE)
    void bodySuspendsOrDoesNot(int buffered) {
        Generator.Builder builder = Generator.builder().stackSize(256 * 1024);
        int[] made = {0};
        Generator.Producer<Integer> body = yielder -> {
            for (int shift = 0; shift < 5; shift++) {
                try {
                    descendFrom(shift, () -> {
                        Integer value = made[0];
                        yielder.suspend(value);
                        made[0]++;
                        return null;
                    }, 0);
                } catch (StackOverflowError e) {
                    done = 0;
                }
            }
        };
        int expected = 0;
        for (Integer value : buffered == 0 ? builder.build(body) : builder.buffered(buffered).build(body)) {
            assertEquals(expected++, value);
        }
        assertEquals(made[0], expected);
        assertTrue(failed > 0 && expected > 100, failed + " of " + expected + " failed");
    }

    // ---- suspended where hardly any room is left --------------------------------------------------

    private static final int SMALL = 256 * 1024;
    /** So many levels above the deepest at which a body can suspend are tried. */
    private static final int NEAR = 40;

    private static void down(int levels, Runnable action) {
        if (levels > 0) {
            down(levels - 1, action);
        } else {
            action.run();
        }
    }

    /** Ends bodies that are suspended at each of the last levels of their stacks. */
    private static void endNearTheEnd(Supplier<DeepGenerator> maker) {
        assertTrue(maker.get().suspendsAt(1)); // so that what is loaded at first use has been
        int some = 1;
        int tooMany = 100_000;
        while (tooMany - some > 1) {
            int levels = (some + tooMany) / 2;
            if (maker.get().suspendsAt(levels)) {
                some = levels;
            } else {
                tooMany = levels;
            }
        }
        int ended = 0;
        for (int levels = some; ended < NEAR; ) {
            assertTrue(levels > 0, () -> "none of the upper levels suspended");
            DeepGenerator deep = maker.get();
            if (deep.suspendsAt(levels)) {
                deep.end();
                ended++;
                levels--;
            } else { // code that has been compiled meanwhile takes more room, or code that is no longer
                levels -= 1 + levels / 20;
            }
        }
    }

    /** Whether a resumer can tell that a body is not in a callback. */
    private static boolean isKnownFromOutside() {
        Engine engine = Needs.RefusedElsewhere.engine();
        return engine.name().equals("portable") ? engine.describe().startsWith("virtual threads")
                : UpcallDetector.isReliable();
    }

    /** Suspends at some depth. */
    private static final class DeepGenerator {

        private final boolean[] unwound = {false};
        private final Generator<Void, Integer> generator;
        private final Consumer<Generator<Void, Integer>> end;
        private int levels;

        DeepGenerator(Generator.Builder builder, Consumer<Yielder<Void, Integer>> suspend,
                Consumer<Generator<Void, Integer>> end) {
            this.end = end;
            generator = builder.stackSize(SMALL).build((yielder, input) -> {
                try {
                    down(levels, () -> suspend.accept(yielder));
                } finally {
                    unwound[0] = true;
                }
            });
        }

        /** Whether it could. */
        boolean suspendsAt(int depth) {
            levels = depth;
            try {
                return generator.resume(null).isPresent();
            } catch (StackOverflowError e) {
                return false;
            }
        }

        /** Ends it, and checks that it has ended as it should. */
        void end() {
            try {
                end.accept(generator);
            } catch (IllegalStateException e) { // it had to find out by itself, and has no room for that
                assertTrue(!isKnownFromOutside() && e.getMessage().contains("so near the end of its stack"), e::getMessage);
                return;
            }
            assertTrue(unwound[0], "the finally block was not run");
        }
    }

    static Stream<Arguments> builders() {
        return Stream.of(Arguments.of("confined", Generator.builder()),
                Arguments.of("shared", Generator.builder().shared()),
                Arguments.of("interruptible", Generator.builder().interruptible()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("builders")
    @Needs(Capability.STACK_SIZE)
    void closesABodyThatHasHardlyAnyRoom(String name, Generator.Builder builder) {
        endNearTheEnd(() -> new DeepGenerator(builder, yielder -> yielder.suspend(1), generator -> {
            generator.close();
            assertEquals(Generator.State.CLOSED, generator.state());
        }));
    }

    @Test
    @Needs(Capability.STACK_SIZE)
    void throwsIntoABodyThatHasHardlyAnyRoom() {
        endNearTheEnd(() -> new DeepGenerator(Generator.builder(), yielder -> yielder.suspend(1), generator -> {
            assertSame(THROWN, assertThrows(ArithmeticException.class, () -> generator.throwInto(THROWN)));
            assertEquals(Generator.State.FINISHED, generator.state());
        }));
    }

    /** Whether the body closes its delegate itself or not, for which there may be no room, the delegate is closed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Needs(Capability.STACK_SIZE)
    void closesADelegateThatHasHardlyAnyRoom(boolean closes) {
        endNearTheEnd(() -> {
            Generator<Void, Integer> inner = Generator.ofShared(StackEndTest::count);
            return new DeepGenerator(Generator.builder(), yielder -> {
                if (closes) {
                    try (inner) {
                        yielder.suspendAll(inner);
                    }
                } else {
                    yielder.suspendAll(inner);
                }
            }, generator -> {
                try {
                    generator.close();
                } catch (StackOverflowError e) { // of the body's own call
                    assertTrue(closes);
                }
                assertEquals(Generator.State.CLOSED, generator.state());
                assertEquals(Generator.State.CLOSED, inner.state());
            });
        });
    }
}
