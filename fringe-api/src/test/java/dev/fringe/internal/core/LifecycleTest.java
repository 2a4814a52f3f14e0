// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.testing.FakeEngine;
import dev.fringe.testing.FakeFlow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of {@link Lifecycle}: who may do what in which state, and what the others get. */
class LifecycleTest {

    /** A generator in one state, with what is needed to act on it. */
    private record Subject(Generator<Integer, Integer> generator, Yielder<Integer, Integer> yielder) {}

    /** What is done with a subject. */
    private interface Act {
        void on(Subject subject) throws Exception;
    }

    /** Brings a generator into a state, and has something done with it meanwhile. */
    private enum Situation {
        NEW(Generator.State.NEW) {
            @Override
            void during(boolean shared, Act act) throws Exception {
                act.on(new Subject(build(shared, new ArrayList<>()), null));
            }
        },
        SUSPENDED(Generator.State.SUSPENDED) {
            @Override
            void during(boolean shared, Act act) throws Exception {
                List<Yielder<Integer, Integer>> yielder = new ArrayList<>();
                Generator<Integer, Integer> generator = build(shared, yielder);
                generator.resume(1);
                act.on(new Subject(generator, yielder.getFirst()));
            }
        },
        /** The act is another body's, which the running one has resumed. */
        RUNNING(Generator.State.RUNNING) {
            @Override
            void during(boolean shared, Act act) throws Exception {
                List<Throwable> thrown = new ArrayList<>();
                List<Generator<Integer, Integer>> self = new ArrayList<>();
                Generator.Body<Integer, Integer> body = (yielder, input) -> {
                    Generator<Void, Integer> inner = Generator.of((y, ignored) -> {
                        try {
                            act.on(new Subject(self.getFirst(), yielder));
                        } catch (Throwable t) {
                            thrown.add(t);
                        }
                    });
                    inner.resume();
                };
                self.add(shared ? Generator.ofShared(body) : Generator.of(body));
                self.getFirst().resume(1);
                rethrow(thrown);
            }
        },
        /** To a body that is suspended itself; a shared one is not lent then, and as suspended as others. */
        LENT(Generator.State.SUSPENDED) {
            @Override
            void during(boolean shared, Act act) throws Exception {
                List<Yielder<Integer, Integer>> yielder = new ArrayList<>();
                List<Generator<Integer, Integer>> inner = new ArrayList<>();
                Generator<Integer, Integer> outer = Generator.of((y, input) -> {
                    inner.add(build(shared, yielder));
                    y.suspendAll(inner.getFirst(), input);
                });
                outer.resume(1);
                act.on(new Subject(inner.getFirst(), yielder.getFirst()));
                outer.close();
            }
        },
        FINISHED(Generator.State.FINISHED) {
            @Override
            void during(boolean shared, Act act) throws Exception {
                List<Yielder<Integer, Integer>> yielder = new ArrayList<>();
                Generator<Integer, Integer> generator = build(shared, yielder);
                generator.resume(1);
                generator.resume(2);
                act.on(new Subject(generator, yielder.getFirst()));
            }
        },
        CLOSED(Generator.State.CLOSED) {
            @Override
            void during(boolean shared, Act act) throws Exception {
                List<Yielder<Integer, Integer>> yielder = new ArrayList<>();
                Generator<Integer, Integer> generator = build(shared, yielder);
                generator.resume(1);
                generator.close();
                act.on(new Subject(generator, yielder.getFirst()));
            }
        };

        private final Generator.State state;

        Situation(Generator.State state) {
            this.state = state;
        }

        abstract void during(boolean shared, Act act) throws Exception;

        /** One that suspends once, with its input and 10. */
        private static Generator<Integer, Integer> build(boolean shared, List<Yielder<Integer, Integer>> yielders) {
            Generator.Body<Integer, Integer> body = (yielder, input) -> {
                yielders.add(yielder);
                yielder.suspend(input + 10);
            };
            return shared ? Generator.ofShared(body) : Generator.of(body);
        }

