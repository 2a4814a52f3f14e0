// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import java.lang.ref.Cleaner;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bodies occupy all carriers, and want what a virtual thread without a carrier wants as well. A monitor is handed to
 * the one that waits for it longest; if that is such a thread, nobody goes on. So the library must have no monitor that
 * bodies wait for. Each in a virtual machine of its own, which a hang ends.
 */
@Tag("native")
class CarriersTest {

    /** What the bodies do all the time. */
    enum Want {
        /** A stack of the pool. */
        POOLED(() -> Generator.builder()),
        /** The same, and the hook has to know of it. */
        CLOSED_AT_SHUTDOWN(() -> Generator.builder().closedAtShutdown()),
        /** A stack that is made for it. */
        FRESH(() -> Generator.builder().freshThread()),
        /** A stack that it makes itself. */
        GIVEN(() -> Generator.builder().stack(OsStack.ofSize(256 * 1024)));

        private final Supplier<Generator.Builder> builder;

        Want(Supplier<Generator.Builder> builder) {
            this.builder = builder;
        }

        void live() {
            try (Generator<Void, Integer> outer = builder.get().build(yielder -> {
                try (Generator<Void, Integer> inner = builder.get().build(into -> into.suspend(1))) {
                    yielder.suspend(inner.resume().orElseThrow());
                }
            })) {
                assertEquals(Optional.of(1), outer.resume());
                assertEquals(Optional.empty(), outer.resume());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void bodiesDoNotWaitForAVirtualThreadWithoutACarrier(Want want) {
        new ChildJvm().with("-Xint", "-Djdk.virtualThreadScheduler.parallelism=2").run(Lives.class, want.name())
                .succeeds();
    }

    /** A program: platform threads and virtual ones, for some seconds. */
    static final class Lives {

        private static final long NANOS = 3_000_000_000L;
        private static final int THREADS = 6;

        public static void main(String[] arguments) throws InterruptedException {
            failWithAnyThread();
            Want want = Want.valueOf(arguments[0]);
            long end = System.nanoTime() + NANOS;
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Runnable lives = () -> {
                    while (System.nanoTime() < end) {
                        want.live();
                    }
                };
                threads.add(i % 2 == 0 ? Thread.ofPlatform().start(lives) : Thread.ofVirtual().start(lives));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** Several threads close a generator at once whose stack is the caller's, which takes a while. */
    @Test
    void closingWaitsForNoOtherCloser() {
        new ChildJvm().with("-Djdk.virtualThreadScheduler.parallelism=1").run(Close.class).succeeds();
    }

    /** A program. */
    static final class Close {

        private static final int ROUNDS = 50;

        public static void main(String[] arguments) throws InterruptedException {
            failWithAnyThread();
            for (int i = 0; i < ROUNDS; i++) {
                try (OsStack stack = OsStack.ofSize(256 * 1024)) {
                    Generator<Void, Integer> shared = Generator.builder().shared().stack(stack)
                            .build(yielder -> yielder.suspend(1));
                    shared.resume();
                    Thread first = Thread.ofVirtual().start(() -> close(shared));
                    Thread second = Thread.ofVirtual().start(() -> inABody(() -> close(shared)));
                    first.join();
                    second.join();
                    shared.unwrap();
                }
            }
        }
    }

    /** Ends the program if a thread fails. */
    private static void failWithAnyThread() {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
    }

    /** Another thread may be at it. */
    private static void close(Generator<?, ?> generator) {
        try {
            generator.close();
        } catch (IllegalStateException e) {
            assertTrue(e.getMessage().contains("running"), e.getMessage());
        }
    }

    private static void inABody(Runnable action) {
        try (Generator<Void, Integer> generator = Generator.of(yielder -> action.run())) {
            assertTrue(generator.resume().isEmpty());
        }
    }

    /** The JDK has a list of all open files, with a monitor; to make a stack is to count mappings now and then. */
    @Test
    void makingAStackWaitsForNobodyWhoOpensAFile() {
        new ChildJvm().with("-Djdk.virtualThreadScheduler.parallelism=1",
                "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.ref=ALL-UNNAMED").run(Files.class).succeeds();
    }

    /** A program. */
    static final class Files {

        private static final int ROUNDS = 2_000;
        private static final Duration STALE = Duration.ofMillis(600);

        public static void main(String[] arguments) throws Exception {
            failWithAnyThread();
            inABody(() -> OsStack.ofSize(1).close());
            Object monitor = listOfFiles();
            CountDownLatch done = new CountDownLatch(1);
            synchronized (monitor) {
                Thread waits = Thread.ofVirtual().start(() -> {
                    synchronized (monitor) {
                        done.countDown();
                    }
                });
                while (waits.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
                Thread maker = Thread.ofVirtual().start(() -> inABody(Files::makeStacks));
                assertTrue(maker.join(Duration.ofSeconds(60)), "a body waits for a monitor of the JDK's");
            }
            done.await();
        }

        /** More than are made without counting, and for longer than a count lasts. */
        private static void makeStacks() {
            List<OsStack> stacks = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                stacks.add(OsStack.ofSize(1));
            }
            LockSupport.parkNanos(STALE.toNanos());
            stacks.add(OsStack.ofSize(1));
            stacks.forEach(OsStack::close);
        }

        private static Object listOfFiles() throws ReflectiveOperationException {
            Method common = Class.forName("jdk.internal.ref.CleanerFactory").getMethod("cleaner");
            common.setAccessible(true);
            Cleaner cleaner = (Cleaner) common.invoke(null);
            Object implementation = field(Cleaner.class, "impl", cleaner);
            return field(implementation.getClass(), "activeList", implementation);
        }

        private static Object field(Class<?> type, String name, Object object) throws ReflectiveOperationException {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        }
    }
}
