// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Misuse is an exception that explains itself, and leaves everything as it was. */
@Tag("semantics")
class MisuseTest {

    @AfterEach
    void nothingIsBroken() {
        try (Generator<Integer, Integer> good = Generator.of((yielder, input) -> yielder.suspend(input + 1))) {
            assertEquals(Optional.of(2), good.resume(1));
            assertEquals(Optional.empty(), good.resume(1));
        }
    }

    private static void says(Throwable e, String... words) {
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), () -> "\"" + word + "\" is not in: " + e.getMessage());
        }
    }

    /** What a task throws in a thread of its own. */
    private static Throwable inThread(Runnable task) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(task, "other");
        thread.setUncaughtExceptionHandler((t, e) -> thrown.set(e));
        thread.start();
        thread.join();
        return thrown.get();
    }

    private static Generator<Integer, Integer> counter() {
        return Generator.of((yielder, input) -> {
            for (int i = 0; ; i++) {
                yielder.suspend(i);
            }
        });
    }

    @Test
    void confinedGeneratorRefusesAnotherThread() throws InterruptedException {
        try (Generator<Integer, Integer> generator = counter()) {
            generator.resume(null);
            Throwable resumed = inThread(() -> generator.resume(null));
            assertEquals(WrongThreadException.class, resumed.getClass());
            says(resumed, "confined", Thread.currentThread().toString(), "other", "ofShared");
            assertEquals(WrongThreadException.class, inThread(generator::close).getClass());
            assertEquals(Optional.of(1), generator.resume(null));
        }
    }

    @Test
    void bodyCannotResumeItself() {
        AtomicReference<Generator<Void, Integer>> self = new AtomicReference<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        try (Generator<Void, Integer> generator = Generator.ofShared((yielder, input) -> {
            thrown.set(assertThrows(IllegalStateException.class, () -> self.get().resume(null)));
            yielder.suspend(1);
        })) {
            self.set(generator);
            assertEquals(Optional.of(1), generator.resume(null));
            says(thrown.get(), "running", "its own body");
        }
    }

    /** It is running, which counts for more than that the body has a thread of its own; and so it is for an inner body. */
    @Test
    void bodyCannotResumeItsConfinedSelf() {
        AtomicReference<Generator<Void, Integer>> self = new AtomicReference<>();
        try (Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            Generator<Void, Integer> own = self.get();
            says(assertThrows(IllegalStateException.class, () -> own.resume(null)), "running", "its own body");
            says(assertThrows(IllegalStateException.class, own::close), "running", "its own body");
            says(assertThrows(IllegalStateException.class, () -> own.iterator().hasNext()), "running", "its own body");
            says(assertThrows(IllegalStateException.class, () -> own.throwInto(new ArithmeticException())), "running");
            says(assertThrows(IllegalStateException.class, () -> yielder.suspendAll(own)), "running", "its own body");
            try (Generator<Void, Throwable> inner = Generator.of(y ->
                    y.suspend(assertThrows(IllegalStateException.class, () -> own.resume(null))))) {
                says(inner.resume(null).orElseThrow(), "running", "a body that it has resumed");
            }
            yielder.suspend(1);
        })) {
            self.set(generator);
            assertEquals(Optional.of(1), generator.resume(null));
        }
    }

    @Test
    void runningGeneratorRefusesAnotherThread() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (Generator<Void, Integer> generator = Generator.ofShared((yielder, input) -> {
            inside.countDown();
            goOn.await();
            yielder.suspend(1);
        })) {
            Thread runner = Thread.ofPlatform().start(() -> generator.resume(null));
            inside.await();
            says(assertThrows(IllegalStateException.class, () -> generator.resume(null)), "running", "another thread");
            says(assertThrows(IllegalStateException.class, generator::close), "running");
            assertEquals(Generator.State.RUNNING, generator.state());
            goOn.countDown();
            runner.join();
            assertEquals(Generator.State.SUSPENDED, generator.state());
        }
    }

    @Test
    void otherThreadsCannotSuspend() throws InterruptedException {
        AtomicReference<Yielder<Void, Integer>> leaked = new AtomicReference<>();
        try (Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            leaked.set(yielder);
            Throwable thrown = inThread(() -> yielder.suspend(0));
            assertEquals(IllegalStateException.class, thrown.getClass());
            says(thrown, "only the body", "other");
            yielder.suspend(1);
        })) {
            assertEquals(Optional.of(1), generator.resume(null));
            says(assertThrows(IllegalStateException.class, () -> leaked.get().suspend(2)), "suspended already");
        }
    }

    @Test
    void innerBodyCannotSuspendOuter() {
        try (Generator<Void, Integer> outer = Generator.of((yielder, input) -> {
            try (Generator<Void, Integer> inner = Generator.of((y, i) -> {
                says(assertThrows(IllegalStateException.class, () -> yielder.suspend(0)), "another generator's body");
                y.suspend(1);
            })) {
                yielder.suspend(inner.resume(null).orElseThrow());
            }
        })) {
            assertEquals(Optional.of(1), outer.resume(null));
        }
    }

    /** Also not when its stack has gone on to another generator, on the same thread. */
    @Test
    void yielderIsDeadAfterItsGenerator() {
        AtomicReference<Yielder<Void, Integer>> leaked = new AtomicReference<>();
        try (Generator<Void, Integer> first = Generator.of((yielder, input) -> leaked.set(yielder))) {
            first.resume(null);
        }
        says(assertThrows(IllegalStateException.class, () -> leaked.get().suspend(1)), "has ended");
        List<Throwable> thrown = new ArrayList<>();
        try (Generator<Void, Integer> second = Generator.of((yielder, input) ->
                thrown.add(assertThrows(IllegalStateException.class, () -> leaked.get().suspend(1))))) {
            assertEquals(Optional.empty(), second.resume(null));
        }
        assertNotNull(thrown.getFirst());
        says(thrown.getFirst(), "has ended");
    }

    @Test
    void closedGeneratorRefuses() {
        Generator<Integer, Integer> generator = counter();
        generator.resume(null);
        generator.close();
        generator.close();
        assertEquals(Generator.State.CLOSED, generator.state());
        says(assertThrows(IllegalStateException.class, () -> generator.resume(null)), "closed");
    }
}
