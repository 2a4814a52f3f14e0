// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.tests.Tree.Act;
import dev.fringe.tests.Tree.Cleanup;
import dev.fringe.tests.Tree.Type;
import dev.fringe.tests.Tree.Way;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/**
 * Random trees of generators of all kinds, through random calls, against a {@link TreeModel}: what each call gives or
 * throws, and what the bodies have noted by then. {@code ./fringe test --properties N} tries more of them.
 */
@Tag("semantics")
@AddLifecycleHook(Watchdog.class)
class RandomTreesTest {

    /** What a thread calls. */
    enum What { RESUME, HAS_NEXT, NEXT, PEEK, THROW, STATE, CLOSE }

    /** A call, and the thread that makes it if the generator is shared. */
    record Call(What what, int thread) {

        Object of(Resumable generator, int number) {
            return switch (what) {
                case RESUME -> generator.resume((long) number);
                case HAS_NEXT -> generator.hasNext();
                case NEXT -> generator.next();
                case PEEK -> generator.peek();
                case THROW -> generator.throwInto(new ArithmeticException());
                case STATE -> generator.state();
                case CLOSE -> {
                    generator.close();
                    yield "closed";
                }
            };
        }

        /** What it gives, or the kind of exception. */
        String outcome(Resumable generator, int number) {
            try {
                return String.valueOf(of(generator, number));
            } catch (Tree.Failure e) { // of several resources, any may be the first
                return what == What.CLOSE ? "Failure" : "Failure " + e.getMessage();
            } catch (Throwable e) {
                return e.getClass().getSimpleName();
            }
        }
    }

    // ---- arbitraries ----------------------------------------------------------------------------------

    @Provide
    Arbitrary<Tree> trees() {
        return trees(3).map(tree -> numbered(tree, new AtomicInteger()));
    }

    @Provide
    Arbitrary<Tree> sharedTrees() {
        return trees().map(tree -> new Tree(tree.id(), tree.type(), true, tree.ahead(), tree.catches(),
                tree.cleanup(), tree.acts()));
    }

    private static Arbitrary<Tree> trees(int depth) {
        return Combinators.combine(
                Arbitraries.frequency(Tuple.of(5, Type.OBJECTS), Tuple.of(2, Type.LONGS), Tuple.of(2, Type.STEPS)),
                Arbitraries.of(false, false, true),
                Arbitraries.of(0, 0, 0, 1, 2, 3),
                Arbitraries.of(false, true),
                Arbitraries.frequency(Tuple.of(6, Cleanup.NONE), Tuple.of(1, Cleanup.FAILS),
                        Tuple.of(1, Cleanup.SUSPENDS)),
                acts(depth).list().ofMaxSize(4))
                .as((type, shared, ahead, catches, cleanup, acts) ->
                        new Tree(0, type, shared, type == Type.STEPS ? 0 : ahead, catches, cleanup, acts));
    }

    private static Arbitrary<Act> acts(int depth) {
        Arbitrary<Act> emit = Arbitraries.just(new Tree.Emit());
        Arbitrary<Act> fail = Arbitraries.just(new Tree.Fail());
        if (depth == 0) {
            return Arbitraries.frequencyOf(Tuple.of(8, emit), Tuple.of(1, fail));
        }
        Arbitrary<Act> sub = Combinators.combine(trees(depth - 1), Arbitraries.of(Way.values()),
                Arbitraries.of(false, false, true)).as(Tree.Sub::new);
        return Arbitraries.frequencyOf(Tuple.of(8, emit), Tuple.of(1, fail), Tuple.of(8, sub));
    }

    private static Tree numbered(Tree tree, AtomicInteger last) {
        int id = last.incrementAndGet();
        List<Act> acts = tree.acts().stream().map(act -> act instanceof Tree.Sub sub
                ? new Tree.Sub(numbered(sub.tree(), last), sub.way(), sub.primed()) : act).toList();
        return new Tree(id, tree.type(), tree.shared(), tree.ahead(), tree.catches(), tree.cleanup(), acts);
    }

