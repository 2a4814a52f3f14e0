// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.PeekingIterator;
import dev.fringe.internal.engine.Flow;
import dev.fringe.testing.FakeEngine;
import dev.fringe.testing.FakeFlow;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An operation has happened, or has thrown and nothing has happened; and each flow is given back once. */
class RollbackTest {

    private static final FakeEngine ENGINE = FakeEngine.INSTANCE;
    private static final int RETIRED = 100;
    private static final int KEPT = 1;

    /** Those of other tests, which the reaper has not closed yet. */
    private final List<Flow> before = List.copyOf(ENGINE.flows());

    @AfterEach
    void noFlowIsLeft() {
        List<Flow> left = new ArrayList<>(ENGINE.flows());
        left.removeAll(before);
        assertEquals(List.of(), left);
    }

    /** What an engine may throw instead of switching. */
    static Stream<Throwable> failures() {
        return Stream.of(new StackOverflowError("no room"), new OutOfMemoryError("no thread"),
                new IllegalStateException("not here"));
    }

    /** Suspends with the sum of its inputs. */
    private static Generator<Integer, Integer> summing(boolean shared) {
        Generator.Body<Integer, Integer> body = (yielder, input) -> {
            int sum = input;
            while (true) {
                try {
                    sum += yielder.suspend(sum);
                } catch (IllegalArgumentException e) {
                    sum = -sum;
                }
            }
        };
        return shared ? Generator.ofShared(body) : Generator.of(body);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aResumeThatFailsHasNotHappened(Throwable failure) {
        for (boolean shared : new boolean[] {false, true}) {
            Generator<Integer, Integer> generator = summing(shared);
            FakeFlow flow = ENGINE.newest();
            flow.failNextResume(failure);
            assertSame(failure, assertThrows(failure.getClass(), () -> generator.resume(1)));
            assertEquals(Generator.State.NEW, generator.state());
            assertEquals(Optional.of(1), generator.resume(1));
            flow.failNextResume(failure);
            assertSame(failure, assertThrows(failure.getClass(), () -> generator.resume(1000)));
            assertEquals(Generator.State.SUSPENDED, generator.state());
            assertEquals(Optional.of(3), generator.resume(2), "the input that was not delivered is not kept");
            flow.setRoom(false);
            assertThrows(StackOverflowError.class, () -> generator.resume(1000));
            flow.setRoom(true);
            assertEquals(Optional.of(6), generator.resume(3));
            assertEquals(3, flow.resumed());
            generator.close();
            assertEquals(RETIRED, flow.fate());
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void anExceptionThatCouldNotBeThrownIntoIsNotThrownLater(Throwable failure) {
        Generator<Integer, Integer> generator = summing(false);
        generator.resume(5);
        ENGINE.newest().failNextResume(failure);
        assertSame(failure, assertThrows(failure.getClass(),
                () -> generator.throwInto(new IllegalArgumentException())));
        assertEquals(Optional.of(7), generator.resume(2));
        assertEquals(Optional.of(-7), generator.throwInto(new IllegalArgumentException()));
        generator.close();
    }

    @ParameterizedTest
    @MethodSource("failures")
    void lookingAheadThatFailsSkipsNothing(Throwable failure) {
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            for (int i = 0; i < 3; i++) {
                yielder.suspend(i);
            }
        });
        FakeFlow flow = ENGINE.newest();
        PeekingIterator<Integer> values = generator.iterator();
        for (int i = 0; i < 3; i++) {
            flow.failNextResume(failure);
            assertSame(failure, assertThrows(failure.getClass(), values::hasNext));
            assertEquals(i, values.peek());
            assertEquals(i, values.next());
        }
        flow.failNextResume(failure);
        assertSame(failure, assertThrows(failure.getClass(), values::next));
        assertFalse(values.hasNext());
        assertThrows(NoSuchElementException.class, values::next);
        assertEquals(RETIRED, flow.fate());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aCloseThatFailsMayBeTriedAgain(Throwable failure) {
        List<String> log = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
                yielder.suspend(2);
            } finally {
                log.add("unwound");
            }
        });
        generator.resume();
        FakeFlow flow = ENGINE.newest();
        flow.failNextResume(failure);
        assertSame(failure, assertThrows(failure.getClass(), generator::close));
        assertEquals(List.of(), log);
        assertEquals(Generator.State.SUSPENDED, generator.state());
        assertEquals(Optional.of(2), generator.resume(), "the body is not unwound by what was not delivered");
        generator.close();
        assertEquals(List.of("unwound"), log);
        assertEquals(RETIRED, flow.fate());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aSuspensionThatFailsIsTheBodys(Throwable failure) {
        List<Throwable> caught = new ArrayList<>();
        List<FakeFlow> flow = new ArrayList<>();
        Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
            flow.getFirst().failNextSuspend(failure);
            try {
                yielder.suspend(1);
            } catch (Throwable t) {
                caught.add(t);
            }
            yielder.suspend(input + 100);
        });
        flow.add(ENGINE.newest());
        assertEquals(Optional.of(107), generator.resume(7));
        assertEquals(List.of(failure), caught);
        assertEquals(Optional.empty(), generator.resume(0));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aDelegationThatFailsGivesTheDelegateBack(Throwable failure) {
        List<FakeFlow> flow = new ArrayList<>();
        Generator<Integer, Integer> inner = summing(true);
        Generator<Integer, Integer> outer = Generator.of((yielder, input) -> {
            flow.getFirst().failNextSuspend(failure);
            try {
                yielder.suspendAll(inner, input);
            } catch (Throwable t) {
                yielder.suspend(t == failure ? -1 : -2);
            }
        });
        flow.add(ENGINE.newest());
        assertEquals(Optional.of(-1), outer.resume(1));
        assertEquals(Optional.of(4), inner.resume(4), "it is nobody else's");
        outer.close();
        inner.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowThatGetsNoBodyIsGivenBack(boolean idle) {
        if (idle) {
            ENGINE.takeNextIdle();
        }
        OutOfMemoryError failure = new OutOfMemoryError("no thread");
        ENGINE.failNextAssignment(failure);
        assertSame(failure, assertThrows(OutOfMemoryError.class, () -> Generator.of(yielder -> { })));
        assertEquals(RETIRED, ENGINE.newest().fate());
    }

    // ---- what becomes of flows --------------------------------------------------------------------

    @Test
    void eachFlowIsRetiredOnceWhateverItsEnd() {
        Generator<Void, Integer> unused = Generator.of(yielder -> { });
        FakeFlow first = ENGINE.newest();
        unused.close();
        unused.close();
        assertEquals(0, first.resumed());
        assertEquals(RETIRED, first.fate());

        Generator<Void, Integer> returned = Generator.of(yielder -> { });
        FakeFlow second = ENGINE.newest();
        assertTrue(returned.resume().isEmpty());
        returned.close();
        assertEquals(RETIRED, second.fate());

        Generator<Void, Integer> thrown = Generator.of(yielder -> {
            throw new IllegalArgumentException();
        });
        FakeFlow third = ENGINE.newest();
        assertThrows(IllegalArgumentException.class, thrown::resume);
        assertEquals(Optional.empty(), thrown.resume());
        assertEquals(RETIRED, third.fate());

        Generator<Void, Integer> unwound = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
            } finally {
                throwRuntime();
            }
        });
        FakeFlow fourth = ENGINE.newest();
        unwound.resume();
        assertThrows(IllegalArgumentException.class, unwound::close);
        unwound.close();
        assertEquals(RETIRED, fourth.fate());
    }

    private static void throwRuntime() {
        throw new IllegalArgumentException();
    }

    /** The engine looks for such flows. */
    @Test
    void aFlowThatCouldNotBeRetiredIsLostToTheEngine() {
        Generator<Void, Integer> generator = Generator.of(yielder -> { });
        FakeFlow flow = ENGINE.newest();
        flow.failNextRetire(new StackOverflowError("no room"));
        assertEquals(Optional.empty(), generator.resume());
        assertEquals(Generator.State.FINISHED, generator.state());
        assertTrue(flow.lost);
        assertEquals(0, flow.fate());
        flow.retire();
    }

    @Test
    void aBodyThatCanNotBeUnwoundIsKept() {
        for (boolean here : new boolean[] {true, false}) {
            Generator<Void, Integer> generator = Generator.of(yielder -> yielder.suspend(1));
            FakeFlow flow = ENGINE.newest();
            generator.resume();
            if (here) {
                flow.setUnwindable(false);
            } else {
                flow.setResumableHere(false);
            }
            String message = assertThrows(IllegalStateException.class, generator::close).getMessage();
            assertTrue(message.contains("could not be unwound"), message);
            assertEquals(KEPT, flow.fate());
            assertEquals(here ? 2 : 1, flow.resumed());
            assertEquals(Generator.State.CLOSED, generator.state());
            generator.close();
            assertEquals(KEPT, flow.fate());
        }
    }

    @Test
    void aBodyThatGoesOnSuspendingIsGivenUp() {
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            while (true) {
                try {
                    yielder.suspend(1);
                } catch (Throwable t) {
                    continue;
                }
            }
        });
        FakeFlow flow = ENGINE.newest();
        generator.resume();
        assertThrows(IllegalStateException.class, generator::close);
        assertEquals(KEPT, flow.fate());
        assertEquals(2, flow.resumed());
    }
}
