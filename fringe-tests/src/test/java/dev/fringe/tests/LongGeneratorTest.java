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
import dev.fringe.LongYielder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.PrimitiveIterator;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Generators of long values. */
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
}
