// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A body and its resumer have an interrupt status each, and none is lost or goes to the other. */
class InterruptTest {

    private static final String ALL = "dev.fringe.portable.TestEngines#enginesAndResumers";

    @ParameterizedTest
    @MethodSource(ALL)
    void theStatusOfABodyIsItsOwn(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, self -> {
                Thread.currentThread().interrupt();
                self.suspend(1);
                assertTrue(Thread.interrupted());
                self.suspend(2);
                assertThrows(InterruptedException.class, () -> Thread.sleep(100_000));
                self.suspend(3);
            });
            generator.next();
            assertFalse(Thread.currentThread().isInterrupted());
            generator.next();
            generator.flow.thread().interrupt();
            assertEquals(3, generator.next());
            assertFalse(Thread.currentThread().isInterrupted());
            generator.close();
        });
    }

    /** Who waits for the body takes an interrupt from its status to another place, and is asked for it meanwhile. */
    @ParameterizedTest
    @MethodSource("bothEngines")
    void anInterruptIsSeenWhileItMoves(PortableEngine engine) throws Exception {
        Thread resumer = Thread.currentThread();
        AtomicInteger round = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger unseen = new AtomicInteger();
        try (TestGenerator generator = TestGenerator.interruptibleCounter(engine)) {
            PortableFlow flow = (PortableFlow) generator.flow;
            Thread interrupter = Thread.ofPlatform().daemon().start(() -> {
                for (int i = 1; awaitRound(round, i); i++) {
                    for (int asked = 0; asked < 50; asked++) {
                        if (!flow.isResumerInterrupted(resumer)) {
                            unseen.incrementAndGet();
                        }
                    }
                    answered.set(i);
                }
            });
            long enough = System.nanoTime() + 10_000_000_000L; // on a busy machine a round takes milliseconds
            try {
                for (int i = 1; i <= 20_000 && (i < 500 || System.nanoTime() < enough); i++) {
                    resumer.interrupt();
                    round.set(i);
                    for (int pause = i % 50; pause > 0; pause--) {
                        Thread.onSpinWait();
                    }
                    flow.noteInterrupt(resumer);
                    while (answered.get() < i) {
                        assertTrue(interrupter.isAlive());
                        Thread.yield();
                    }
                    flow.restoreInterrupt(resumer);
                    assertTrue(Thread.interrupted());
                }
            } finally {
                round.set(-1);
            }
            interrupter.join();
        }
        assertEquals(0, unseen.get());
    }

    /** Returns whether there is such a round. */
    private static boolean awaitRound(AtomicInteger round, int number) {
        int now = round.get();
        while (now >= 0 && now < number) {
            Thread.yield();
            now = round.get();
        }
        return now >= 0;
    }

    static Stream<PortableEngine> bothEngines() {
        return Stream.of(TestEngines.CARRIED, TestEngines.HANDOFF);
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void anInterruptOfTheResumerStays(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            AtomicBoolean inBody = new AtomicBoolean();
            AtomicBoolean interrupted = new AtomicBoolean();
            TestGenerator generator = new TestGenerator(engine, self -> {
                self.suspend(0);
                for (int i = 0; ; i++) {
                    inBody.set(true);
                    while (!interrupted.get()) {
                        switch (i % 3) {
                            case 0 -> Thread.sleep(1);
                            case 1 -> Thread.onSpinWait();
                            default -> LockSupport.parkNanos(1000);
                        }
                        assertFalse(Thread.currentThread().isInterrupted());
                    }
                    self.suspend(i);
                }
            });
            Thread self = Thread.currentThread();
            self.interrupt();
            generator.next();
            assertTrue(Thread.interrupted());
            for (int i = 0; i < 60; i++) {
                inBody.set(false);
                interrupted.set(false);
                Thread interrupter = Thread.ofPlatform().start(() -> {
                    while (!inBody.get()) {
                        Thread.onSpinWait();
                    }
                    self.interrupt();
                    interrupted.set(true);
                });
                assertEquals(i, generator.next());
                assertTrue(Thread.interrupted(), "lost in round " + i);
                interrupter.join();
                assertFalse(Thread.interrupted(), "twice in round " + i); // it is sent before the body suspends
            }
            generator.close();
        });
    }

    /** Each interrupt is seen before the next is sent. */
    @ParameterizedTest
    @MethodSource(ALL)
    void interruptsOfWhatResumesAnInterruptibleOneAreSeenOnce(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> assertEquals(0, seenTwiceBy(TestGenerator.interruptibleCounter(engine))));
    }

    /** A thread that carries bodies may see one twice if the interrupter is late; see {@link InterruptKeeper}. */
    @ParameterizedTest
    @MethodSource(ALL)
    void noInterruptIsLost(PortableEngine engine, Resumer resumer) throws Exception {
        boolean carries = engine == TestEngines.CARRIED && resumer == Resumer.PLATFORM_THREAD;
        resumer.run(engine, () -> {
            int twice = seenTwiceBy(TestGenerator.counter(engine)); // does not end if one is lost
            assertTrue(carries ? twice >= 0 : twice == 0, () -> twice + " seen twice");
        });
    }

    private static final int ROUNDS = 2000;
    /** On a busy machine each round takes the operating system's help. */
    private static final long ENOUGH_NANOS = 5_000_000_000L;

    /** Of how many interrupts more than there were the calling thread, which resumes, is told. */
    private static int seenTwiceBy(TestGenerator generator) {
        Thread self = Thread.currentThread();
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger();
        Thread interrupter = Thread.ofPlatform().start(() -> {
            long enough = System.nanoTime() + ENOUGH_NANOS;
            while (sent.get() < ROUNDS && System.nanoTime() < enough) {
                int before = seen.get();
                self.interrupt();
                sent.incrementAndGet();
                while (seen.get() == before) {
                    Thread.yield();
                }
            }
        });
        while (interrupter.isAlive()) {
            generator.next();
            if (Thread.interrupted()) {
                seen.incrementAndGet();
            }
        }
        if (Thread.interrupted()) {
            seen.incrementAndGet();
        }
        generator.close();
        return seen.get() - sent.get();
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aChannelOfTheResumerIsInterruptedAfterwards(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = TestGenerator.counter(engine);
            Pipe pipe = Pipe.open();
            generator.next();
            Thread self = Thread.currentThread();
            Thread interrupter = Thread.ofPlatform().start(() -> {
                LockSupport.parkNanos(5_000_000);
                self.interrupt();
            });
            assertThrows(ClosedByInterruptException.class, () -> pipe.source().read(ByteBuffer.allocate(1)));
            assertTrue(Thread.interrupted());
            interrupter.join();
            assertEquals(2, generator.next());
            pipe.sink().close();
            generator.close();
        });
    }

    // ---- an interrupter that is stopped after it has set the status ---------------------------------------

    /** The two steps of {@code Thread.interrupt}, apart. */
    private static final class LateInterrupter {

        private static final VarHandle STATUS;

        static {
            try {
                STATUS = Access.lookup().findVarHandle(Thread.class, "interrupted", boolean.class);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }

        private static void setStatus(Thread target) {
            STATUS.setVolatile(target, true);
        }

        private static void tell(Thread target) {
            Thread teller = Thread.ofPlatform().start(() -> {
                Object listener = VirtualThreads.interruptListener(target);
                if (listener != null) {
                    VirtualThreads.tell(listener);
                }
            });
            while (teller.isAlive()) { // join() would take the interrupt
                Thread.onSpinWait();
            }
        }
    }

    /** The first body suspends while the interrupter has set its resumer's status and not yet told. */
    private static void loseStatus(Thread resumer) {
        try (Generator<Void, Integer> carried = Generator.of((yielder, input) -> {
            LateInterrupter.setStatus(resumer);
            yielder.suspend(1);
        })) {
            carried.resume(null);
        }
        assertFalse(resumer.isInterrupted());
    }

    private static Generator<Void, Boolean> interruptible(Thread resumer, boolean told) {
        return Generator.builder().interruptible().build((yielder, input) -> {
            yielder.suspend(Thread.interrupted());
            if (told) {
                LateInterrupter.tell(resumer);
            }
            yielder.suspend(Thread.interrupted());
        });
    }

    @Test
    void aLateInterrupterIsHeardByAnInterruptibleBody() throws Exception {
        Resumer.PLATFORM_THREAD.run(TestEngines.CARRIED, () -> {
            Thread self = Thread.currentThread();
            loseStatus(self);
            try (Generator<Void, Boolean> generator = interruptible(self, true)) {
                assertFalse(generator.resume(null).orElseThrow());
                assertTrue(generator.resume(null).orElseThrow());
                assertFalse(self.isInterrupted()); // taken by the body
            }
        });
    }

    @Test
    void aLateInterrupterIsHeardBetweenAndAfterSwitchesOfAnInterruptibleBody() throws Exception {
        for (boolean between : new boolean[] {true, false}) {
            Resumer.PLATFORM_THREAD.run(TestEngines.CARRIED, () -> {
                Thread self = Thread.currentThread();
                loseStatus(self);
                try (Generator<Void, Boolean> generator = interruptible(self, false)) {
                    assertFalse(generator.resume(null).orElseThrow());
                    if (between) {
                        LateInterrupter.tell(self);
                    }
                    assertEquals(between, generator.resume(null).orElseThrow());
                }
                if (!between) {
                    LateInterrupter.tell(self);
                    assertTrue(Thread.interrupted());
                }
                assertFalse(Thread.interrupted());
            });
        }
    }
}
