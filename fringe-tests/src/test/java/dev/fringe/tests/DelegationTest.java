// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bodies that let others speak for them, are spoken to by exceptions, and return values. */
@Tag("semantics")
class DelegationTest {

    private final List<String> log = new ArrayList<>();

    /** Answers each input with a letter and the input, until it is told to end. */
    private Generator<String, String> echo(String letter) {
        return Generator.of((yielder, first) -> {
            try {
                for (String next = first; !next.equals("end"); ) {
                    try {
                        next = yielder.suspend(letter + next);
                    } catch (ArithmeticException e) {
                        next = yielder.suspend(letter + " caught " + e.getMessage());
                    }
                }
            } finally {
                log.add(letter + " ended");
            }
        });
    }

    private static <T> T sneaky(Throwable t) throws IOException {
        throw (IOException) t;
    }

    @Test
    void iterablesIteratorsAndStreams() {
        Generator<Void, Integer> all = Generator.of(yielder -> {
            yielder.suspendAll(List.of(1, 2));
            yielder.suspendAll(List.of(3, 4).iterator());
            yielder.suspendAll(Stream.of(5, 6).onClose(() -> log.add("stream closed")));
            yielder.suspendAll(IntStream.range(7, 9).boxed().parallel());
            yielder.suspendAll(Generator.of(y -> y.suspend(9)));
            yielder.suspendAll(List.of());
            List.of(10, 11).forEach(yielder);
        });
        assertEquals(IntStream.rangeClosed(1, 11).boxed().toList(), all.stream().toList());
        assertEquals(List.of("stream closed"), log);
    }

    /** A loop over values passes no input on, nor an exception, however far in they would go. */
    @Test
    void aLoopKeepsInputsAndExceptionsFromWhatIsBehindIt() {
        List<String> inputs = new ArrayList<>();
        Generator.Body<String, Integer> body = (yielder, first) -> {
            inputs.add(yielder.suspend(1));
            inputs.add(yielder.suspend(2));
        };
        try (Generator<String, Integer> outer = Generator.of((yielder, first) -> {
            Generator<String, Integer> middle = Generator.of((y, input) -> y.suspendAll(Generator.ofShared(body)));
            try {
                yielder.suspendAll((Iterable<Integer>) middle);
            } catch (ArithmeticException e) {
                assertEquals(Optional.of(2), middle.resume("mine"));
                yielder.suspend(3);
            }
        })) {
            assertEquals(Optional.of(1), outer.resume("a"));
            assertEquals(Optional.of(3), outer.throwInto(new ArithmeticException()));
            assertEquals(List.of("mine"), inputs);
        }
        inputs.clear();
        try (Generator<String, Integer> outer = Generator.of((yielder, first) -> {
            Generator<String, Integer> middle = Generator.of((y, input) -> y.suspendAll(Generator.ofShared(body)));
            yielder.suspendAll((Iterable<Integer>) middle);
        })) {
            assertEquals(Optional.of(1), outer.resume("a"));
            assertEquals(Optional.of(2), outer.resume("b"));
            assertEquals(Optional.empty(), outer.resume("c"));
            assertEquals(Arrays.asList(null, null), inputs);
        }
    }

    @Test
    void streamIsClosedWithTheGenerator() {
        try (Generator<Void, Integer> all = Generator.of(yielder ->
                yielder.suspendAll(Stream.iterate(0, i -> i + 1).onClose(() -> log.add("stream closed"))))) {
            all.resume(null);
            all.resume(null);
            assertEquals(List.of(), log);
        }
        assertEquals(List.of("stream closed"), log);
    }

    @Test
    void valuesPassBothWays() {
        try (Generator<String, String> outer = Generator.of((yielder, first) -> {
            yielder.suspendAll(echo("a"), first);
            yielder.suspendAll(echo("b"), "B");
            yielder.suspend("outer");
        })) {
            assertEquals(Optional.of("a1"), outer.resume("1"));
            assertEquals(Optional.of("a2"), outer.resume("2"));
            assertEquals(Generator.State.SUSPENDED, outer.state());
            System.gc();
            assertEquals(Optional.of("bB"), outer.resume("end"));
            assertEquals(Optional.of("b3"), outer.resume("3"));
            assertEquals(Optional.of("outer"), outer.resume("end"));
            assertEquals(Optional.empty(), outer.resume("x"));
            assertEquals(Optional.empty(), outer.resume("x"));
            assertEquals(List.of("a ended", "b ended"), log);
        }
    }

