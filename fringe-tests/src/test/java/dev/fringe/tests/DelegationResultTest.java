// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a body returns to the one that has delegated to it, or to a plain loop. */
@Tag("semantics")
class DelegationResultTest {

    /** How the inner generator is made. */
    enum Kind {
        PLAIN, SHARED, BUFFERED;

        <O, R> Generator<Void, Step<O, R>> steps(Step.Producer<O, R> body) {
            return switch (this) {
                case PLAIN -> Generator.ofSteps(body);
                case SHARED -> Generator.builder().shared().buildSteps(body);
                case BUFFERED -> Generator.builder().buffered(2).buildSteps(body);
            };
        }
    }

    private final List<String> log = new ArrayList<>();

    /** Counts the values that it suspends with. */
    private Generator<Void, Step<String, Integer>> words(Kind kind, String... words) {
        return kind.steps(yielder -> {
            try {
                for (String word : words) {
                    yielder.suspend(word);
                }
                return words.length;
            } finally {
                log.add("end of " + words.length);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void theResultIsForTheBody(Kind kind) {
        Generator<Void, String> generator = Generator.of(yielder -> {
            int some = yielder.delegate(words(kind, "a", "b"));
            int none = yielder.delegate(words(kind));
            yielder.suspend(some + " and " + none);
        });
        assertEquals(List.of("a", "b", "2 and 0"), generator.stream().toList());
        assertEquals(List.of("end of 2", "end of 0"), log);
    }

    @ParameterizedTest
    @EnumSource
    void alsoIfTheBodyReturnsAValueItself(Kind kind) {
        Generator<Void, Step<String, String>> generator = Generator.ofSteps((yielder, input) ->
                "counted " + yielder.delegate(words(kind, "a", "b", "c")));
        Step.Values<String, String> values = Step.values(generator);
        List<String> got = new ArrayList<>();
        values.forEach(got::add);
        assertEquals(List.of("a", "b", "c"), got);
        assertEquals("counted 3", values.result());
    }

    @ParameterizedTest
    @EnumSource
    void alsoIfItHasBeenFetched(Kind kind) {
        Generator<Void, String> generator = Generator.of(yielder -> {
            Generator<Void, Step<String, Integer>> words = words(kind, "a");
            assertTrue(words.iterator().hasNext());
            assertEquals(1, yielder.<Integer>delegate(words));
            Generator<Void, Step<String, Integer>> none = words(kind);
            assertTrue(none.iterator().hasNext(), "the result");
            assertEquals(0, yielder.<Integer>delegate(none));
            assertThrows(IllegalStateException.class, () -> yielder.delegate(none));
            assertThrows(IllegalStateException.class, () -> yielder.delegate(words));
            yielder.suspend("end");
        });
        assertEquals(List.of("a", "end"), generator.stream().toList());
    }

    @Test
    void aBodyThatRunsAheadGetsItToo() {
        Generator<Void, String> generator = Generator.builder().buffered(2).build(yielder ->
                yielder.suspend("" + yielder.delegate(words(Kind.PLAIN, "a", "b"))));
        assertEquals(List.of("a", "b", "2"), generator.stream().toList());
    }

    @Test
    void nullIsAResult() {
        Generator<Void, String> generator = Generator.of(yielder -> {
            Generator<Void, Step<String, Object>> nothing = Generator.ofSteps((inner, input) -> null);
            assertNull(yielder.delegate(nothing));
            yielder.suspend("end");
        });
        assertEquals(List.of("end"), generator.stream().toList());
    }

    @Test
    void inputsAndExceptionsReachTheOther() {
        Generator<String, String> generator = Generator.of((yielder, first) -> {
            Generator<String, Step<String, String>> other = Generator.ofSteps((inner, input) -> {
                String next = inner.suspend("got " + input);
                try {
                    return inner.suspend("got " + next);
                } catch (ArithmeticException e) {
                    return "caught";
                }
            });
            yielder.suspend("result " + yielder.delegate(other, first));
        });
        assertEquals(Optional.of("got 1"), generator.resume("1"));
        assertEquals(Optional.of("got 2"), generator.resume("2"));
        assertEquals(Optional.of("result caught"), generator.throwInto(new ArithmeticException()));
        generator.close();
    }

    @Test
    void whatTheOtherThrowsLeavesTheCall() {
        Generator<Void, String> generator = Generator.of(yielder -> {
            Generator<Void, Step<String, Integer>> failing = Generator.ofSteps((inner, input) -> {
                inner.suspend("a");
                throw new IllegalArgumentException("b");
            });
            try {
                yielder.delegate(failing);
            } catch (IllegalArgumentException e) {
                yielder.suspend(e.getMessage());
            }
        });
        assertEquals(List.of("a", "b"), generator.stream().toList());
    }

    @ParameterizedTest
    @EnumSource
    void closingClosesTheOther(Kind kind) {
        Generator<Void, String> generator = Generator.of(yielder -> {
            try {
                yielder.delegate(words(kind, "a", "b", "c", "d", "e"));
            } finally {
                log.add("end of the outer one");
            }
        });
        generator.resume();
        generator.close();
        assertEquals(List.of("end of 5", "end of the outer one"), log);
    }

    private static int depth(Yielder<Void, Integer> yielder, int levels) {
        if (levels == 0) {
            yielder.suspend(0);
            return 0;
        }
        Generator<Void, Step<Integer, Integer>> inner =
                Generator.ofSteps((next, input) -> depth(next, levels - 1));
        return 1 + yielder.delegate(inner);
    }

    @Test
    void resultsComeUpAChain() {
        Generator<Void, Step<Integer, Integer>> outermost =
                Generator.ofSteps((yielder, input) -> depth(yielder, 300));
        Step.Values<Integer, Integer> values = Step.values(outermost);
        assertEquals(List.of(0), stream(values));
        assertEquals(300, values.result());
    }

    private static <T> List<T> stream(Iterable<T> values) {
        List<T> all = new ArrayList<>();
        values.forEach(all::add);
        return all;
    }

    // ---- a plain loop -----------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void aPlainLoopHasTheValuesAndThenTheResult(Kind kind) {
        Generator<Void, Step<String, Integer>> words = words(kind, "a", "b");
        Step.Values<String, Integer> values = Step.values(words);
        assertThrows(IllegalStateException.class, values::result);
        Iterator<String> iterator = values.iterator();
        assertEquals("a", iterator.next());
        assertThrows(IllegalStateException.class, values::result);
        assertEquals("b", values.iterator().next());
        assertFalse(iterator.hasNext());
        assertThrows(NoSuchElementException.class, iterator::next);
        assertEquals(2, values.result());
        assertEquals(Generator.State.FINISHED, words.state());
        assertFalse(values.iterator().hasNext());
    }

    @Test
    void oneThatFailsHasNoResult() {
        Generator<Void, Step<String, Integer>> failing = Generator.ofSteps((inner, input) -> {
            inner.suspend("a");
            throw new IllegalArgumentException("b");
        });
        Step.Values<String, Integer> values = Step.values(failing);
        Iterator<String> iterator = values.iterator();
        iterator.next();
        assertThrows(IllegalArgumentException.class, iterator::hasNext);
        assertFalse(iterator.hasNext());
        assertThrows(IllegalStateException.class, values::result);
    }
}