    @Provide
    Arbitrary<List<Call>> calls() {
        return Combinators.combine(Arbitraries.frequency(Tuple.of(12, What.RESUME), Tuple.of(3, What.HAS_NEXT),
                Tuple.of(6, What.NEXT), Tuple.of(2, What.PEEK), Tuple.of(3, What.THROW), Tuple.of(3, What.STATE),
                Tuple.of(1, What.CLOSE)), Arbitraries.integers().between(0, THREADS - 1)).as(Call::new)
                .list().ofMinSize(1).ofMaxSize(40);
    }

    // ---- threads --------------------------------------------------------------------------------------

    private static final int THREADS = 3;
    private static final List<ExecutorService> POOL = Stream.generate(() -> Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("caller").factory())).limit(THREADS).toList();

    private static <T> T join(Future<T> call) {
        try {
            return call.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static <T> T on(int thread, Supplier<T> call) {
        Callable<T> task = call::get;
        return join(POOL.get(thread).submit(task));
    }

    // ---- properties -----------------------------------------------------------------------------------

    /** One thread, or several that take turns: each call gives what the model says. */
    @Property(edgeCases = EdgeCasesMode.NONE)
    void behavesAsItsModelDoes(@ForAll("trees") Tree tree, @ForAll("calls") List<Call> calls) {
        List<String> expectedLog = new ArrayList<>();
        List<String> log = Collections.synchronizedList(new ArrayList<>());
        Resumable model = new TreeModel(tree, expectedLog);
        Resumable generator = TreeGenerator.of(tree, log);
        List<Call> all = new ArrayList<>(calls);
        all.add(new Call(What.CLOSE, 0)); // so that none is abandoned
        all.add(new Call(What.RESUME, 1));
        all.add(new Call(What.STATE, 2));
        List<String> done = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Call call = all.get(i);
            int number = i;
            String expected = call.outcome(model, number);
            String outcome = tree.shared() ? on(call.thread(), () -> call.outcome(generator, number))
                    : call.outcome(generator, number);
            done.add(call.what() + " -> " + outcome);
            assertEquals(expected, outcome, () -> "after " + done + ", " + log + " for " + expectedLog);
            assertEquals(expectedLog, log, () -> "after " + done);
        }
    }

    /** Several threads at once: each value comes once, in order, up to the end or to where one closes it. */
    @Property(edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void isTakenFromByThreadsAtOnce(@ForAll("sharedTrees") Tree tree, @ForAll("calls") List<Call> calls) {
        List<Long> expected = new ArrayList<>();
        String failure = drain(new TreeModel(tree, new ArrayList<>()), expected);
        List<String> log = Collections.synchronizedList(new ArrayList<>());
        Resumable generator = TreeGenerator.of(tree, log);
        List<Call> taking = calls.stream().filter(call -> call.what() != What.THROW).toList();
        CyclicBarrier together = new CyclicBarrier(THREADS);
        List<Future<Taken>> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int first = i;
            threads.add(POOL.get(i).submit(() -> {
                together.await();
                return take(generator, taking, first);
            }));
        }
        List<Taken> parts = threads.stream().map(RandomTreesTest::join).toList();
        boolean closed = parts.stream().anyMatch(part -> part.end.equals("closed"));
        List<Long> all = new ArrayList<>();
        for (Taken part : parts) {
            assertTrue(isOrdered(part.values, expected), () -> part + " is not in the order of " + expected);
            all.addAll(part.values);
        }
        all.sort((a, b) -> Integer.compare(expected.indexOf(a), expected.indexOf(b)));
        assertEquals(closed ? expected.subList(0, Math.min(all.size(), expected.size())) : expected, all);
        if (!closed) {
            assertEquals(failure.equals("end") ? 0 : 1,
                    parts.stream().filter(part -> part.end.equals(failure) && !failure.equals("end")).count(),
                    () -> failure + " in " + parts);
        }
        closeAtLast(generator);
        assertEquals(log.stream().filter(note -> note.contains("starts")).count(),
                log.stream().filter(note -> note.endsWith("ends")).count(), () -> "bodies begun and ended: " + log);
    }

    /**
     * The same with threads that throw into it at any point, so that any body may end early or skip an act: no value
     * comes twice, and each body that has begun comes to its end.
     */
    @Property(edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void isThrownIntoByThreadsAtOnce(@ForAll("sharedTrees") Tree tree, @ForAll("calls") List<Call> calls) {
        List<String> log = Collections.synchronizedList(new ArrayList<>());
        Resumable generator = TreeGenerator.of(tree, log);
        CyclicBarrier together = new CyclicBarrier(THREADS);
        List<Future<List<Long>>> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int first = i;
            threads.add(POOL.get(i).submit(() -> {
                together.await();
                return takeAndThrow(generator, calls, first);
            }));
        }
        List<Long> all = new ArrayList<>();
        threads.forEach(thread -> all.addAll(join(thread)));
        closeAtLast(generator);
        assertEquals(new HashSet<>(all).size(), all.size(), () -> "each value once: " + all);
        assertEquals(log.stream().filter(note -> note.contains("starts")).count(),
                log.stream().filter(note -> note.endsWith("ends")).count(), () -> "bodies begun and ended: " + log);
    }

    /** Up to its end, or that of the calls, some of which may have been refused. */
    private static List<Long> takeAndThrow(Resumable generator, List<Call> calls, int first) {
        List<Long> values = new ArrayList<>();
        for (int i = first; i < 3 * calls.size(); i++) {
            Call call = calls.get(i % calls.size());
            try {
                Object got = call.of(generator, i);
                if (got != null && (call.what() == What.RESUME || call.what() == What.NEXT || call.what() == What.THROW)) {
                    values.add((Long) got);
                }
            } catch (ArithmeticException | NoSuchElementException | Tree.Failure | UnsupportedOperationException e) {
                continue; // it has ended, or can't be thrown into
            } catch (IllegalStateException e) {
                String message = e.getMessage();
                assertTrue(message.contains("running") || message.contains("closed") || message.contains("fetched"),
                        message);
            }
        }
        return values;
    }

    /** What a thread has taken, and why it takes no more. */
    private record Taken(List<Long> values, String end) {}

    private static String drain(Resumable generator, List<Long> values) {
        try {
            for (Long value = generator.resume(null); value != null; value = generator.resume(null)) {
                values.add(value);
            }
            return "end";
        } catch (Tree.Failure e) {
            return e.getMessage();
        }
    }

    private static Taken take(Resumable generator, List<Call> calls, int first) {
        List<Long> values = new ArrayList<>();
        for (int i = first; ; i++) {
            Call call = calls.isEmpty() || i > 1_000 ? new Call(What.RESUME, 0) : calls.get(i % calls.size());
            try {
                Object got = call.of(generator, i);
                if (call.what() == What.CLOSE) {
                    return new Taken(values, "closed");
                } else if (call.what() == What.RESUME && got == null) {
                    return new Taken(values, "end");
                } else if (call.what() == What.RESUME || call.what() == What.NEXT) {
                    values.add((Long) got);
                }
            } catch (NoSuchElementException e) {
                return new Taken(values, "end");
            } catch (Tree.Failure e) { // of the body, or of its cleanup while this thread closes it
                return new Taken(values, call.what() == What.CLOSE ? "closed" : e.getMessage());
            } catch (IllegalStateException e) {
                if (e.getMessage().contains("has been closed")) {
                    return new Taken(values, "closed");
                }
                assertTrue(e.getMessage().contains("running"), e.getMessage());
                Thread.onSpinWait();
            }
        }
    }

    private static boolean isOrdered(List<Long> part, List<Long> all) {
        int last = -1;
        for (Long value : part) {
            int at = all.indexOf(value);
            if (at <= last) {
                return false;
            }
            last = at;
        }
        return true;
    }

    private static void closeAtLast(Resumable generator) {
        try {
            generator.close();
        } catch (Tree.Failure e) {
            return;
        }
    }
}