    /** The classic: in order through a tree, each level a generator. Deep, and with many empty ones. */
    @Test
    void chainsAreDeepAndLong() {
        assertEquals(IntStream.range(0, 50).boxed().toList(), nested(0, 50).stream().toList());
        int many = Scale.of(20_000, 200);
        Generator<Void, Integer> empties = Generator.of(yielder -> {
            for (int i = 0; i < many; i++) {
                yielder.suspendAll(Generator.of(y -> { }));
            }
            yielder.suspend(many);
        });
        assertEquals(List.of(many), empties.stream().toList());
    }

    /** Deeper than the resumer's stack would allow if each level took some of it. */
    @Test
    void theDepthTakesNoneOfTheResumersStack() throws InterruptedException {
        int depth = Scale.of(4_000, 100);
        List<Integer> got = new ArrayList<>();
        Thread small = new Thread(null, () -> {
            try (Generator<Void, Integer> generator = nested(0, depth)) {
                generator.stream().limit(depth).forEach(got::add);
                assertEquals(Optional.empty(), generator.resume(null));
            }
        }, "small", 256 * 1024);
        small.start();
        small.join();
        assertEquals(IntStream.range(0, depth).boxed().toList(), got);
    }

    /** Closed in the middle, and an exception of the innermost goes through all. */
    @Test
    void longChainsAreUnwoundAndThrownThrough() {
        int depth = Scale.of(1_000, 50);
        Generator<Void, Integer> closed = deep(depth);
        assertTrue(closed.resume(null).isPresent());
        closed.close();
        assertEquals(IntStream.range(0, depth).mapToObj(level -> "level " + level).toList(), log);
        log.clear();
        Generator<Void, Integer> thrown = deep(depth);
        thrown.resume(null);
        ArithmeticException exception = new ArithmeticException();
        assertSame(exception, assertThrows(ArithmeticException.class, () -> thrown.throwInto(exception)));
        assertEquals(depth, log.size());
        assertEquals(Generator.State.FINISHED, thrown.state());
    }

    private Generator<Void, Integer> deep(int depth) {
        return Generator.of(yielder -> {
            try {
                if (depth == 1) {
                    yielder.suspend(log.size());
                } else {
                    yielder.suspendAll(deep(depth - 1));
                }
            } finally {
                log.add("level " + (depth - 1));
            }
        });
    }

    /** Sources of 1, 2, 3 that are handed over in other ways than as a generator, at each of several levels. */
    @Test
    void loopsOverGeneratorsGoOnBelowOthers() {
        for (int way = 0; way < 3; way++) {
            int how = way;
            Generator<String, Integer> outer = Generator.of((yielder, first) -> {
                Generator<Void, Integer> middle = Generator.of(y -> {
                    Generator<String, Integer> inner = Generator.of((z, input) -> {
                        for (int i = 1; i <= 3; i++) {
                            log.add(input + "");
                            input = z.suspend(i);
                        }
                    });
                    switch (how) {
                        case 0 -> y.suspendAll((Iterable<Integer>) inner);
                        case 1 -> y.suspendAll(inner.iterator());
                        default -> y.suspendAll(inner.stream());
                    }
                });
                try {
                    yielder.suspendAll((Iterable<Integer>) middle);
                    log.add("all");
                } catch (ArithmeticException e) {
                    log.add("thrown into the loop of the outermost");
                    yielder.suspendAll((Iterable<Integer>) middle);
                }
            });
            assertEquals(Optional.of(1), outer.resume("a"));
            assertEquals(Optional.of(2), outer.resume("b"));
            assertEquals(Optional.of(3), outer.throwInto(new ArithmeticException()));
            assertEquals(Optional.empty(), outer.resume("c"));
            assertEquals(List.of("null", "null", "thrown into the loop of the outermost", "null"), log);
            log.clear();
        }
    }

