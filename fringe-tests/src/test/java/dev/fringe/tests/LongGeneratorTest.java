// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.OsStack;
import dev.fringe.LongYielder;
import dev.fringe.internal.engine.Capability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generators of long values. */
@Tag("semantics")
class LongGeneratorTest {

    private static LongGenerator count(long end) {
        return LongGenerator.of((yielder, first) -> LongStream.range(0, end).forEach(yielder));
    }

    @Test
    void valuesPassBothWays() {
        try (LongGenerator average = LongGenerator.of((yielder, first) -> {
            long sum = first;
            for (int count = 1; ; count++) {
                sum += yielder.suspend(sum / count);
            }
        })) {
            assertEquals(OptionalLong.of(Long.MAX_VALUE - 10), average.resume(Long.MAX_VALUE - 10));
            assertEquals(OptionalLong.of((Long.MAX_VALUE - 4) / 2), average.resume(6));
        }
    }

    @Test
    void iteratorAndStream() {
        PrimitiveIterator.OfLong iterator = count(2).iterator();
        assertTrue(iterator.hasNext());
        assertTrue(iterator.hasNext());
        assertEquals(0, iterator.nextLong());
        assertEquals(1, iterator.nextLong());
        assertFalse(iterator.hasNext());
        assertThrows(java.util.NoSuchElementException.class, iterator::nextLong);
        assertArrayEquals(LongStream.range(0, 1000).toArray(), count(1000).stream().toArray());
        assertArrayEquals(new int[] {0, 2, 4}, count(3).stream().mapToInt(i -> (int) i * 2).toArray());
    }

    @Test
    void streamClosesTheGenerator() {
        List<String> log = new ArrayList<>();
        LongGenerator forever = LongGenerator.of((yielder, first) -> {
            try {
                LongStream.iterate(0, i -> i + 1).forEach(yielder);
            } finally {
                log.add("end");
            }
        });
        try (LongStream stream = forever.stream()) {
            assertEquals(10, stream.limit(5).sum());
        }
        assertEquals(List.of("end"), log);
        assertEquals(Generator.State.CLOSED, forever.state());
    }