        private static void rethrow(List<Throwable> thrown) throws Exception {
            if (!thrown.isEmpty()) {
                if (thrown.getFirst() instanceof Error e) {
                    throw e;
                }
                throw (Exception) thrown.getFirst();
            }
        }
    }

    /** What enters, by name. */
    private enum Entrance {
        RESUME {
            @Override
            Object go(Generator<Integer, Integer> generator) {
                return generator.resume(3);
            }
        },
        THROW_INTO {
            @Override
            Object go(Generator<Integer, Integer> generator) {
                return generator.throwInto(THROWN);
            }
        },
        HAS_NEXT {
            @Override
            Object go(Generator<Integer, Integer> generator) {
                return generator.iterator().hasNext();
            }
        },
        CLOSE {
            @Override
            Object go(Generator<Integer, Integer> generator) {
                generator.close();
                return "closed";
            }
        };

        abstract Object go(Generator<Integer, Integer> generator);
    }

    private static final RuntimeException THROWN = new RuntimeException("into");

    private static void elsewhere(Act act, Subject subject) throws Exception {
        FutureTask<Void> task = new FutureTask<>(() -> {
            act.on(subject);
            return null;
        });
        Thread thread = Thread.ofPlatform().start(task);
        thread.join();
        if (task.state() == FutureTask.State.FAILED) {
            Situation.rethrow(List.of(task.exceptionNow()));
        }
    }

    @ParameterizedTest
    @EnumSource(Situation.class)
    void theStateIsTold(Situation situation) throws Exception {
        for (boolean shared : new boolean[] {false, true}) {
            situation.during(shared, subject -> assertEquals(situation.state, subject.generator.state()));
        }
    }

    static Stream<Arguments> entrances() {
        return Stream.of(Situation.values()).flatMap(situation -> Stream.of(Entrance.values())
                .map(entrance -> Arguments.of(situation, entrance)));
    }

    /** The owner of a confined one, any thread for a shared one. In RUNNING, that is a body which it has resumed. */
    @ParameterizedTest
    @MethodSource("entrances")
    void theOwnerEntersOrIsToldWhyNot(Situation situation, Entrance entrance) throws Exception {
        for (boolean shared : new boolean[] {false, true}) {
            if (situation == Situation.LENT && !shared) {
                continue; // its owner is the body that has lent it, and is suspended
            }
            situation.during(shared, subject -> {
                Generator<Integer, Integer> generator = subject.generator;
                switch (situation) {
                    case NEW, SUSPENDED, LENT -> enters(situation, entrance, generator);
                    case RUNNING -> assertThrows(IllegalStateException.class, () -> entrance.go(generator));
                    case FINISHED -> afterTheEnd(entrance, generator);
                    default -> {
                        if (entrance == Entrance.CLOSE) {
                            assertDoesNotThrow(generator::close);
                        } else {
                            String message = assertThrows(IllegalStateException.class, () -> entrance.go(generator))
                                    .getMessage();
                            assertTrue(message.contains("closed"), message);
                        }
                    }
                }
            });
        }
    }

    private static void enters(Situation situation, Entrance entrance, Generator<Integer, Integer> generator) {
        boolean started = situation != Situation.NEW;
        switch (entrance) {
            case RESUME -> {
                assertEquals(started ? Optional.empty() : Optional.of(13), generator.resume(3));
                assertEquals(started ? Generator.State.FINISHED : Generator.State.SUSPENDED, generator.state());
            }
            case THROW_INTO -> {
                assertSame(THROWN, assertThrows(RuntimeException.class, () -> entrance.go(generator)));
                assertEquals(Generator.State.FINISHED, generator.state());
            }
            case HAS_NEXT -> {
                if (started) {
                    assertEquals(false, entrance.go(generator));
                    assertEquals(Generator.State.FINISHED, generator.state());
                } else { // its body does arithmetic with the null that iteration gives it
                    assertThrows(NullPointerException.class, () -> entrance.go(generator));
                    assertEquals(Generator.State.FINISHED, generator.state());
                }
            }
            default -> {
                entrance.go(generator);
                assertEquals(Generator.State.CLOSED, generator.state());
            }
        }
    }