    /** It belongs to the loop's body, which has not asked for its end. */
    @Test
    void aLoopDoesNotCloseWhatItIterates() {
        List<Generator<Void, Integer>> inner = new ArrayList<>();
        List<Object> after = new ArrayList<>();
        Generator<Void, Integer> outer = Generator.of(yielder -> {
            inner.add(nested(0, 10));
            try {
                yielder.suspendAll((Iterable<Integer>) inner.getFirst());
            } finally {
                after.add(inner.getFirst().state());
                after.add(inner.getFirst().resume(null).orElseThrow());
                inner.getFirst().close();
            }
        });
        for (int i = 0; i < 4; i++) {
            assertEquals(Optional.of(i), outer.resume(null));
        }
        outer.close();
        assertEquals(List.of(Generator.State.SUSPENDED, 4), after);
    }

    /** What closed it did not know of the exception, which must not be lost. */
    @Test
    void whatIsThrownIntoADelegateThatWasClosedIsRaisedInTheBody() {
        Generator<Void, String> inner = Generator.ofShared(y -> y.suspend("inner"));
        Generator<Void, String> outer = Generator.of(yielder -> {
            try {
                yielder.suspendAll(inner);
            } catch (ArithmeticException e) {
                yielder.suspend("caught " + e.getMessage() + ", " + e.getSuppressed()[0].getMessage());
            }
        });
        assertEquals(Optional.of("inner"), outer.resume(null));
        inner.close();
        assertEquals(Optional.of("caught oh, this generator has been closed"),
                outer.throwInto(new ArithmeticException("oh")));
        outer.close();
    }

    private static Generator<Void, Integer> nested(int from, int to) {
        return Generator.of(yielder -> {
            yielder.suspend(from);
            if (from + 1 < to) {
                yielder.suspendAll(nested(from + 1, to));
            }
        });
    }

    @Test
    void exceptionOfTheDelegateIsRaisedInTheBody() {
        IOException thrown = new IOException("inner");
        try (Generator<Void, String> outer = Generator.of(yielder -> {
            try {
                yielder.suspendAll(Generator.of(y -> {
                    y.suspend("fine");
                    throw thrown;
                }));
            } catch (Exception e) {
                yielder.suspend("outer caught " + e.getMessage());
                throw e;
            }
        })) {
            assertEquals(Optional.of("fine"), outer.resume(null));
            assertEquals(Optional.of("outer caught inner"), outer.resume(null));
            assertSame(thrown, assertThrows(IOException.class, () -> outer.resume(null)));
            assertEquals(Optional.empty(), outer.resume(null));
        }
    }

    @Test
    void closingClosesTheDelegate() {
        List<Generator<String, String>> inner = new ArrayList<>();
        Generator<String, String> outer = Generator.of((yielder, first) -> {
            try {
                inner.add(echo("i"));
                yielder.suspendAll(inner.getFirst(), first);
            } finally {
                log.add("outer ended");
            }
        });
        outer.resume("1");
        outer.close();
        assertEquals(List.of("i ended", "outer ended"), log);
        assertEquals(Generator.State.CLOSED, inner.getFirst().state());
        assertEquals(Generator.State.CLOSED, outer.state());
    }

    @Test
    void delegatesOnlyToWhatItMayResume() {
        Generator<String, String> mine = echo("m");
        try (Generator<String, String> outer = Generator.of((yielder, first) -> {
            assertThrows(WrongThreadException.class, () -> yielder.suspendAll(mine, first));
            yielder.suspend("refused");
        })) {
            assertEquals(Optional.of("refused"), outer.resume("x"));
            assertEquals(Optional.of("m1"), mine.resume("1"), "and nothing has happened to it");
        }
        AtomicReference<Yielder<String, String>> leaked = new AtomicReference<>();
        try (mine; Generator<String, String> outer = Generator.ofShared((yielder, first) -> leaked.set(yielder))) {
            outer.resume("x");
            assertThrows(IllegalStateException.class, () -> leaked.get().suspendAll(mine));
        }
    }

    @Test
    void delegatesToAStartedAndToASharedOne() {
        try (Generator<String, String> shared = Generator.ofShared((yielder, first) -> {
            for (String next = first; !next.equals("end"); ) {
                next = yielder.suspend("s" + next);
            }
        })) {
            assertEquals(Optional.of("s0"), shared.resume("0"));
            Generator<String, String> outer = Generator.of((yielder, first) -> {
                yielder.suspendAll(shared, first);
                yielder.suspendAll(shared, "it has ended");
                yielder.suspend("outer");
            });
            assertEquals(Optional.of("s1"), outer.resume("1"));
            assertEquals(Optional.of("s2"), shared.resume("2"), "also from the side");
            assertEquals(Optional.of("outer"), outer.resume("end"));
            outer.close();
        }
    }

