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
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of longs that give out others' values. */
@Tag("semantics")
class LongDelegationTest {

    private static LongGenerator make(boolean shared, LongGenerator.Body body) {
        return shared ? LongGenerator.ofShared(body) : LongGenerator.of(body);
    }

    /** Suspends with what it is resumed with, and 1000 more at each. */
    private static void echo(LongYielder yielder, long first) {
        long next = first;
        while (next >= 0) {
            next = yielder.suspend(next + 1000);
        }
    }

    @ParameterizedTest(name = "shared {0}")
    @ValueSource(booleans = {false, true})
    void inputsReachTheInnermostBody(boolean shared) {
        LongGenerator generator = make(shared, (yielder, first) -> {
            long second = yielder.suspend(first);
            yielder.suspendAll(make(shared, (middle, input) ->
                    middle.suspendAll(make(shared, LongDelegationTest::echo), input)), second);
            yielder.suspend(-1);
        });
        assertEquals(1, generator.resume(1).getAsLong());
        assertEquals(1002, generator.resume(2).getAsLong());
        assertEquals(1003, generator.resume(3).getAsLong());
        assertTrue(generator.iterator().hasNext(), "resumes with 0");
        assertEquals(1000, generator.iterator().peekLong());
        assertEquals(1000, generator.resume(5).getAsLong(), "what was fetched");
        assertEquals(1006, generator.resume(6).getAsLong());
        assertEquals(-1, generator.resume(-6).getAsLong(), "the end of both");
        assertEquals(OptionalLong.empty(), generator.resume(7));
    }

    @Test
    void oneThatIsNotGivenAnInputIsResumedWithZero() {
        LongGenerator generator = LongGenerator.of((yielder, first) ->
                yielder.suspendAll(LongGenerator.of(LongDelegationTest::echo)));
        assertEquals(1000, generator.resume(7).getAsLong());
        assertEquals(1008, generator.resume(8).getAsLong());
        generator.close();
    }

    @ParameterizedTest(name = "shared {0}")
    @ValueSource(booleans = {false, true})
    void whatIteratesGetsNoInputs(boolean shared) {
        LongGenerator generator = make(shared, (yielder, first) -> {
            LongGenerator inner = make(shared, LongDelegationTest::echo);
            yielder.suspendAll((Iterable<Long>) inner);
        });
        assertEquals(1000, generator.resume(5).getAsLong());
        assertEquals(1000, generator.resume(6).getAsLong());
        generator.close();
    }

    @Test
    void iterablesIteratorsAndStreams() {
        AtomicBoolean closed = new AtomicBoolean();
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            yielder.suspendAll(List.of(1L, 2L));
            yielder.suspendAll(LongStream.of(3, 4).onClose(() -> closed.set(true)));
            yielder.suspendAll(List.of(5L).iterator());
            yielder.suspendAll(LongStream.of(6).iterator());
            yielder.suspendAll(LongGenerator.of((inner, input) -> inner.suspend(7)).stream());
            yielder.suspendAll(LongGenerator.of((inner, input) -> inner.suspend(8)).iterator());
            yielder.suspendAll(LongGenerator.builder().buffered(2)
                    .build(values -> LongStream.of(9, 10, 11).forEach(values)));
            yielder.suspendAll(Generator.of((Generator.Producer<Long>) inner -> inner.suspend(12L)));
        });
        assertArrayEquals(LongStream.rangeClosed(1, 12).toArray(), generator.stream().toArray());
        assertTrue(closed.get());
    }

    @Test
    void whatHasBeenFetchedIsNotLost() {
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            LongGenerator inner = LongGenerator.of((y, input) -> {
                y.suspend(1);
                y.suspend(2);
            });
            assertTrue(inner.iterator().hasNext());
            yielder.suspendAll(inner);
        });
        assertArrayEquals(new long[] {1, 2}, generator.stream().toArray());
    }

    @Test
    void exceptionsReachTheInnermostBody() {
        List<String> log = new ArrayList<>();
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            yielder.suspendAll(LongGenerator.of((inner, input) -> {
                try {
                    inner.suspend(1);
                } catch (ArithmeticException e) {
                    log.add("inner");
                    inner.suspend(2);
                }
                throw new IllegalArgumentException("of the inner one");
            }));
        });
        assertEquals(1, generator.resume(0).getAsLong());
        assertEquals(2, generator.throwInto(new ArithmeticException()).getAsLong());
        assertEquals(List.of("inner"), log);
        assertThrows(IllegalArgumentException.class, () -> generator.resume(0));
        assertEquals(Generator.State.FINISHED, generator.state());
    }

    @Test
    void closingClosesTheDelegate() {
        List<String> log = new ArrayList<>();
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            try {
                yielder.suspendAll(LongGenerator.of((inner, input) -> {
                    try {
                        inner.suspend(1);
                    } finally {
                        log.add("inner");
                    }
                }));
            } finally {
                log.add("outer");
            }
        });
        generator.resume(0);
        generator.close();
        assertEquals(List.of("inner", "outer"), log);
    }

    @Test
    void onlyTheBodyMayDelegate() {
        LongYielder[] leaked = new LongYielder[1];
        LongGenerator generator = LongGenerator.of((yielder, first) -> {
            leaked[0] = yielder;
            yielder.suspend(1);
        });
        generator.resume(0);
        LongGenerator other = LongGenerator.of((yielder, first) -> yielder.suspend(2));
        assertThrows(IllegalStateException.class, () -> leaked[0].suspendAll(other));
        assertEquals(2, other.resume(0).getAsLong());
        other.close();
        generator.close();
    }

    private static void nested(LongYielder yielder, int levels) {
        if (levels > 0) {
            yielder.suspendAll(LongGenerator.of((inner, input) -> nested(inner, levels - 1)));
        } else {
            for (int i = 0; i < 10; i++) {
                yielder.suspend(i);
            }
        }
    }

    /** A chain takes no room on the stack of the thread that resumes, and the values no switch at each level. */
    @Test
    void aLongChainTakesNoRoomOnTheResumersStack() throws InterruptedException {
        int levels = Scale.of(1_000, 200);
        long[][] got = new long[1][];
        Thread small = new Thread(null, () -> {
            LongGenerator generator = LongGenerator.of((yielder, input) -> nested(yielder, levels));
            got[0] = generator.stream().toArray();
        }, "small", 256 * 1024);
        small.start();
        small.join();
        assertArrayEquals(LongStream.range(0, 10).toArray(), got[0], () -> Arrays.toString(got[0]));
    }

    @Test
    void aCheckedExceptionIsCaughtWhereItIsDeclared() {
        LongGenerator generator = LongGenerator.of((yielder, input) -> {
            try {
                assertEquals(5, yielder.suspend(1, IOException.class));
                yielder.suspend(2, IOException.class);
            } catch (IOException e) {
                yielder.suspend(3);
            }
        });
        generator.resume(0);
        generator.resume(5);
        assertEquals(3, generator.throwInto(new IOException()).getAsLong());
        generator.close();
        Generator<String, String> objects = Generator.of((yielder, input) -> {
            String got = yielder.suspend("one", IOException.class);
            try {
                yielder.suspend(got, IOException.class);
            } catch (IOException e) {
                yielder.suspend(e.getMessage());
            }
        });
        objects.resume("zero");
        assertEquals("two", objects.resume("two").orElseThrow());
        assertEquals("disk", objects.throwInto(new IOException("disk")).orElseThrow());
        InterruptedException other = new InterruptedException();
        assertSame(other, assertThrows(InterruptedException.class, () -> objects.throwInto(other)));
        assertFalse(objects.resume("").isPresent());
    }
}
