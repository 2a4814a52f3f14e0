// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.Yielder;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that run ahead: the same values, at other times. */
@Tag("semantics")
class BufferedTest {

    private final List<String> log = new ArrayList<>();

    private Generator<Void, Integer> count(int n, int end) {
        return Generator.builder().buffered(n).build(yielder -> {
            try {
                for (int i = 0; i < end; i++) {
                    log.add("make " + i);
                    yielder.suspend(i);
                }
            } finally {
                log.add("end");
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 64, 1000})
    void orderAndNumberAreTheSame(int n) {
        for (int end : new int[] {0, 1, 2, 3, 5, 63, 64, 65, 128, 200}) {
            assertEquals(IntStream.range(0, end).boxed().toList(), count(n, end).stream().toList());
        }
    }

    @Test
    void bodyRunsAhead() {
        try (Generator<Void, Integer> numbers = count(3, 7)) {
            assertEquals(List.of(), log);
            assertEquals(Optional.of(0), numbers.resume(null));
            assertEquals(List.of("make 0", "make 1", "make 2", "make 3"), log);
            log.clear();
            assertEquals(Optional.of(1), numbers.resume(null));
            assertEquals(Optional.of(2), numbers.resume(null));
            assertEquals(List.of(), log);
            assertEquals(Optional.of(3), numbers.resume(null));
            assertEquals(List.of("make 4", "make 5", "make 6"), log);
        }
    }

    @Test
    void exceptionComesAfterTheValuesBeforeIt() {
        IOException thrown = new IOException();
        Generator<Void, Integer> numbers = Generator.builder().buffered(10).build(yielder -> {
            yielder.suspendAll(List.of(1, 2, 3));
            throw thrown;
        });
        for (int i = 1; i <= 3; i++) {
            assertEquals(Optional.of(i), numbers.resume(null));
            assertEquals(Generator.State.SUSPENDED, numbers.state());
        }
        assertSame(thrown, assertThrows(IOException.class, () -> numbers.resume(null)));
        assertEquals(Optional.empty(), numbers.resume(null));
        assertEquals(Generator.State.FINISHED, numbers.state());
    }

    @Test
    void closingEarlyUnwindsTheBody() {
        Generator<Void, Integer> numbers = count(4, 100);
        numbers.resume(null);
        numbers.close();
        assertEquals("end", log.getLast());
        assertThrows(IllegalStateException.class, () -> numbers.resume(null));
    }

    @Test
    void closingLosesWhatNobodyHasTaken() {
        Generator<Void, Integer> numbers = Generator.builder().buffered(4).build(yielder -> {
            yielder.suspendAll(List.of(1, 2));
            throw new IOException("ahead of the consumer");
        });
        assertEquals(Optional.of(1), numbers.resume(null));
        numbers.close();
        assertEquals(Generator.State.CLOSED, numbers.state());
    }

    @Test
    void suspendingWhileItIsClosedIsRefused() {
        Generator<Void, Integer> numbers = Generator.builder().buffered(2).build(yielder -> {
            try {
                yielder.suspendAll(List.of(1, 2, 3));
            } finally {
                assertThrows(IllegalStateException.class, () -> yielder.suspend(4));
                log.add("refused");
            }
        });
        numbers.resume(null);
        numbers.close();
        assertEquals(List.of("refused"), log);
    }

    @Test
    void misuseIsRefused() throws InterruptedException {
        AtomicReference<Yielder<Void, Integer>> leaked = new AtomicReference<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Generator<Void, Integer> numbers = Generator.builder().buffered(5).build(yielder -> {
            leaked.set(yielder);
            assertThrows(NullPointerException.class, () -> yielder.suspend(null));
            yielder.suspendAll(List.of(1, 2));
        });
        assertEquals(Optional.of(1), numbers.resume(null));
        assertThrows(IllegalStateException.class, () -> leaked.get().suspend(9));
        Thread other = new Thread(() -> numbers.resume(null));
        other.setUncaughtExceptionHandler((thread, t) -> thrown.set(t));
        other.start();
        other.join();
        assertSame(WrongThreadException.class, thrown.get().getClass());
        assertThrows(UnsupportedOperationException.class, () -> numbers.throwInto(new IOException()));
        assertEquals(Optional.of(2), numbers.resume(null));
        assertEquals(Optional.empty(), numbers.resume(null));
        assertThrows(IllegalStateException.class, () -> leaked.get().suspend(9));
        assertThrows(IllegalArgumentException.class, () -> Generator.builder().buffered(0));
    }

    @Test
    void delegatesWithinBuffers() {
        Generator<Void, Integer> numbers = Generator.builder().buffered(5).build(yielder -> {
            yielder.suspend(0);
            yielder.suspendAll(Generator.of(y -> y.suspendAll(List.of(1, 2, 3))));
            yielder.suspendAll(Generator.builder().buffered(2).build(y -> y.suspendAll(List.of(4, 5, 6))));
        });
        assertEquals(IntStream.range(0, 7).boxed().toList(), numbers.stream().toList());
    }

    /** What it looks at is what comes next, whatever it is taken by. */
    @Test
    void iteratorLooksAheadWithoutTaking() {
        try (Generator<Void, Integer> numbers = count(3, 7)) {
            Iterator<Integer> values = numbers.iterator();
            assertTrue(values.hasNext() && values.hasNext());
            assertEquals(4, log.size());
            assertEquals(Optional.of(0), numbers.resume(null));
            assertEquals(1, values.next());
            assertEquals(Optional.of(2), numbers.resume(null));
            assertTrue(values.hasNext());
            assertEquals(List.of(3, 4, 5, 6), numbers.stream().toList());
            assertFalse(values.hasNext());
            assertThrows(NoSuchElementException.class, values::next);
        }
        try (Generator<Void, Integer> numbers = Generator.builder().shared().buffered(3).build(y ->
                y.suspendAll(List.of(0, 1, 2, 3)))) {
            Iterator<Integer> values = numbers.iterator();
            assertTrue(values.hasNext());
            assertEquals(Optional.of(0), numbers.resume(null));
            assertEquals(1, values.next());
            assertTrue(values.hasNext());
            assertEquals(List.of(2, 3), numbers.stream().toList());
        }
    }

    /** It may take values by itself, and throw. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 64})
    void takesWhileItIsGivenAll(int n) {
        List<Integer> got = new ArrayList<>();
        Generator<Void, Integer> numbers = count(n, 20);
        assertThrows(ArithmeticException.class, () -> numbers.forEach(value -> {
            got.add(value);
            if (value % 5 == 2) {
                got.add(numbers.iterator().next());
                got.add(numbers.resume(null).orElseThrow());
            }
            if (value == 10) {
                throw new ArithmeticException();
            }
        }));
        assertEquals(IntStream.rangeClosed(0, 10).boxed().toList(), got);
        numbers.forEach(got::add);
        assertEquals(IntStream.range(0, 20).boxed().toList(), got);
        numbers.forEach(value -> got.clear());
        assertThrows(NullPointerException.class, () -> numbers.forEach(null));
        LongGenerator longs = LongGenerator.builder().buffered(n).build(LongStream.range(0, 20)::forEach);
        List<Long> gotLongs = new ArrayList<>();
        longs.iterator().forEachRemaining((LongConsumer) value -> {
            gotLongs.add(value);
            if (value % 5 == 2) {
                gotLongs.add(longs.iterator().nextLong());
            }
        });
        assertEquals(LongStream.range(0, 20).boxed().toList(), gotLongs);
    }

    @Test
    void iteratorIsForOneThread() throws InterruptedException {
        try (Generator<Void, Integer> numbers = count(3, 7)) {
            Iterator<Integer> values = numbers.iterator();
            assertTrue(values.hasNext());
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread other = new Thread(values::hasNext);
            other.setUncaughtExceptionHandler((thread, t) -> thrown.set(t));
            other.start();
            other.join();
            assertInstanceOf(WrongThreadException.class, thrown.get());
            assertEquals(0, values.next());
        }
    }

    private static WeakReference<Object> nextOf(Generator<Void, Object> objects) {
        return new WeakReference<>(objects.resume(null).orElseThrow());
    }

    /** A generator may live for long after its body. */
    @Test
    void keepsNothingAfterTheEnd() {
        Generator<Void, Object> ended = Generator.builder().buffered(4).build(yielder -> yielder.suspend(new Object()));
        WeakReference<Object> value = nextOf(ended);
        assertEquals(Optional.empty(), ended.resume(null));
        Collect.until(() -> value.refersTo(null));
        Generator<Void, Object> closed = Generator.builder().buffered(4).build(yielder -> {
            for (int i = 0; i < 9; i++) {
                yielder.suspend(new Object());
            }
        });
        WeakReference<Object> taken = nextOf(closed);
        closed.close();
        Collect.until(() -> taken.refersTo(null));
        Reference.reachabilityFence(ended);
        Reference.reachabilityFence(closed);
    }

    /** A value that has been taken may be large; those that wait for being taken are kept. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void keepsNoValueThatHasBeenTaken(boolean shared) {
        Generator.Builder builder = shared ? Generator.builder().shared() : Generator.builder();
        List<WeakReference<Object>> made = new ArrayList<>();
        try (Generator<Void, Object> ahead = builder.buffered(8).build(yielder -> {
            for (int i = 0; i < 8; i++) {
                yielder.suspend(noted(made));
            }
            yielder.suspend("one more");
        })) {
            takeOne(ahead);
            takeOne(ahead);
            Collect.until(() -> made.get(0).refersTo(null) && made.get(1).refersTo(null));
            assertFalse(made.get(2).refersTo(null));
            assertFalse(made.get(7).refersTo(null));
            Reference.reachabilityFence(ahead);
        }
    }

    /** What it returns is on no frame that stays. */
    private static Object noted(List<WeakReference<Object>> made) {
        Object value = new Object();
        made.add(new WeakReference<>(value));
        return value;
    }

    private static void takeOne(Generator<Void, Object> generator) {
        generator.resume(null).orElseThrow();
    }

    private static WeakReference<Object> bodyOf(List<AutoCloseable> unstarted) {
        Object held = new Object();
        unstarted.add(Generator.builder().buffered(4).build(yielder -> yielder.suspend(held)));
        unstarted.add(LongGenerator.builder().buffered(4).build(values -> values.accept(held.hashCode())));
        unstarted.add(LongGenerator.of((yielder, input) -> yielder.suspend(held.hashCode())));
        return new WeakReference<>(held);
    }

    @Test
    void keepsNoBodyThatWillNeverRun() throws Exception {
        List<AutoCloseable> unstarted = new ArrayList<>();
        WeakReference<Object> held = bodyOf(unstarted);
        for (AutoCloseable generator : unstarted) {
            generator.close();
        }
        Collect.until(() -> held.refersTo(null));
        assertEquals(3, unstarted.size());
    }

    @Test
    void sharedBufferedBySeveralThreads() throws InterruptedException {
        try (Generator<Void, Integer> numbers = Generator.builder().shared().buffered(7).build(yielder -> {
            for (int i = 0; i < 1000; i++) {
                yielder.suspend(i);
            }
        })) {
            List<Integer> got = new ArrayList<>();
            for (int round = 0; round < 10; round++) {
                Thread.ofPlatform().start(() -> numbers.stream().limit(100).forEach(got::add)).join();
            }
            assertEquals(IntStream.range(0, 1000).boxed().toList(), got);
        }
    }
}