    @Test
    void cannotDelegateToItself() {
        AtomicReference<Generator<Void, String>> self = new AtomicReference<>();
        try (Generator<Void, String> generator = Generator.ofShared(yielder -> {
            IllegalStateException e =
                    assertThrows(IllegalStateException.class, () -> yielder.suspendAll(self.get()));
            yielder.suspend(e.getMessage());
        })) {
            self.set(generator);
            assertTrue(generator.resume(null).orElseThrow().contains("running"));
        }
    }

    @Test
    void throwsIntoTheBody() {
        try (Generator<String, String> echo = echo("e")) {
            assertEquals(Optional.of("e1"), echo.resume("1"));
            assertEquals(Optional.of("e caught oh"), echo.throwInto(new ArithmeticException("oh")));
            assertEquals(Optional.of("e2"), echo.resume("2"));
            IllegalArgumentException other = new IllegalArgumentException();
            assertSame(other, assertThrows(IllegalArgumentException.class, () -> echo.throwInto(other)));
            assertEquals(Generator.State.FINISHED, echo.state());
            assertEquals(List.of("e ended"), log);
            assertSame(other, assertThrows(IllegalArgumentException.class, () -> echo.throwInto(other)));
        }
    }

    @Test
    void throwsIntoABodyThatHasNotStarted() {
        try (Generator<String, String> echo = echo("e")) {
            assertThrows(ArithmeticException.class, () -> echo.throwInto(new ArithmeticException()));
            assertEquals(List.of(), log);
            assertEquals(Optional.empty(), echo.resume("1"));
        }
    }

    @Test
    void throwsThroughToTheDelegate() {
        try (Generator<String, String> outer = Generator.of((yielder, first) -> {
            try {
                yielder.suspendAll(echo("i"), first);
            } catch (IllegalArgumentException e) {
                yielder.suspend("outer caught " + e.getMessage());
            }
        })) {
            outer.resume("1");
            assertEquals(Optional.of("i caught oh"), outer.throwInto(new ArithmeticException("oh")));
            assertEquals(Optional.of("outer caught no"), outer.throwInto(new IllegalArgumentException("no")));
            assertEquals(List.of("i ended"), log);
        }
    }

    /** The same for a body that returns a value. */
    @Test
    void bodyThatReturnsAValueDelegatesToo() {
        try (Generator<String, Step<String, String>> outer = Generator.ofSteps((yielder, first) -> {
            try {
                yielder.suspendAll(echo("i"), first);
            } catch (IllegalArgumentException e) {
                yielder.suspendAll(echo("j"), "J");
            }
            return "returned";
        })) {
            assertEquals(Optional.of(new Step.Yielded<>("i1")), outer.resume("1"));
            assertEquals(Optional.of(new Step.Yielded<>("i2")), outer.resume("2"));
            assertEquals(Optional.of(new Step.Yielded<>("i caught oh")), outer.throwInto(new ArithmeticException("oh")));
            assertEquals(Optional.of(new Step.Yielded<>("jJ")), outer.throwInto(new IllegalArgumentException()));
            assertEquals(List.of("i ended"), log);
            assertEquals(Optional.of(new Step.Yielded<>("j3")), outer.resume("3"));
            assertEquals(Optional.of(new Step.Returned<>("returned")), outer.resume("end"));
            assertEquals(Optional.empty(), outer.resume("x"));
        }
        Generator<String, Step<String, String>> closed = Generator.ofSteps((yielder, first) -> {
            yielder.suspendAll(echo("k"), first);
            return "never";
        });
        closed.resume("1");
        log.clear();
        closed.close();
        assertEquals(List.of("k ended"), log);
    }

    private void endless(Yielder<Void, String> yielder) {
        try {
            while (true) {
                yielder.suspend("value");
            }
        } finally {
            log.add("inner ended");
        }
    }

    private Generator<Void, String> endlessAhead() {
        return Generator.builder().buffered(3).build(this::endless);
    }

