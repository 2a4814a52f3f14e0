// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A generator whose body needs no input, as an iterable, an iterator and a stream. */
@Tag("semantics")
class IterationTest {

    private final List<String> log = new ArrayList<>();

    /** 0, 1, 2, ..., with a note of each and of the end. */
    private Generator<Void, Integer> count(int end) {
        return Generator.of(yielder -> {
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

    @Test
    void forEachTakesAll() {
        List<Integer> got = new ArrayList<>();
        for (int i : count(100)) {
            got.add(i);
        }
        assertEquals(IntStream.range(0, 100).boxed().toList(), got);
    }

    @Test
    void hasNextResumesAtMostOnce() {
        Iterator<Integer> iterator = count(2).iterator();
        assertEquals(List.of(), log, "nothing runs before it is asked for");
        assertTrue(iterator.hasNext());
        assertTrue(iterator.hasNext());
        assertEquals(List.of("make 0"), log);
        assertEquals(0, iterator.next());
        assertEquals(List.of("make 0"), log);
        assertEquals(1, iterator.next());
        assertFalse(iterator.hasNext());
        assertFalse(iterator.hasNext());
        assertThrows(NoSuchElementException.class, iterator::next);
        assertEquals(List.of("make 0", "make 1", "end"), log);
    }

    @Test
    void tryWithResourcesIsExact() {
        try (Generator<Void, Integer> numbers = count(100)) {
            for (int i : numbers) {
                if (i == 2) {
                    break;
                }
            }
            log.add("left");
        }
        log.add("closed");
        assertEquals(List.of("make 0", "make 1", "make 2", "left", "end", "closed"), log);
    }

    @Test
    void secondLoopGoesOn() {
        try (Generator<Void, Integer> numbers = count(5)) {
            assertTrue(numbers.iterator().hasNext());
            for (int i : numbers) {
                assertEquals(0, i, "what hasNext has fetched is not lost");
                break;
            }
            assertEquals(List.of(1, 2), numbers.stream().limit(2).toList());
            assertEquals(Optional.of(3), numbers.resume(null));
            List<Integer> rest = new ArrayList<>();
            numbers.forEach(rest::add);
            assertEquals(List.of(4), rest);
        }
    }

    private static void leaveEarly(CountDownLatch unwound) {
        for (int i : Generator.<Integer>of(yielder -> {
            try {
                for (int k = 0; ; k++) {
                    yielder.suspend(k);
                }
            } finally {
                unwound.countDown();
            }
        })) {
            if (i == 3) {
                return;
            }
        }
    }

    /** The frames of a loop that was left are gone, so the collector finds the generator. */
    @Test
    void leavingAForEachEarlyDoesNotLeak() throws InterruptedException {
        int loops = Scale.of(20, 3);
        CountDownLatch unwound = new CountDownLatch(loops);
        for (int i = 0; i < loops; i++) {
            leaveEarly(unwound);
        }
        while (!unwound.await(50, TimeUnit.MILLISECONDS)) {
            System.gc();
        }
        assertEquals(0, unwound.getCount());
    }

    /** A loop keeps its generator alive although nothing else does. */
    @Test
    void collectingWhileIterating() {
        int sum = 0;
        for (int i : count(20)) {
            System.gc();
            sum += i;
        }
        assertEquals(190, sum);
    }

    @Test
    void streamClosesTheGenerator() {
        try (Stream<Integer> stream = count(1000).stream()) {
            assertEquals(List.of(0, 10, 20), stream.filter(i -> i % 10 == 0).limit(3).toList());
            assertFalse(log.contains("end"));
        }
        assertEquals("end", log.getLast());
        assertTrue(log.size() < 30, "a stream is lazy: " + log);
    }

    @Test
    void streamIsOrderedAlsoWhenParallel() {
        List<Integer> expected = IntStream.range(0, 1000).map(i -> i * i).boxed().toList();
        assertEquals(expected, count(1000).stream().parallel().map(i -> i * i).toList());
        assertEquals("0,1,2", count(3).stream().map(Object::toString).collect(Collectors.joining(",")));
    }

    @Test
    void spliteratorSaysWhatIsSo() {
        Spliterator<Integer> spliterator = count(3).spliterator();
        assertTrue(spliterator.hasCharacteristics(Spliterator.ORDERED | Spliterator.NONNULL));
        assertFalse(spliterator.hasCharacteristics(Spliterator.SIZED));
        assertEquals(-1, spliterator.getExactSizeIfKnown());
        assertNull(spliterator.trySplit());
        List<Integer> got = new ArrayList<>();
        assertThrows(NullPointerException.class, () -> spliterator.tryAdvance(null), "and no value is lost");
        assertTrue(spliterator.tryAdvance(got::add));
        spliterator.forEachRemaining(got::add);
        assertFalse(spliterator.tryAdvance(got::add));
        assertEquals(List.of(0, 1, 2), got);
    }

    @Test
    void exceptionOfTheBodyLeavesTheLoop() {
        IOException thrown = new IOException("no more");
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            yielder.suspend(1);
            throw thrown;
        });
        Iterator<Integer> iterator = generator.iterator();
        assertEquals(1, iterator.next());
        assertSame(thrown, assertThrows(IOException.class, iterator::hasNext));
        assertFalse(iterator.hasNext());
    }

    /** With input, too; the body gets nulls. */
    @Test
    void bodyWithInputGetsNulls() {
        List<Object> inputs = new ArrayList<>();
        for (int ignored : Generator.<String, Integer>of((yielder, first) -> {
            inputs.add(first);
            inputs.add(yielder.suspend(1));
        })) {
            inputs.add("in the loop");
        }
        assertEquals(3, inputs.size());
        assertNull(inputs.get(0));
        assertEquals("in the loop", inputs.get(1));
        assertNull(inputs.get(2));
    }

    @Test
    void otherThreadsMayIterateASharedOne() throws InterruptedException {
        try (Generator<Void, Integer> numbers = Generator.ofShared(yielder -> {
            for (int i = 0; i < 10; i++) {
                yielder.suspend(i);
            }
        })) {
            List<Integer> got = new ArrayList<>(numbers.stream().limit(4).toList());
            Thread.ofPlatform().start(() -> numbers.forEach(got::add)).join();
            assertEquals(IntStream.range(0, 10).boxed().toList(), got);
        }
    }

    @Test
    void callbacksBecomeAnIterator() {
        List<String> words = List.of("pull", "what", "is", "pushed");
        List<String> got = new ArrayList<>();
        for (String word : Generator.of(words::forEach)) {
            got.add(word);
        }
        assertEquals(words, got);
    }

    // ---- what closes, and what knows its size ----------------------------------------------------

    private static Generator<Void, Integer> squares(List<Object> log) {
        return Generator.of(yielder -> {
            try {
                for (int i = 1; i <= 5; i++) {
                    log.add(i);
                    yielder.suspend(i * i);
                }
            } finally {
                log.add("end");
            }
        });
    }

    @Test
    void firstAndTakeClose() {
        List<Object> log = new ArrayList<>();
        assertEquals(1, squares(log).first().orElseThrow());
        assertEquals(List.of(1, "end"), log);
        log.clear();
        assertEquals(List.of(1, 4), squares(log).take(2));
        assertEquals(List.of(1, 2, "end"), log, "no further than to the last that is taken");
        assertEquals(List.of(1, 4, 9, 16, 25), squares(log).take(6));
        assertEquals(List.of(), squares(log).take(0));
        assertTrue(Generator.of(yielder -> { }).first().isEmpty());
        Generator<Void, Integer> fetched = squares(log);
        assertTrue(fetched.iterator().hasNext());
        assertEquals(1, fetched.first().orElseThrow());
        assertEquals(Generator.State.CLOSED, fetched.state());
        assertThrows(IllegalArgumentException.class, () -> squares(log).take(-1));
    }

    @Test
    void forEachWhileClosesInEachCase() {
        List<Object> log = new ArrayList<>();
        assertFalse(squares(log).forEachWhile(square -> square < 9));
        assertEquals(List.of(1, 2, 3, "end"), log);
        log.clear();
        assertTrue(squares(log).forEachWhile(square -> true));
        assertEquals(List.of(1, 2, 3, 4, 5, "end"), log);
        log.clear();
        IllegalStateException thrown = new IllegalStateException();
        assertSame(thrown, assertThrows(IllegalStateException.class, () -> squares(log).forEachWhile(square -> {
            throw thrown;
        })));
        assertEquals(List.of(1, "end"), log);
    }

    @Test
    void aKnownSizeIsTheSpliterators() {
        Generator.Builder builder = Generator.builder().size(3);
        for (int ahead = 0; ahead < 2; ahead++) {
            Generator<Void, String> generator = builder.build(List.of("a", "b", "c")::forEach);
            Spliterator<String> spliterator = generator.spliterator();
            assertTrue(spliterator.hasCharacteristics(Spliterator.SIZED));
            assertEquals(3, spliterator.getExactSizeIfKnown());
            assertEquals(List.of("a", "b", "c"), generator.stream().toList());
            assertFalse(spliterator.hasCharacteristics(Spliterator.SIZED));
            Generator<Void, String> begun = builder.build(List.of("a", "b", "c")::forEach);
            begun.resume();
            assertEquals(-1, begun.spliterator().getExactSizeIfKnown());
            assertArrayEquals(new String[] {"b", "c"}, begun.stream().toArray());
        }
        assertEquals(-1, Generator.of(yielder -> { }).spliterator().getExactSizeIfKnown());
        Generator<Void, String> wrong = Generator.builder().size(2).build(List.of("a", "b", "c")::forEach);
        assertThrows(IllegalStateException.class, () -> wrong.stream().toArray());
        wrong.close();
        assertThrows(IllegalArgumentException.class, () -> Generator.builder().size(-1));
    }
}
