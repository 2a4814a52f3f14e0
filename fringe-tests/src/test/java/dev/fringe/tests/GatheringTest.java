// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.stream.Collecting;
import dev.fringe.stream.Elements;
import dev.fringe.stream.Gathering;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Gatherer;
import java.util.stream.Gatherer.Downstream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stages and ends of streams whose code asks for the next element. */
@Tag("semantics")
class GatheringTest {

    record Run(Object value, int length) {}

    private static void runs(Elements<Integer> in, Downstream<? super Run> out) {
        while (in.hasNext()) {
            Integer value = in.next();
            int length = 1;
            while (in.hasNext() && Objects.equals(in.peek(), value)) {
                in.next();
                length++;
            }
            out.push(new Run(value, length));
        }
    }

    /** What the body above does, by hand. */
    private static List<Run> runs(List<Integer> of) {
        List<Run> runs = new ArrayList<>();
        for (Integer value : of) {
            Run last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && Objects.equals(last.value, value)) {
                runs.set(runs.size() - 1, new Run(value, last.length + 1));
            } else {
                runs.add(new Run(value, 1));
            }
        }
        return runs;
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).mapToObj(i -> i % 17 == 0 ? null : (Integer) (i * i % 1000 / 250)).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 64, 1000, 20_000})
    void resultsAreTheSameWhateverTheBuffer(int n) {
        for (int count : new int[] {0, 1, n - 1, n, n + 1, Scale.of(10_000, 1_000)}) {
            List<Integer> numbers = numbers(count);
            List<Run> expected = runs(numbers);
            Gatherer<Integer, ?, Run> gatherer = Gathering.buffered(n, GatheringTest::runs);
            assertEquals(expected, numbers.stream().gather(gatherer).toList());
            assertEquals(expected, numbers.stream().gather(gatherer).toList(), "a gatherer can be used again");
            assertEquals(expected, numbers.parallelStream().gather(gatherer).toList());
            assertEquals(expected, numbers.parallelStream().map(i -> i).gather(gatherer).map(r -> r).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void anyNumberOfResults(int n) {
        Gatherer<Integer, ?, Integer> repeat = Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> {
            out.push(-1);
            for (int element : in) {
                for (int i = 0; i < element; i++) {
                    out.push(element);
                }
            }
            out.push(-2);
        });
        assertEquals(List.of(-1, 1, 3, 3, 3, -2), Stream.of(1, 0, 3).gather(repeat).toList());
        assertEquals(List.of(-1, -2), Stream.<Integer>empty().gather(repeat).toList());
        int many = Scale.of(100_000, 2_000);
        assertEquals(many + 2, Stream.of(many).gather(repeat).count());
        assertEquals(List.of(-1, 5), Stream.of(5).gather(repeat).limit(2).toList());
    }

    @Test
    void oneByOneEachElementAndResultIsPassedOnAtOnce() {
        List<String> log = new ArrayList<>();
        List<Integer> got = Stream.iterate(1, i -> i + 1).peek(i -> log.add("in " + i))
                .gather(Gathering.of((Elements<Integer> in, Downstream<Integer> out) -> {
                    while (in.hasNext()) {
                        out.push(in.next() * 10);
                    }
                })).peek(i -> log.add("out " + i)).limit(2).toList();
        assertEquals(List.of(10, 20), got);
        assertEquals(List.of("in 1", "out 10", "in 2", "out 20"), log);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void bodyThatReturnsCutsTheStreamShort(int n) {
        List<Integer> got = Stream.iterate(1, i -> i + 1)
                .gather(Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> {
                    while (in.peek() < 5) {
                        out.push(in.next());
                    }
                    out.push(0);
                })).toList();
        assertEquals(List.of(1, 2, 3, 4, 0), got);
        assertEquals(List.of(), Stream.iterate(1, i -> i + 1)
                .gather(Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> { })).toList());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void bodyWhoseResultsAreNotWantedIsUnwound(int n) {
        List<String> log = new ArrayList<>();
        Gatherer<Integer, ?, Integer> endless = Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> {
            try {
                while (true) {
                    out.push(in.next());
                }
            } finally {
                log.add("unwound");
            }
        });
        assertEquals(3, Stream.iterate(1, i -> i + 1).gather(endless).skip(2).findFirst().orElseThrow());
        assertEquals(List.of("unwound"), log);
        assertTrue(Stream.iterate(1, i -> i + 1).gather(endless).gather(endless).anyMatch(i -> i == 1000));
        assertEquals(List.of("unwound", "unwound", "unwound"), log);
    }

    @Test
    void theNextOfNoneIsAnError() {
        NoSuchElementException thrown = assertThrows(NoSuchElementException.class, () -> Stream.of(1)
                .gather(Gathering.of((Elements<Integer> in, Downstream<Integer> out) -> {
                    in.next();
                    in.next();
                })).toList());
        assertTrue(thrown.getMessage().contains("no more elements"), thrown.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void exceptions(int n) {
        IOException thrown = new IOException("of the body");
        List<Integer> before = new ArrayList<>();
        assertSame(thrown, assertThrows(IOException.class, () -> Stream.of(1, 2, 3)
                .gather(Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> {
                    out.push(in.next());
                    in.next();
                    throw thrown;
                })).forEach(before::add)));
        List<String> log = new ArrayList<>();
        IllegalStateException later = new IllegalStateException("of a later stage");
        assertSame(later, assertThrows(IllegalStateException.class, () -> Stream.of(1, 2, 3)
                .gather(Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> {
                    try {
                        in.forEachRemaining(out::push);
                    } finally {
                        log.add("unwound");
                    }
                })).forEach(i -> {
                    throw later;
                })));
        assertEquals(1, log.size());
    }

    @Test
    void onlyTheBodyMayUseWhatItGets() {
        AtomicReference<Elements<Integer>> elements = new AtomicReference<>();
        AtomicReference<Downstream<Integer>> results = new AtomicReference<>();
        Stream.of(1, 2).gather(Gathering.of((Elements<Integer> in, Downstream<Integer> out) -> {
            elements.set(in);
            results.set(out);
            out.push(in.next());
            in.next();
        })).forEach(i -> {
            assertThrows(IllegalStateException.class, () -> elements.get().hasNext());
            assertThrows(IllegalStateException.class, () -> results.get().push(1));
        });
        assertThrows(IllegalStateException.class, () -> elements.get().next());
        assertThrows(IllegalStateException.class, () -> results.get().push(1));
        assertThrows(IllegalArgumentException.class, () -> Gathering.buffered(0, (in, out) -> { }));
        assertThrows(NullPointerException.class, () -> Gathering.of(null));
    }

    /** In a parallel stream the stage runs in whatever threads there are, one after the other. */
    @Test
    void parallelStreams() {
        int groups = Scale.of(100, 10);
        List<Integer> numbers = IntStream.range(0, groups * 2_000).boxed().toList();
        for (int n : new int[] {1, 64}) {
            List<Integer> sums = numbers.parallelStream().filter(i -> i % 2 == 0)
                    .gather(Gathering.buffered(n, (Elements<Integer> in, Downstream<Integer> out) -> {
                        while (in.hasNext()) {
                            int sum = 0;
                            for (int i = 0; i < 1000 && in.hasNext(); i++) {
                                sum += in.next();
                            }
                            out.push(sum);
                        }
                    })).map(i -> i / 1000).toList();
            assertEquals(IntStream.range(0, groups).map(i -> i * 2000 + 999).boxed().toList(), sums);
        }
    }

    // ---- collectors -----------------------------------------------------------------------------

    private static List<Run> collectRuns(Elements<Integer> in) {
        List<Run> runs = new ArrayList<>();
        runs(in, runs::add);
        return runs;
    }

    @Test
    void collectors() {
        for (int count : new int[] {0, 1, 63, 64, 65, 10_000}) {
            List<Integer> numbers = numbers(count);
            List<Run> expected = runs(numbers);
            assertEquals(expected, numbers.stream().collect(Collecting.of(GatheringTest::collectRuns)));
            assertEquals(expected, numbers.parallelStream().collect(Collecting.of(GatheringTest::collectRuns)));
            assertEquals(expected, numbers.stream().collect(Collecting.sequential(GatheringTest::collectRuns)));
        }
        UnsupportedOperationException thrown = assertThrows(UnsupportedOperationException.class,
                () -> numbers(10_000).parallelStream().collect(Collecting.sequential(GatheringTest::collectRuns)));
        assertTrue(thrown.getMessage().contains("Collecting.of"), thrown.getMessage());
    }

    @Test
    void aCollectorForEachGroup() {
        Map<Boolean, Integer> differences = IntStream.range(0, 10_000).boxed().collect(Collectors.partitioningBy(
                i -> i % 3 == 0, Collecting.sequential(in -> {
                    int steps = 0;
                    for (int last = in.next(); in.hasNext();) {
                        int next = in.next();
                        steps += next - last;
                        last = next;
                    }
                    return steps;
                })));
        assertEquals(Map.of(true, 9999, false, 9997), differences);
    }

    @Test
    void collectorsThatEndEarlyOrThrow() {
        for (var collector : List.of(Collecting.<Integer, Integer>of(in -> in.next() + in.next()),
                Collecting.<Integer, Integer>sequential(in -> in.next() + in.next()))) {
            assertEquals(3, IntStream.range(1, 1000).boxed().collect(collector));
            assertThrows(NoSuchElementException.class, () -> Stream.of(1).collect(collector));
        }
        IOException thrown = new IOException();
        assertSame(thrown, assertThrows(IOException.class, () -> Stream.of(1).collect(Collecting.of(in -> {
            throw thrown;
        }))));
        assertSame(thrown, assertThrows(IOException.class, () -> Stream.of(1).collect(Collecting.sequential(in -> {
            throw thrown;
        }))));
    }
}