    /** Whichever of the two runs ahead, and also if the values have to be made steps. */
    @Test
    void closingClosesTheDelegateOfABufferedOneToo() {
        List<Generator<Void, ?>> outers = List.of(
                Generator.of(yielder -> yielder.suspendAll(endlessAhead())),
                Generator.builder().buffered(3).build(yielder -> yielder.suspendAll(Generator.builder().build(this::endless))),
                Generator.ofSteps((Yielder<Void, String> yielder, Void input) -> {
                    yielder.suspendAll(endlessAhead());
                    return null;
                }));
        for (Generator<Void, ?> outer : outers) {
            for (int i = 0; i < 5; i++) {
                assertTrue(outer.resume(null).isPresent());
            }
            assertEquals(List.of(), log);
            outer.close();
            assertEquals(List.of("inner ended"), log);
            log.clear();
        }
    }

    /** There is nothing in the delegate to throw into, so the body that delegates gets it. */
    @Test
    void throwsIntoTheBodyWhoseDelegateRunsAhead() {
        Generator<Void, String> outer = Generator.of(yielder -> {
            try (Generator<Void, String> inner = endlessAhead()) {
                yielder.suspendAll(inner);
            } catch (ArithmeticException e) {
                yielder.suspend("outer caught it");
            }
        });
        assertEquals(Optional.of("value"), outer.resume(null));
        assertEquals(Optional.of("outer caught it"), outer.throwInto(new ArithmeticException()));
        assertEquals(List.of("inner ended"), log);
        assertEquals(Optional.empty(), outer.resume(null));
    }

    @Test
    void closedGeneratorRefusesExceptions() {
        Generator<String, String> echo = echo("e");
        echo.resume("1");
        echo.close();
        assertThrows(IllegalStateException.class, () -> echo.throwInto(new ArithmeticException()));
    }

    @Test
    void bodyReturnsAValue() {
        Generator<Integer, Step<String, Integer>> sum = Generator.ofSteps((yielder, first) -> {
            int total = 0;
            for (int next = first; next != 0; ) {
                total += next;
                next = yielder.suspend("so far " + total);
            }
            return total;
        });
        List<Object> got = new ArrayList<>();
        for (int number : new int[] {3, 4, 0}) {
            switch (sum.resume(number).orElseThrow()) {
                case Step.Yielded<String, Integer>(String text) -> got.add(text);
                case Step.Returned<String, Integer>(Integer total) -> got.add(total);
            }
        }
        assertEquals(List.of("so far 3", "so far 7", 7), got);
        assertEquals(Generator.State.FINISHED, sum.state(), "nothing is left to resume");
        assertEquals(Optional.empty(), sum.resume(1));
    }

    @Test
    void bodyReturnsNullOrThrows() {
        Generator<Void, Step<String, Void>> nothing = Generator.ofSteps((yielder, input) -> null);
        assertEquals(Optional.of(new Step.Returned<>(null)), nothing.resume(null));
        Generator<Void, Step<String, Void>> throwing = Generator.ofSteps((yielder, input) -> {
            yielder.suspendAll(List.of("a"));
            return sneaky(new IOException());
        });
        assertEquals(Optional.of(new Step.Yielded<>("a")), throwing.resume(null));
        assertThrows(IOException.class, () -> throwing.resume(null));
        assertEquals(Optional.empty(), throwing.resume(null));
    }

    /** A body that is unwound and delegates nevertheless is given up, and what it would have delegated to is not touched. */
    @Test
    void aDelegationThatIsRefusedDoesNotBegin() {
        try (Generator<Void, Integer> inner = Generator.ofShared(yielder -> {
            yielder.suspend(1);
            yielder.suspend(2);
        })) {
            assertEquals(Optional.of(1), inner.resume(null));
            Generator<Void, Integer> outer = Generator.of(yielder -> {
                while (true) {
                    try {
                        if (yielder.isClosing()) {
                            yielder.suspendAll(inner);
                        } else {
                            yielder.suspend(0);
                        }
                    } catch (Throwable t) {
                        continue;
                    }
                }
            });
            assertEquals(Optional.of(0), outer.resume(null));
            IllegalStateException e = assertThrows(IllegalStateException.class, outer::close);
            assertTrue(e.getMessage().contains("tried to suspend 100 times"), e.getMessage());
            assertEquals(0, e.getSuppressed().length);
            assertEquals(Generator.State.SUSPENDED, inner.state());
            assertEquals(Optional.of(2), inner.resume(null));
        }
    }
}
