// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies and resumers with frames below them that a continuation can't be frozen with. */
class PinnedTest {

    private static final String ALL = "dev.fringe.portable.TestEngines#enginesAndResumers";
    private static final PortableEngine CARRIED = TestEngines.CARRIED;
    private static final int[] UNSORTED = {5, 3, 9, 1, 7, 2};
    private static final int[] SORTED = {1, 2, 3, 5, 7, 9};

    /** Called by the C library's qsort. */
    @FunctionalInterface
    interface Comparison {
        int compare(int a, int b);
    }

    private static int compare(Comparison comparison, MemorySegment a, MemorySegment b) {
        return comparison.compare(a.reinterpret(Integer.BYTES).get(ValueLayout.JAVA_INT, 0),
                b.reinterpret(Integer.BYTES).get(ValueLayout.JAVA_INT, 0));
    }

    private static int[] sort(Comparison comparison) {
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            MethodHandle qsort = linker.downcallHandle(linker.defaultLookup().findOrThrow("qsort"),
                    FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS));
            MethodHandle target = MethodHandles.lookup().findStatic(PinnedTest.class, "compare", MethodType.methodType(
                    int.class, Comparison.class, MemorySegment.class, MemorySegment.class)).bindTo(comparison);
            MemorySegment stub = linker.upcallStub(target, FunctionDescriptor.of(ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS, ValueLayout.ADDRESS), arena);
            MemorySegment numbers = arena.allocateFrom(ValueLayout.JAVA_INT, UNSORTED);
            qsort.invokeExact(numbers, (long) UNSORTED.length, (long) Integer.BYTES, stub);
            return numbers.toArray(ValueLayout.JAVA_INT);
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCarriedBodyCantSuspendInACallbackAndGoesOn(Resumer resumer) throws Exception {
        resumer.run(CARRIED, () -> {
            String[] message = new String[1];
            TestGenerator generator = new TestGenerator(CARRIED, self -> {
                self.suspend(1);
                int[] sorted = sort((a, b) -> {
                    message[0] = assertThrows(IllegalStateException.class, () -> self.suspend(-1)).getMessage();
                    return Integer.compare(a, b);
                });
                assertArrayEquals(SORTED, sorted);
                self.suspend(2);
            });
            assertEquals(1, generator.next());
            assertEquals(2, generator.next());
            assertTrue(message[0].contains("native code"), message[0]);
            assertNull(generator.next());
        });
    }

    /** The same where the body runs without a driver, which it does after Thread.yield in the JDK's pool. */
    @Test
    void aBodyThatHasYieldedCantEither() throws Exception {
        Resumer.VIRTUAL_THREAD.run(CARRIED, () -> {
            TestGenerator generator = new TestGenerator(CARRIED, self -> {
                for (int i = 1; ; i++) {
                    Thread.yield();
                    sort((a, b) -> {
                        assertThrows(IllegalStateException.class, () -> self.suspend(-1));
                        return Integer.compare(a, b);
                    });
                    Thread.yield();
                    self.suspend(i);
                }
            });
            for (int i = 1; i <= 200; i++) {
                assertEquals(i, generator.next());
            }
            generator.close();
        });
    }

    @Test
    void aBodyOnAThreadOfItsOwnSuspendsInACallback() {
        PortableEngine engine = TestEngines.HANDOFF;
        TestGenerator generator = new TestGenerator(engine, self -> sort((a, b) -> {
            self.suspend(100 * a + b);
            assertFalse(self.flow.canUnwind());
            return Integer.compare(a, b);
        }));
        assertNotNull(generator.next());
        int comparisons = 1;
        while (generator.next() != null) {
            comparisons++;
        }
        assertTrue(comparisons > UNSORTED.length, () -> "suspended " + generator);
    }

    /** A class whose initialiser suspends the body. */
    private static final class Suspending {
        private static TestGenerator body;
        private static RuntimeException refused;

        static final class First {
            static {
                tryIt();
            }

            static void initialise() { }
        }

        static final class Second {
            static {
                tryIt();
            }

            static void initialise() { }
        }

        private static void tryIt() {
            try {
                body.suspend(-1);
            } catch (IllegalStateException e) {
                refused = e;
            }
        }
    }

    @Test
    void aCarriedBodyCantSuspendInAClassInitialiser() throws Exception {
        for (Resumer resumer : List.of(Resumer.PLATFORM_THREAD, Resumer.VIRTUAL_THREAD)) {
            resumer.run(CARRIED, () -> {
                Suspending.refused = null;
                TestGenerator generator = new TestGenerator(CARRIED, self -> {
                    Suspending.body = self;
                    Thread.yield();
                    if (resumer == Resumer.PLATFORM_THREAD) {
                        Suspending.First.initialise();
                    } else {
                        Suspending.Second.initialise();
                    }
                    self.suspend(7);
                });
                assertEquals(7, generator.next());
                assertNotNull(Suspending.refused);
                generator.close();
            });
        }
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aResumerInACallbackResumes(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = TestGenerator.counter(engine);
            int[] calls = new int[1];
            assertArrayEquals(SORTED, sort((a, b) -> {
                assertEquals(++calls[0], generator.next());
                return Integer.compare(a, b);
            }));
            generator.close();
        });
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aBodyBlocksInACallback(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, self -> {
                sort((a, b) -> {
                    try {
                        Thread.sleep(1);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    return Integer.compare(a, b);
                });
                self.suspend(1);
            });
            assertEquals(1, generator.next());
            assertNull(generator.next());
        });
    }

    /** As many pinned resumers as the JDK's pool has threads, whose bodies block: helpers have to run them. */
    @Test
    void pinnedVirtualResumersDoNotUseUpThePool() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> thrown = new ArrayList<>();
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                TestGenerator generator = new TestGenerator(CARRIED, self -> {
                    for (int k = 1; ; k++) {
                        Thread.sleep(2);
                        self.suspend(k);
                    }
                });
                int[] calls = new int[1];
                try {
                    sort((a, b) -> {
                        assertEquals(++calls[0], generator.next());
                        return Integer.compare(a, b);
                    });
                } catch (Throwable t) {
                    synchronized (thrown) {
                        thrown.add(t);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), thrown);
    }

    /** A body that is refused gives its carrier back. */
    @Test
    void refusedBodiesDoNotUseUpThePool() throws Exception {
        List<TestGenerator> generators = new ArrayList<>();
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors() + 1; i++) {
            TestGenerator generator = new TestGenerator(CARRIED, self -> {
                sort((a, b) -> {
                    assertThrows(IllegalStateException.class, () -> self.suspend(1));
                    return Integer.compare(a, b);
                });
                self.suspend(2);
            });
            generators.add(generator);
            Resumer.VIRTUAL_THREAD.run(CARRIED, () -> assertEquals(2, generator.next()));
        }
        generators.forEach(TestGenerator::close);
    }
}
