// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A resume with a time limit. */
@Tag("semantics")
class TimeLimitTest {

    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    @AfterEach
    void noInterruptIsLeft() {
        assertFalse(Thread.interrupted(), "an interrupt was left in the thread of the test");
    }

    /** Until it is interrupted. */
    private static void sleep() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    private static Generator.Builder builder(boolean shared) {
        return shared ? Generator.builder().shared().interruptible() : Generator.builder().interruptible();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theBodyCatchesItAndGoesOn(boolean shared) throws Exception {
        try (Generator<Integer, String> generator = builder(shared).build((yielder, first) -> {
            for (int input = first; ; ) {
                try {
                    if (input < 0) {
                        sleep();
                    }
                    input = yielder.suspend("got " + input);
                } catch (InterruptedException e) {
                    input = yielder.suspend("late " + input);
                }
            }
        })) {
            for (int round = 1; round <= 5; round++) {
                assertEquals(Optional.of("got " + round), generator.resume(round, LONG));
                assertEquals(Optional.of("late -" + round), generator.resume(-round, SHORT));
                assertEquals(Optional.of("got " + round), generator.resume(round));
                assertEquals(Optional.of("got " + round), generator.resume(round, FOREVER));
                assertEquals(Optional.of("late -1"), generator.resume(-1, Duration.ZERO));
                assertEquals(Optional.of("late -1"), generator.resume(-1, Duration.ofSeconds(-5)));
            }
        }
    }

    @Test
    void theBodyLetsItPass() {
        AtomicReference<Throwable> left = new AtomicReference<>();
        Generator<Void, Integer> generator = builder(false).build(yielder -> {
            try {
                sleep();
            } catch (InterruptedException e) {
                left.set(e);
                throw e;
            }
        });
        TimeoutException e = assertThrows(TimeoutException.class, () -> generator.resume(null, SHORT));
        assertSame(left.get(), e.getCause());
        assertTrue(e.getMessage().contains(SHORT.toString()), e.getMessage());
        assertEquals(Generator.State.FINISHED, generator.state());
    }

    /** What the body throws by itself, in time, is the same object as ever. */
    @Test
    void otherExceptionsAreWhatTheyAre() {
        Exception own = new Exception("own");
        Generator<Void, Integer> generator = builder(false).build(yielder -> {
            throw own;
        });
        assertSame(own, assertThrows(Exception.class, () -> generator.resume(null, LONG)));
        Generator<Void, Integer> failing = builder(false).build(yielder -> {
            try {
                sleep();
            } catch (InterruptedException e) {
                throw new AssertionError("of the body");
            }
        });
        assertEquals("of the body", assertThrows(AssertionError.class, () -> failing.resume(null, SHORT)).getMessage());
    }

    /** One that is not taken is no interrupt of the resumer's, nor of the next stretch. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBodyThatDoesNotNoticeKeepsItToItself(boolean again) throws Exception {
        List<Boolean> seen = new ArrayList<>();
        try (Generator<Void, Integer> generator = builder(false).build(yielder -> {
            while (true) {
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                if (again) {
                    assertTrue(Thread.interrupted());
                    Thread.currentThread().interrupt(); // as those do who can't handle it
                }
                yielder.suspend(1);
                seen.add(Thread.currentThread().isInterrupted());
                yielder.suspend(2);
            }
        })) {
            assertEquals(Optional.of(1), generator.resume(null, SHORT));
            assertFalse(Thread.currentThread().isInterrupted());
            assertEquals(Optional.of(2), generator.resume(null, LONG));
            assertEquals(List.of(false), seen);
        }
    }

    /** An interrupt of the resumer is one, whether there is a limit or not. */
    @Test
    void realInterruptsGoOn() throws Exception {
        try (Generator<Void, String> generator = builder(false).build(yielder -> {
            yielder.suspend("first");
            try {
                sleep();
            } catch (InterruptedException e) {
                yielder.suspend("interrupted");
            }
            yielder.suspend("next");
        })) {
            generator.resume();
            Thread.currentThread().interrupt();
            assertEquals(Optional.of("interrupted"), generator.resume(null, LONG));
            assertFalse(Thread.currentThread().isInterrupted());
            Thread.currentThread().interrupt();
            assertEquals(Optional.of("next"), generator.resume(null, LONG));
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void delegatesAndWhatRunsAfterThem() throws Exception {
        try (Generator<Void, String> outer = builder(false).build(yielder -> {
            yielder.suspendAll(builder(false).build((inner, input) -> {
                try {
                    sleep();
                } catch (InterruptedException e) {
                    inner.suspend("inner");
                }
            }), null);
            yielder.suspendAll(Generator.of((inner, input) -> Thread.sleep(2 * SHORT.toMillis())), null); // not for it
            try {
                sleep();
            } catch (InterruptedException e) {
                yielder.suspend("outer");
            }
        })) {
            assertEquals(Optional.of("inner"), outer.resume(null, SHORT));
            assertEquals(Optional.of("outer"), outer.resume(null, SHORT));
        }
    }

    /** One that ends without having taken the interrupt leaves it to the body that goes on. */
    @Test
    void delegatesThatDoNotTakeIt() throws Exception {
        try (Generator<Void, String> outer = builder(false).build(yielder -> {
            yielder.suspendAll(builder(false).build((inner, input) -> {
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
            }), null);
            try {
                sleep();
            } catch (InterruptedException e) {
                yielder.suspend("outer");
            }
        })) {
            assertEquals(Optional.of("outer"), outer.resume(null, SHORT));
        }
    }

    /** The body of one that is resumed by a body is interrupted through it. */
    @Test
    void innerBodies() throws Exception {
        try (Generator<Void, String> outer = builder(false).build(yielder -> {
            Generator<Void, String> inner = builder(false).build(y -> {
                try {
                    sleep();
                } catch (InterruptedException e) {
                    y.suspend("inner");
                }
            });
            yielder.suspend(inner.resume().orElseThrow());
            yielder.suspend("outer " + Thread.currentThread().isInterrupted());
        })) {
            assertEquals(Optional.of("inner"), outer.resume(null, SHORT));
            assertEquals(Optional.of("outer false"), outer.resume());
        }
    }

    @Test
    void otherKinds() throws Exception {
        Generator<Void, Integer> ahead = Generator.builder().interruptible().buffered(4).build(yielder -> {
            yielder.suspend(1);
            try {
                sleep();
            } catch (InterruptedException e) {
                yielder.suspend(2);
            }
        });
        assertEquals(Optional.of(1), ahead.resume(null, SHORT));
        assertEquals(List.of(2), ahead.stream().toList());
        LongGenerator longs = LongGenerator.builder().interruptible().build((yielder, input) -> {
            try {
                sleep();
            } catch (InterruptedException e) {
                yielder.suspend(input);
            }
        });
        assertEquals(OptionalLong.of(5), longs.resume(5, SHORT));
        assertEquals(OptionalLong.empty(), longs.resume(0, SHORT));
    }

    @Test
    void virtualResumers() throws Exception {
        try (Generator<Void, Boolean> generator = builder(true).build(yielder -> {
            while (true) {
                try {
                    sleep();
                } catch (InterruptedException e) {
                    yielder.suspend(true);
                }
            }
        })) {
            List<Object> got = new ArrayList<>();
            Thread.ofVirtual().start(() -> {
                try {
                    got.add(generator.resume(null, SHORT).orElseThrow());
                } catch (TimeoutException e) {
                    got.add(e);
                }
                got.add(Thread.currentThread().isInterrupted());
            }).join();
            assertEquals(List.of(true, false), got);
        }
    }

    @Test
    void onlyInterruptibleOnes() throws TimeoutException {
        try (Generator<Void, Integer> generator = Generator.of(yielder -> yielder.suspend(1));
                LongGenerator longs = LongGenerator.of(yielder -> yielder.suspend(1))) {
            assertTrue(assertThrows(IllegalStateException.class, () -> generator.resume(null, LONG)).getMessage()
                    .contains("interruptible()"));
            assertThrows(IllegalStateException.class, () -> longs.resume(0, LONG));
            assertEquals(Optional.of(1), generator.resume());
        }
        Generator<Void, Integer> closed = builder(false).build(yielder -> yielder.suspend(1));
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.resume(null, Duration.ZERO));
        assertThrows(NullPointerException.class, () -> closed.resume(null, null));
    }

    /** A timer that fires when the body is about to suspend interrupts this run or none. */
    @Test
    void limitsThatEndAtAnyTime() throws Exception {
        int[] taken = {0};
        try (Generator<Integer, Boolean> generator = builder(false).build((yielder, first) -> {
            for (int rounds = first; ; ) {
                for (int i = 0; i < rounds; i++) {
                    Thread.onSpinWait();
                }
                if (Thread.interrupted()) {
                    taken[0]++;
                }
                rounds = yielder.suspend(true);
            }
        })) {
            for (int i = 0; i < Scale.of(20_000, 500); i++) {
                generator.resume(i % 1000, Duration.ofNanos(1_000 + 37L * (i % 997)));
                int before = taken[0];
                generator.resume(0);
                assertEquals(before, taken[0], "an interrupt was left for the next run");
                assertFalse(Thread.currentThread().isInterrupted());
            }
        }
    }
}