    private static void afterTheEnd(Entrance entrance, Generator<Integer, Integer> generator) {
        switch (entrance) {
            case RESUME -> assertEquals(Optional.empty(), generator.resume(3));
            case THROW_INTO -> assertSame(THROWN, assertThrows(RuntimeException.class, () -> entrance.go(generator)));
            case HAS_NEXT -> assertEquals(false, entrance.go(generator));
            default -> assertDoesNotThrow(generator::close);
        }
        assertEquals(Generator.State.FINISHED, generator.state());
    }

    /** In every state, and nothing has happened. */
    @ParameterizedTest
    @MethodSource("entrances")
    void anotherThreadMayNotEnterAConfinedOne(Situation situation, Entrance entrance) throws Exception {
        situation.during(false, subject -> {
            Generator.State before = subject.generator.state();
            assertThrows(WrongThreadException.class,
                    () -> elsewhere(s -> entrance.go(s.generator), subject));
            assertEquals(before, subject.generator.state());
        });
    }

    @Test
    void anyThreadMayCloseWhatAThreadThatHasEndedOwned() throws Exception {
        List<Generator<Integer, Integer>> left = new ArrayList<>();
        List<String> log = new ArrayList<>();
        elsewhere(ignored -> {
            Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
                try {
                    yielder.suspend(input);
                } finally {
                    log.add("unwound");
                }
            });
            generator.resume(1);
            left.add(generator);
        }, null);
        assertThrows(WrongThreadException.class, () -> left.getFirst().resume(2));
        left.getFirst().close();
        assertEquals(List.of("unwound"), log);
        assertEquals(Generator.State.CLOSED, left.getFirst().state());
    }

    /** In RUNNING it is a body that the running one has resumed which tries, in the others the resumer. */
    @ParameterizedTest
    @EnumSource(value = Situation.class, mode = EnumSource.Mode.EXCLUDE, names = "NEW")
    void onlyTheBodySuspends(Situation situation) throws Exception {
        for (boolean shared : new boolean[] {false, true}) {
            situation.during(shared, subject -> {
                Generator.State before = subject.generator.state();
                assertThrows(IllegalStateException.class, () -> subject.yielder.suspend(5));
                assertThrows(IllegalStateException.class, () -> subject.yielder.suspendAll(
                        Generator.ofShared((y, i) -> { }), 5));
                assertThrows(IllegalStateException.class, () -> elsewhere(s -> s.yielder.suspend(5), subject));
                assertEquals(before, subject.generator.state());
            });
        }
    }

    @Test
    void itsOwnBodyMayDoNothingWithItButSuspend() {
        for (Entrance entrance : Entrance.values()) {
            List<Generator<Integer, Integer>> self = new ArrayList<>();
            self.add(Generator.of((yielder, input) -> {
                assertThrows(IllegalStateException.class, () -> entrance.go(self.getFirst()));
                yielder.suspend(input + 1);
            }));
            assertEquals(Optional.of(2), self.getFirst().resume(1));
            self.getFirst().close();
        }
    }

    /** Any thread may ask, at any time, and gets an answer. */
    @ParameterizedTest
    @EnumSource(Situation.class)
    void diagnosticsMayBeAskedForByAnyThread(Situation situation) throws Exception {
        situation.during(false, subject -> elsewhere(s -> {
            assertEquals(situation.state, s.generator.state());
            assertTrue(s.generator.backtrace().length >= 0);
            assertFalse(s.generator.toString().isEmpty());
        }, subject));
    }

    /** What hasNext has fetched when the body ended is a value like others, and closing discards it. */
    @Test
    void aLastValueThatWasFetchedIsDiscardedByClosing() {
        Generator<Void, Integer> generator = Generator.builder().buffered(4).build(yielder -> yielder.suspend(1));
        FakeFlow flow = FakeEngine.INSTANCE.newest();
        assertTrue(generator.iterator().hasNext());
        generator.close();
        assertThrows(IllegalStateException.class, generator::resume);
        assertEquals(100, flow.fate());
    }
}
