// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What bodies do: all that Java code does, with suspensions in between. */
@Tag("semantics")
class BodyTest {

    private static int deep(Yielder<Integer, Integer> yielder, int depth, Integer... values) {
        if (depth == 0) {
            return yielder.suspend(values.length);
        }
        int below = deep(yielder, depth - 1, values);
        return below + values[depth % values.length]; // needs what is on this frame after the switch
    }

    @Test
    void suspendsOneThousandCallsDeep() {
        try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
            int sum = deep(yielder, 1000, 1, 2, 3, 4);
            yielder.suspend(sum);
        })) {
            assertEquals(Optional.of(4), generator.resume(0));
            System.gc();
            assertEquals(Optional.of(7 + 2500), generator.resume(7));
        }
    }

    @Test
    void allocatesWhileTheHeapIsCollected() {
        int rounds = Scale.of(200, 20);
        try (Generator<String, String> generator = Generator.of((yielder, input) -> {
            String last = input;
            List<byte[]> kept = new ArrayList<>();
            for (int i = 0; ; i++) {
                byte[] block = new byte[10_000];
                Arrays.fill(block, (byte) i);
                kept.add(block);
                if (kept.size() > 20) {
                    kept.removeFirst();
                }
                int first = i - kept.size() + 1;
                for (int k = 0; k < kept.size(); k++) {
                    assertEquals((byte) (first + k), kept.get(k)[9_999]);
                }
                last = yielder.suspend(last + "-" + i);
            }
        })) {
            for (int i = 0; i < rounds; i++) {
                if (i % 20 == 10) {
                    System.gc();
                }
                assertEquals("in" + i + "-" + i, generator.resume("in" + i).orElseThrow());
            }
        }
    }

    @Test
    void holdsAMonitorAcrossASuspension() throws InterruptedException {
        Object lock = new Object();
        AtomicBoolean entered = new AtomicBoolean();
        try (Generator<Void, Boolean> generator = Generator.of((yielder, input) -> {
            synchronized (lock) {
                yielder.suspend(Thread.holdsLock(lock));
                yielder.suspend(Thread.holdsLock(lock));
            }
        })) {
            assertEquals(Optional.of(true), generator.resume(null));
            assertFalse(Thread.holdsLock(lock), "the lock belongs to the generator's thread");
            Thread other = new Thread(() -> {
                synchronized (lock) {
                    entered.set(true);
                }
            });
            other.start();
            while (other.getState() != Thread.State.BLOCKED) {
                Thread.onSpinWait();
            }
            assertFalse(entered.get());
            System.gc();
            assertEquals(Optional.of(true), generator.resume(null));
            assertEquals(Optional.empty(), generator.resume(null));
            other.join();
            assertTrue(entered.get());
        }
    }

    @Test
    void holdsAJavaLockAcrossASuspension() {
        ReentrantLock lock = new ReentrantLock();
        try (Generator<Void, Boolean> generator = Generator.of((yielder, input) -> {
            lock.lock();
            try {
                yielder.suspend(lock.isHeldByCurrentThread());
            } finally {
                lock.unlock();
            }
        })) {
            assertEquals(Optional.of(true), generator.resume(null));
            assertTrue(lock.isLocked());
            assertFalse(lock.isHeldByCurrentThread());
            generator.resume(null);
            assertFalse(lock.isLocked());
        }
    }

    @Test
    void waitsAndIsNotified() {
        CountDownLatch latch = new CountDownLatch(1);
        try (Generator<Void, String> generator = Generator.of((yielder, input) -> {
            Thread.sleep(5);
            latch.await();
            yielder.suspend("woken");
        })) {
            Thread.ofPlatform().start(latch::countDown);
            assertEquals(Optional.of("woken"), generator.resume(null));
        }
    }

    private static int endless(int n) {
        return n + endless(n + 1);
    }

    @Test
    void catchesStackOverflowAndGoesOn() {
        try (Generator<Void, String> generator = Generator.of((yielder, input) -> {
            for (int i = 0; i < 5; i++) {
                try {
                    endless(0);
                } catch (StackOverflowError e) {
                    yielder.suspend("overflow " + i);
                }
            }
        })) {
            for (int i = 0; i < 5; i++) {
                assertEquals(Optional.of("overflow " + i), generator.resume(null));
            }
            assertEquals(Optional.empty(), generator.resume(null));
        }
        suspendsOneThousandCallsDeep();
    }

    private static void suspendUntilFull(Yielder<Void, Integer> yielder, int depth) {
        yielder.suspend(depth);
        suspendUntilFull(yielder, depth + 1);
    }

    /** However little room is left, a suspension happens or throws; nothing in between. */
    @Test
    @Needs(Capability.STACK_SIZE)
    void suspendsToTheEndOfTheStack() {
        try (Generator<Void, Integer> generator = Generator.builder().stackSize(256 * 1024)
                .build((yielder, input) -> {
                    try {
                        suspendUntilFull(yielder, 0);
                    } catch (StackOverflowError e) {
                        yielder.suspend(-1);
                    }
                    yielder.suspend(-2);
                })) {
            int expected = 0;
            int value = generator.resume(null).orElseThrow();
            for (; value >= 0; value = generator.resume(null).orElseThrow()) {
                assertEquals(expected++, value);
            }
            assertEquals(-1, value);
            assertTrue(expected > 100, "depth " + expected);
            assertEquals(Optional.of(-2), generator.resume(null));
            assertEquals(Optional.empty(), generator.resume(null));
        }
    }

    private static int resumeUntilFull(Generator<Integer, Integer> generator, int depth) {
        assertEquals(depth + 1, generator.resume(depth).orElseThrow());
        return resumeUntilFull(generator, depth + 1);
    }

    /** The same for the resumer's stack. */
    @Test
    void resumesToTheEndOfTheStack() throws InterruptedException {
        List<Object> result = new ArrayList<>();
        Thread thread = new Thread(null, () -> {
            try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
                int next = input;
                while (true) {
                    next = yielder.suspend(next + 1);
                }
            })) {
                try {
                    resumeUntilFull(generator, 0);
                } catch (StackOverflowError e) {
                    result.add(generator.state());
                    result.add(generator.resume(41).orElseThrow());
                }
            }
        }, "small", 256 * 1024);
        thread.start();
        thread.join();
        assertEquals(List.of(Generator.State.SUSPENDED, 42), result);
    }

    @Test
    void resumesOthersThreeDeep() {
        try (Generator<Integer, String> outer = Generator.of((yielder, first) -> {
            Thread outerThread = Thread.currentThread();
            try (Generator<Integer, String> middle = Generator.of((y2, i2) -> {
                Thread middleThread = Thread.currentThread();
                assertNotSame(outerThread, middleThread);
                try (Generator<Integer, String> inner = Generator.of((y3, i3) -> {
                    assertNotSame(middleThread, Thread.currentThread());
                    int next = i3;
                    while (true) {
                        System.gc();
                        next = y3.suspend("inner" + next);
                    }
                })) {
                    int next = i2;
                    while (true) {
                        next = y2.suspend("middle-" + inner.resume(next).orElseThrow());
                    }
                }
            })) {
                int next = first;
                while (true) {
                    next = yielder.suspend("outer-" + middle.resume(next).orElseThrow());
                }
            }
        })) {
            for (int i = 0; i < 5; i++) {
                assertEquals("outer-middle-inner" + i, outer.resume(i).orElseThrow());
            }
        }
    }

    @Test
    void suspendsInsideOfCallbacks() {
        Integer[] numbers = {5, 3, 9, 1, 7, 2, 8};
        Integer[] expected = numbers.clone();
        Arrays.sort(expected);
        int comparisons = 0;
        try (Generator<Void, Integer> sort = Generator.of((yielder, input) ->
                Arrays.sort(numbers, (a, b) -> {
                    yielder.suspend(a);
                    return Integer.compare(a, b);
                }))) {
            while (sort.resume(null).isPresent()) {
                comparisons++;
            }
        }
        assertArrayEquals(expected, numbers);
        assertTrue(comparisons >= numbers.length - 1);
    }

    @Test
    void isResumedByVirtualThreads() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int id = i;
            threads.add(Thread.ofVirtual().unstarted(() -> {
                Thread resumer = Thread.currentThread();
                try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
                    assertNotSame(resumer, Thread.currentThread());
                    int next = input;
                    while (true) {
                        next = yielder.suspend(next * 2);
                    }
                })) {
                    for (int k = 0; k < 1000; k++) {
                        if (generator.resume(k).orElseThrow() != k * 2) {
                            throw new AssertionError(k);
                        }
                        if (k % 10 == id) {
                            Thread.yield();
                        }
                    }
                } catch (Throwable t) {
                    synchronized (failures) {
                        failures.add(t.toString());
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
    }

    @Test
    void floatingPointSurvives() {
        try (Generator<Double, Double> generator = Generator.of((yielder, input) -> {
            double a = input + 0.1;
            float b = (float) a * 3;
            double next = input;
            while (true) {
                next = yielder.suspend(a + b + next);
            }
        })) {
            for (int i = 0; i < 20_000; i++) { // long enough to be compiled in the middle
                assertEquals(1.1 + (float) 1.1 * 3 + (i == 0 ? 1.0 : i), generator.resume(i == 0 ? 1.0 : i).orElseThrow());
            }
        }
    }

    @Test
    void usesTheCreatorsContextClassLoader() {
        ClassLoader mine = new ClassLoader() { };
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(mine);
        try (Generator<Void, ClassLoader> generator = Generator.of((yielder, input) ->
                yielder.suspend(Thread.currentThread().getContextClassLoader()))) {
            Thread.currentThread().setContextClassLoader(before);
            assertEquals(mine, generator.resume(null).orElseThrow());
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }
}