    @Test
    void exceptionLeavesResume() {
        IOException thrown = new IOException();
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            yielder.suspend(first + 1);
            throw thrown;
        });
        assertEquals(OptionalLong.of(0), generator.resume(-1));
        assertSame(thrown, assertThrows(IOException.class, () -> generator.resume(0)));
        assertEquals(OptionalLong.empty(), generator.resume(0));
    }

    @Test
    void misuseIsRefused() throws InterruptedException {
        AtomicReference<LongYielder> leaked = new AtomicReference<>();
        List<Class<?>> thrown = new ArrayList<>();
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            leaked.set(yielder);
            yielder.suspend(7);
        });
        assertEquals(OptionalLong.of(7), generator.resume(0));
        assertThrows(IllegalStateException.class, () -> leaked.get().suspend(1));
        Thread thread = new Thread(() ->
                thrown.add(assertThrows(WrongThreadException.class, () -> generator.resume(5)).getClass()));
        thread.start();
        thread.join();
        assertEquals(1, thrown.size());
        generator.close();
        assertThrows(IllegalStateException.class, () -> generator.resume(0));
        assertThrows(IllegalStateException.class, () -> leaked.get().suspend(1));
    }

    @Test
    void sharedByThreads() throws InterruptedException {
        List<Long> got = new ArrayList<>();
        try (LongGenerator doubles = LongGenerator.ofShared((yielder, first) -> {
            for (long next = first; ; ) {
                next = yielder.suspend(next * 2);
            }
        })) {
            for (long i = 0; i < 10; i++) {
                long value = i;
                Thread.ofVirtual().start(() -> got.add(doubles.resume(value).orElseThrow())).join();
            }
        }
        assertEquals(LongStream.range(0, 10).map(i -> i * 2).boxed().toList(), got);
    }

    /** As with other generators: there is one look-ahead, whatever the value is taken by. */
    @Test
    void lookingAheadLosesNothing() {
        try (LongGenerator numbers = LongGenerator.of((yielder, first) -> LongStream.range(0, 9).forEach(yielder))) {
            PrimitiveIterator.OfLong values = numbers.iterator();
            assertTrue(values.hasNext());
            assertEquals(OptionalLong.of(0), numbers.resume(0));
            assertTrue(numbers.iterator().hasNext());
            assertEquals(1, values.nextLong());
            assertEquals(OptionalLong.of(2), numbers.resume(0));
            assertTrue(values.hasNext());
            assertArrayEquals(LongStream.range(3, 9).toArray(), numbers.stream().toArray());
            assertThrows(NoSuchElementException.class, values::nextLong);
        }
    }

    /** It takes the values in one thread, as that of other generators does. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8})
    void parallelStreamHasTheSameValues(int buffered) {
        LongGenerator.Producer body = values -> LongStream.range(0, 5_000).forEach(values);
        LongGenerator numbers = buffered == 0
                ? LongGenerator.builder().build(body)
                : LongGenerator.builder().buffered(buffered).build(body);
        assertEquals(5_000L * 4_999 / 2, numbers.stream().parallel().sum());
    }

    @Test
    void isIterableAndNamedAndTraced() {
        try (LongGenerator numbers = LongGenerator.builder().name("longs").build((LongYielder yielder, long first) -> {
            assertEquals("longs", Thread.currentThread().getName());
            yielder.suspend(first);
            yielder.suspend(2);
        })) {
            assertEquals("LongGenerator[NEW]", numbers.toString());
            assertEquals(OptionalLong.of(1), numbers.resume(1));
            assertEquals("LongGenerator[SUSPENDED]", numbers.toString());
            assertTrue(Arrays.toString(numbers.backtrace()).contains("isIterableAndNamedAndTraced"));
            List<Long> got = new ArrayList<>();
            for (long value : numbers) {
                got.add(value);
            }
            assertEquals(List.of(2L), got);
            assertEquals("LongGenerator[FINISHED]", numbers.toString());
        }
    }

    @Test
    void throwsIntoTheBody() {
        try (LongGenerator numbers = LongGenerator.of((yielder, first) -> {
            try {
                yielder.suspend(1);
            } catch (ArithmeticException e) {
                yielder.suspend(-1);
            }
        })) {
            numbers.resume(0);
            assertEquals(OptionalLong.of(-1), numbers.throwInto(new ArithmeticException()));
            assertEquals(OptionalLong.empty(), numbers.resume(0));
            ArithmeticException late = new ArithmeticException();
            assertSame(late, assertThrows(ArithmeticException.class, () -> numbers.throwInto(late)));
        }
        try (LongGenerator ahead = LongGenerator.builder().buffered(2).build(LongStream.range(0, 3)::forEach)) {
            assertThrows(UnsupportedOperationException.class, () -> ahead.throwInto(new ArithmeticException()));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void peeksWithoutTaking(boolean shared) {
        for (int buffered : new int[] {0, 1, 3}) {
            LongGenerator.Builder builder = LongGenerator.builder();
            if (shared) {
                builder.shared();
            }
            LongGenerator.Producer body = values -> LongStream.range(0, 5).forEach(values);
            LongGenerator numbers = buffered == 0 ? builder.build(body) : builder.buffered(buffered).build(body);
            for (long i = 0; i < 5; i++) {
                assertEquals(i, numbers.iterator().peekLong());
                assertEquals(i, numbers.iterator().peek());
                assertEquals(i, i % 2 == 0 ? numbers.resume(7).orElseThrow() : numbers.iterator().nextLong());
            }
            assertThrows(NoSuchElementException.class, () -> numbers.iterator().peekLong());
            assertFalse(numbers.iterator().hasNext());
        }
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void runsOnAGivenStackAndGivesItBack() {
        try (OsStack stack = OsStack.ofSize(256 * 1024)) {
            LongGenerator numbers = LongGenerator.builder().stack(stack).build((yielder, first) -> yielder.suspend(first));
            assertEquals(OptionalLong.of(3), numbers.resume(3));
            assertThrows(IllegalStateException.class, numbers::unwrap);
            numbers.close();
            assertSame(stack, numbers.unwrap());
        }
    }

    // ---- buffered ----------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 64, 1000})
    void bufferedHasTheSameValues(int n) {
        for (int end : new int[] {0, 1, 2, 3, 5, 63, 64, 65, 128, 200}) {
            LongGenerator numbers = LongGenerator.builder().buffered(n).build(LongStream.range(0, end)::forEach);
            assertArrayEquals(LongStream.range(0, end).toArray(), numbers.stream().toArray());
            assertEquals(OptionalLong.empty(), numbers.resume(0));
            assertEquals(Generator.State.FINISHED, numbers.state());
        }
    }

    @Test
    void bufferedRunsAheadAndLooksAheadWithoutTaking() {
        List<Long> made = new ArrayList<>();
        try (LongGenerator numbers = LongGenerator.builder().buffered(3).build(LongStream.range(0, 7).peek(made::add)::forEach)) {
            PrimitiveIterator.OfLong values = numbers.iterator();
            assertEquals(List.of(), made);
            assertTrue(values.hasNext() && values.hasNext());
            assertEquals(List.of(0L, 1L, 2L, 3L), made);
            assertEquals(0, values.nextLong());
            assertEquals(OptionalLong.of(1), numbers.resume(-1));
            assertEquals(2, values.nextLong());
            assertEquals(4, made.size());
            assertEquals(3, values.nextLong());
            assertEquals(7, made.size());
        }
    }

    @Test
    void bufferedThrowsAfterTheValuesBeforeIt() {
        IOException thrown = new IOException();
        LongGenerator numbers = LongGenerator.builder().buffered(10).build(values -> {
            values.accept(1);
            values.accept(2);
            throw thrown;
        });
        assertEquals(OptionalLong.of(1), numbers.resume(0));
        assertEquals(OptionalLong.of(2), numbers.resume(0));
        assertEquals(Generator.State.SUSPENDED, numbers.state());
        assertSame(thrown, assertThrows(IOException.class, () -> numbers.resume(0)));
        assertEquals(OptionalLong.empty(), numbers.resume(0));
    }

    @Test
    void bufferedIsClosedWithWhatNobodyHasTaken() {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        LongGenerator numbers = LongGenerator.builder().buffered(4).build(values -> {
            try {
                LongStream.range(0, 100).forEach(values);
            } finally {
                refused.set(assertThrows(IllegalStateException.class, () -> values.accept(-1)));
            }
        });
        PrimitiveIterator.OfLong iterator = numbers.iterator();
        assertEquals(0, iterator.nextLong());
        numbers.close();
        assertTrue(refused.get().getMessage().contains("closed"), refused.get().getMessage());
        assertThrows(IllegalStateException.class, iterator::hasNext);
        assertThrows(IllegalStateException.class, iterator::nextLong);
        assertThrows(IllegalStateException.class, () -> numbers.resume(0));
        assertEquals(Generator.State.CLOSED, numbers.state());
    }

    /** A body that can't be unwound leaves values behind, which are not to be had any more. */
    @Test
    void bufferedThatCannotBeUnwoundGivesNoMore() {
        LongGenerator numbers = LongGenerator.builder().buffered(2).build(values -> {
            while (true) {
                try {
                    values.accept(1);
                } catch (Throwable t) {
                    // never
                }
            }
        });
        assertEquals(OptionalLong.of(1), numbers.resume(0));
        assertThrows(IllegalStateException.class, numbers::close);
        assertThrows(IllegalStateException.class, () -> numbers.resume(0));
    }

    @Test
    void bufferedMisuseIsRefused() throws InterruptedException {
        AtomicReference<LongConsumer> leaked = new AtomicReference<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        LongGenerator numbers = LongGenerator.builder().buffered(5).build(values -> {
            leaked.set(values);
            values.accept(1);
            values.accept(2);
        });
        assertEquals(OptionalLong.of(1), numbers.resume(0));
        assertThrows(IllegalStateException.class, () -> leaked.get().accept(9));
        Thread other = new Thread(() -> numbers.resume(0));
        other.setUncaughtExceptionHandler((thread, t) -> thrown.set(t));
        other.start();
        other.join();
        assertSame(WrongThreadException.class, thrown.get().getClass());
        assertEquals(OptionalLong.of(2), numbers.resume(0));
        assertEquals(OptionalLong.empty(), numbers.resume(0));
        assertThrows(IllegalStateException.class, () -> leaked.get().accept(9));
        String message = assertThrows(IllegalArgumentException.class, () -> LongGenerator.builder().buffered(0).build(v -> { })).getMessage();
        assertTrue(message.contains("0"), message);
        assertThrows(NullPointerException.class, () -> LongGenerator.builder().buffered(1).build(null));
    }
}
