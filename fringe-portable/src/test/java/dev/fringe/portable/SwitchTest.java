// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a body and its resumer see of each other, on both engines and with every kind of resumer. */
class SwitchTest {

    private static final String ALL = "dev.fringe.portable.TestEngines#enginesAndResumers";

    @ParameterizedTest
    @MethodSource(ALL)
    void valuesComeInOrder(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = TestGenerator.counter(engine);
            for (int i = 1; i <= 1000; i++) {
                assertEquals(i, generator.next());
            }
            generator.close();
            assertNull(generator.next());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aBodyHasAThreadOfItsOwn(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            Thread outside = Thread.currentThread();
            Thread[] seen = new Thread[2];
            ThreadLocal<String> local = new ThreadLocal<>();
            local.set("the resumer's");
            TestGenerator generator = new TestGenerator(engine, self -> {
                seen[0] = Thread.currentThread();
                assertTrue(seen[0].isDaemon());
                assertEquals(self.flow.name(), seen[0].getName());
                assertNull(local.get());
                local.set("the body's");
                self.suspend(1);
                assertEquals("the body's", local.get());
                seen[1] = Thread.currentThread();
            });
            generator.next();
            assertSame(outside, Thread.currentThread());
            assertEquals("the resumer's", local.get());
            assertNull(generator.next());
            assertNotSame(outside, seen[0]);
            assertSame(seen[0], seen[1]);
            assertSame(seen[0], generator.flow.thread());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void finallyBlocksRunWhenABodyIsUnwound(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            AtomicInteger unwound = new AtomicInteger();
            TestGenerator generator = new TestGenerator(engine, self -> {
                try {
                    self.suspend(1);
                } finally {
                    unwound.incrementAndGet();
                    assertTrue(self.flow.canUnwind());
                }
            });
            generator.next();
            generator.close();
            assertEquals(1, unwound.get());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void whatABodyThrowsReachesItsResumer(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, self -> {
                self.suspend(1);
                throw new IllegalStateException("from the body");
            });
            generator.next();
            assertEquals("from the body", assertThrows(IllegalStateException.class, generator::next).getMessage());
            assertNull(generator.next());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void bodiesResumeBodies(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, outer -> {
                TestGenerator middle = new TestGenerator(engine, self -> {
                    TestGenerator inner = TestGenerator.counter(engine);
                    self.suspend(10 * inner.next());
                    self.suspend(10 * inner.next());
                    inner.close();
                });
                for (Integer value = middle.next(); value != null; value = middle.next()) {
                    outer.suspend(value + 1);
                }
            });
            assertEquals(11, generator.next());
            assertEquals(21, generator.next());
            assertNull(generator.next());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aBodyMayBlockInEveryWay(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            Object monitor = new Object();
            TestGenerator generator = new TestGenerator(engine, self -> {
                for (int i = 0; i < 20; i++) {
                    Thread.sleep(1);
                    self.suspend(1);
                    Thread.yield();
                    Thread.yield();
                    self.suspend(2);
                    synchronized (monitor) {
                        monitor.wait(1);
                    }
                    self.suspend(3);
                    LockSupport.parkNanos(1000);
                    self.suspend(4);
                }
            });
            for (int i = 0; i < 20; i++) {
                for (int value = 1; value <= 4; value++) {
                    assertEquals(value, generator.next());
                }
            }
            assertNull(generator.next());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aBodyWaitsForAMonitorAndIsNotified(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            Object monitor = new Object();
            boolean[] ready = new boolean[1];
            TestGenerator generator = new TestGenerator(engine, self -> {
                self.suspend(1);
                synchronized (monitor) {
                    while (!ready[0]) {
                        monitor.wait();
                    }
                }
                self.suspend(2);
            });
            generator.next();
            Thread notifier = Thread.ofPlatform().start(() -> {
                LockSupport.parkNanos(5_000_000);
                synchronized (monitor) {
                    ready[0] = true;
                    monitor.notifyAll();
                }
            });
            assertEquals(2, generator.next());
            notifier.join();
            generator.close();
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void locksBelongToTheBody(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            ReentrantLock lock = new ReentrantLock();
            Object monitor = new Object();
            TestGenerator generator = new TestGenerator(engine, self -> {
                lock.lock();
                synchronized (monitor) {
                    self.suspend(1);
                    assertTrue(lock.isHeldByCurrentThread());
                    assertTrue(Thread.holdsLock(monitor));
                    synchronized (monitor) {
                        self.suspend(2);
                    }
                    self.suspend(3);
                }
                lock.unlock();
            });
            for (int i = 1; i <= 3; i++) {
                assertEquals(i, generator.next());
                assertFalse(lock.isHeldByCurrentThread());
                assertFalse(Thread.holdsLock(monitor));
            }
            assertNull(generator.next());
            assertTrue(lock.tryLock());
            synchronized (monitor) {
                lock.unlock();
            }
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void contendedLocksAreTakenInTurns(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            ReentrantLock lock = new ReentrantLock();
            Object monitor = new Object();
            int[] guarded = new int[2];
            Thread other = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 500; i++) {
                    lock.lock();
                    guarded[0]++;
                    lock.unlock();
                    synchronized (monitor) {
                        guarded[1]++;
                    }
                }
            });
            TestGenerator generator = new TestGenerator(engine, self -> {
                for (int i = 0; i < 500; i++) {
                    lock.lock();
                    try {
                        guarded[0]++;
                    } finally {
                        lock.unlock();
                    }
                    synchronized (monitor) {
                        guarded[1]++;
                    }
                    self.suspend(i);
                }
            });
            while (generator.next() != null) {
                Thread.onSpinWait();
            }
            other.join();
            assertEquals(1000, guarded[0]);
            assertEquals(1000, guarded[1]);
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void threadsThatABodyStartsRunWithoutIt(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            Thread[] child = new Thread[1];
            AtomicInteger steps = new AtomicInteger();
            TestGenerator generator = new TestGenerator(engine, self -> {
                child[0] = Thread.ofVirtual().start(() -> {
                    steps.incrementAndGet();
                    LockSupport.parkNanos(1_000_000);
                    steps.incrementAndGet();
                });
                self.suspend(1);
                Thread second = Thread.ofVirtual().start(() -> {
                    Thread.yield();
                    steps.incrementAndGet();
                });
                second.join();
            });
            generator.next();
            child[0].join(); // while the body that has started it is suspended
            assertEquals(2, steps.get());
            assertNull(generator.next());
            assertEquals(3, steps.get());
        });
    }

    /** Where threads take turns, they do it by parking, which takes the permit. */
    @ParameterizedTest
    @EnumSource
    void aPermitStaysUntilACarriedBodyParks(Resumer resumer) throws Exception {
        PortableEngine engine = TestEngines.CARRIED;
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, self -> {
                for (int i = 0; i < 3; i++) {
                    self.suspend(1);
                    LockSupport.park(); // returns because of the permit
                    LockSupport.unpark(Thread.currentThread());
                    self.suspend(2);
                    LockSupport.park();
                }
            });
            for (int i = 0; i < 3; i++) {
                assertEquals(1, generator.next());
                LockSupport.unpark(generator.flow.thread());
                assertEquals(2, generator.next());
            }
            assertNull(generator.next());
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void strayUnparksAndTracesDoNotResume(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = TestGenerator.counter(engine);
            generator.next();
            Thread body = generator.flow.thread();
            Thread disturber = Thread.ofPlatform().start(() -> {
                for (int i = 0; !Thread.interrupted(); i++) {
                    if (i % 2 == 0) {
                        LockSupport.unpark(body);
                    } else {
                        body.getStackTrace();
                    }
                }
            });
            for (int i = 2; i <= 3000; i++) {
                assertEquals(i, generator.next());
            }
            disturber.interrupt();
            disturber.join();
            generator.close();
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void plainWritesCross(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            long[] plain = new long[2];
            TestGenerator generator = new TestGenerator(engine, self -> {
                for (int i = 1; ; i++) {
                    assertEquals(i, plain[0]);
                    plain[1] = -i;
                    self.suspend(i);
                }
            });
            for (int i = 1; i <= 20_000; i++) {
                plain[0] = i;
                assertEquals(i, generator.next());
                assertEquals(-i, plain[1]);
            }
            generator.close();
        });
    }

    /** One generator, resumed by all kinds of threads in turns. */
    @ParameterizedTest
    @MethodSource("engines")
    void aGeneratorGoesFromOneKindOfResumerToAnother(PortableEngine engine) throws Exception {
        TestGenerator generator = new TestGenerator(engine, self -> {
            for (int i = 1; ; i++) {
                if (i % 3 == 0) {
                    Thread.sleep(1);
                } else if (i % 5 == 0) {
                    Thread.yield();
                }
                self.suspend(i);
            }
        });
        int[] expected = new int[1];
        for (int round = 0; round < 100; round++) {
            for (Resumer resumer : Resumer.values()) {
                resumer.run(engine, () -> {
                    for (int i = 0; i < 3; i++) {
                        assertEquals(++expected[0], generator.next());
                    }
                });
            }
        }
        generator.close();
    }

    static PortableEngine[] engines() {
        return new PortableEngine[] {TestEngines.CARRIED, TestEngines.HANDOFF};
    }

    @Test
    void aCarriedBodyIsAVirtualThreadAndAnotherIsNot() {
        assertTrue(TestGenerator.counter(TestEngines.CARRIED).flow.thread().isVirtual());
        assertFalse(TestGenerator.counter(TestEngines.HANDOFF).flow.thread().isVirtual());
    }
}
