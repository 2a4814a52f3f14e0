// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.PeekingIterator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A generator has one look-ahead: what was fetched is what comes next, whatever it is taken by. */
@Tag("semantics")
class LookAheadTest {

    private static final Generator.Producer<Integer> BODY = y -> {
        for (int i = 0; i < 6; i++) {
            y.suspend(i);
        }
    };

    /** Generators of 0 to 5, of every kind. */
    static Stream<Arguments> kinds() {
        return Stream.of(
                kind("confined", () -> Generator.of(BODY)),
                kind("shared", () -> Generator.ofShared(BODY)),
                kind("buffered 1", () -> Generator.builder().buffered(1).build(BODY)),
                kind("buffered 4", () -> Generator.builder().buffered(4).build(BODY)),
                kind("shared and buffered 4", () -> Generator.builder().shared().buffered(4).build(BODY)),
                kind("delegating", () -> Generator.of(y -> y.suspendAll(Generator.of(BODY)))),
                kind("delegating to a shared one", () -> Generator.of(y -> y.suspendAll(Generator.ofShared(BODY)))),
                kind("delegating to a buffered one",
                        () -> Generator.of(y -> y.suspendAll(Generator.builder().buffered(4).build(BODY)))));
    }

    private static Arguments kind(String name, Supplier<Generator<Void, Integer>> maker) {
        return Arguments.of(name, maker);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void whateverTakesItGetsIt(String name, Supplier<Generator<Void, Integer>> maker) {
        List<Function<Generator<Void, Integer>, Integer>> ways = List.of(
                generator -> generator.resume(null).orElseThrow(),
                generator -> generator.iterator().next(),
                generator -> generator.iterator().peek() + 0 * generator.iterator().next(),
                generator -> generator.stream().findFirst().orElseThrow(),
                generator -> {
                    List<Integer> got = new ArrayList<>();
                    generator.spliterator().tryAdvance(got::add);
                    return got.getFirst();
                });
        for (Function<Generator<Void, Integer>, Integer> way : ways) {
            Generator<Void, Integer> generator = maker.get();
            for (int i = 0; i < 6; i++) {
                assertTrue(generator.iterator().hasNext());
                assertTrue(generator.iterator().hasNext());
                assertEquals(i, way.apply(generator));
            }
            assertFalse(generator.iterator().hasNext());
            assertThrows(NoSuchElementException.class, generator.iterator()::next);
            assertThrows(NoSuchElementException.class, generator.iterator()::peek);
        }
    }

    private static List<Integer> all(Generator<Void, Integer> generator) {
        return generator.stream().toList();
    }

    /** Also if it is delegated to, in any of the ways, and the one that delegates is delegated to. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void delegatesGiveItOut(String name, Supplier<Generator<Void, Integer>> maker) {
        List<Integer> expected = IntStream.range(0, 6).boxed().toList();
        for (int way = 0; way < 4; way++) {
            for (int levels = 1; levels <= 3; levels++) {
                assertEquals(expected, all(asking(maker, way, levels)), name + ", way " + way + ", levels " + levels);
            }
        }
        Generator<Void, Step<Integer, String>> steps = Generator.ofSteps((yielder, input) -> {
            Generator<Void, Integer> inner = maker.get();
            assertTrue(inner.iterator().hasNext());
            yielder.suspendAll(inner);
            return "end";
        });
        List<Object> got = new ArrayList<>();
        steps.forEach(step -> got.add(step instanceof Step.Yielded<?, ?>(Object value) ? value : "end"));
        assertEquals(List.of(0, 1, 2, 3, 4, 5, "end"), got);
    }

    private static Generator<Void, Integer> asking(Supplier<Generator<Void, Integer>> maker, int way, int levels) {
        return Generator.of(yielder -> {
            Generator<Void, Integer> inner = levels == 1 ? maker.get() : asking(maker, way, levels - 1);
            if (inner.iterator().hasNext()) {
                switch (way) {
                    case 0 -> yielder.suspendAll(inner);
                    case 1 -> yielder.suspendAll((Iterable<Integer>) inner);
                    case 2 -> yielder.suspendAll(inner.iterator());
                    default -> yielder.suspendAll(inner.stream());
                }
            }
        });
    }

    /** One rule for all: closing discards what was fetched. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void closingDiscardsIt(String name, Supplier<Generator<Void, Integer>> maker) {
        Generator<Void, Integer> generator = maker.get();
        PeekingIterator<Integer> iterator = generator.iterator();
        assertTrue(iterator.hasNext());
        generator.close();
        assertThrows(IllegalStateException.class, iterator::next);
        assertThrows(IllegalStateException.class, iterator::hasNext);
        assertThrows(IllegalStateException.class, iterator::peek);
        assertThrows(IllegalStateException.class, () -> generator.resume(null));
    }

    /** A value that is there belongs to the owner, as one does that has to be made. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void itIsConfinedAsTheGeneratorIs(String name, Supplier<Generator<Void, Integer>> maker) throws Exception {
        Generator<Void, Integer> generator = maker.get();
        assertTrue(generator.iterator().hasNext());
        Object[] got = new Object[1];
        Thread.ofPlatform().start(() -> {
            try {
                got[0] = generator.iterator().next();
            } catch (WrongThreadException e) {
                got[0] = "refused";
            }
        }).join();
        assertEquals(name.startsWith("shared") ? (Object) 0 : "refused", got[0]);
        assertEquals(name.startsWith("shared") ? 1 : 0, generator.iterator().next());
        generator.close();
    }

    @Test
    void nothingIsThrownPastIt() {
        try (Generator<Void, Integer> generator = Generator.of(BODY)) {
            assertTrue(generator.iterator().hasNext());
            assertThrows(IllegalStateException.class, () -> generator.throwInto(new ArithmeticException()));
            assertEquals(Optional.of(0), generator.resume(null));
            assertThrows(ArithmeticException.class, () -> generator.throwInto(new ArithmeticException()));
        }
    }

    /** The input that goes with a fetched value is dropped, and none of those after it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onlyItsOwnInputIsDropped(boolean shared) {
        Generator.Body<String, String> echo = (yielder, first) -> {
            String second = yielder.suspend("first " + first);
            String third = yielder.suspend("second " + second);
            yielder.suspend("third " + third);
        };
        try (Generator<String, String> outer = Generator.of((Yielder<String, String> yielder, String input) -> {
            Generator<String, String> inner = shared ? Generator.ofShared(echo) : Generator.of(echo);
            assertTrue(inner.iterator().hasNext());
            yielder.suspendAll(inner, "dropped");
        })) {
            assertEquals(Optional.of("first null"), outer.resume("a"));
            assertEquals(Optional.of("second b"), outer.resume("b"));
            assertEquals(Optional.of("third c"), outer.resume("c"));
            assertEquals(Optional.empty(), outer.resume("d"));
        }
    }

    /** The last step of a body that returns a value is a value like the others, though the body has ended. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theLastStepIsDiscardedToo(boolean shared) {
        Generator.Builder builder = shared ? Generator.builder().shared() : Generator.builder();
        Generator<Void, Step<Integer, String>> generator = builder.buildSteps(yielder -> "end");
        assertTrue(generator.iterator().hasNext());
        assertThrows(IllegalStateException.class, () -> generator.throwInto(new ArithmeticException()));
        assertEquals(new Step.Returned<>("end"), generator.iterator().peek());
        generator.close();
        assertEquals(Generator.State.CLOSED, generator.state());
        assertThrows(IllegalStateException.class, () -> generator.resume(null));
        assertThrows(IllegalStateException.class, generator.iterator()::hasNext);
        generator.close();
    }

    /** The last step of a body that returns a value comes when it has ended already. */
    @Test
    void theLastStepIsLookedAtToo() {
        for (boolean shared : new boolean[] {false, true}) {
            Generator.Builder builder = shared ? Generator.builder().shared() : Generator.builder();
            Generator<Void, Step<Integer, String>> generator = builder.buildSteps(yielder -> "end");
            assertTrue(generator.iterator().hasNext());
            assertEquals(new Step.Returned<>("end"), generator.iterator().peek());
            assertEquals(Optional.of(new Step.Returned<>("end")), generator.resume(null));
            assertFalse(generator.iterator().hasNext());
            Generator<Void, Step<Integer, String>> inner = Generator.builder().shared().buildSteps(yielder -> "end");
            assertTrue(inner.iterator().hasNext());
            Generator<Void, Step<Integer, String>> outer = Generator.of(y -> y.suspendAll(inner));
            assertEquals(List.of(new Step.Returned<>("end")), outer.stream().toList());
        }
    }
}
