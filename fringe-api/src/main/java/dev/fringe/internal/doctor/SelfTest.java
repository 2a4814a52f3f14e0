// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.doctor;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.Yielder;
import dev.fringe.internal.core.Startup;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Uses generators for some time in all ways that an engine has a part in, and looks at each value. It is the main class
 * of the virtual machines that {@link Trial} starts.
 */
public final class SelfTest {

    private static final long NANOS =
            TimeUnit.MILLISECONDS.toNanos(Settings.number(Settings.SELF_TEST_MILLIS, 1000, 1, 600_000, "number"));
    private static final int ROUND_TRIPS = 500;
    private static final int DEPTH = 50;
    private static final int KEPT = 20;
    private static final int ROUNDS_PER_COLLECTION = 100;

    /** How many values have been handed over, by resume or suspend. */
    private long values;
    private long rounds;
    private boolean closed;

    private SelfTest() {}

    /**
     * Tests the engine of this virtual machine, and prints how that went for the parent.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        run().lines().forEach(System.out::println);
        System.out.flush();
    }

    /** Tests the engine of this virtual machine. */
    static Outcome run() {
        Engine engine;
        try {
            engine = Startup.engine();
        } catch (UnsupportedOperationException | IllegalCallerException | IllegalStateException e) {
            Throwable found = e.getCause() == null ? e : e.getCause(); // which does not advise to do what is being done
            return new Outcome(Outcome.Kind.REFUSED, reason(found), null, List.of());
        } catch (OutOfMemoryError e) {
            return new Outcome(Outcome.Kind.REFUSED, reason(e), null, List.of());
        }
        List<Outcome.Fact> facts = new ArrayList<>();
        String name = engine.name();
        try {
            engine.report((about, value) -> facts.add(new Outcome.Fact(Outcome.line(about), Outcome.line(value))));
            SelfTest test = new SelfTest();
            long start = System.nanoTime();
            long took;
            do {
                test.round();
                took = System.nanoTime() - start;
            } while (took < NANOS);
            return new Outcome(Outcome.Kind.WORKS, String.format(Locale.ROOT, "%,d switches in %.1f s",
                    test.values, took / (double) TimeUnit.SECONDS.toNanos(1)), name, facts);
        } catch (OutOfMemoryError e) { // no memory, mapping or thread, as limits have it
            return new Outcome(Outcome.Kind.REFUSED, reason(e), name, facts);
        } catch (Throwable t) {
            return new Outcome(Outcome.Kind.FAILED, Outcome.line(t + (t.getStackTrace().length == 0 ? ""
                    : " at " + t.getStackTrace()[0])), name, facts);
        }
    }

    /** A message; of what has none, such as a failed initialiser, the last cause. */
    private static String reason(Throwable thrown) {
        Throwable root = thrown;
        while (root.getMessage() == null && root.getCause() != null) {
            root = root.getCause();
        }
        return Outcome.line(root.getMessage() == null || root != thrown ? root.toString() : root.getMessage());
    }

    private void round() throws InterruptedException {
        objects();
        numbers();
        deep();
        thrown();
        delegated();
        closed();
        if (rounds++ % ROUNDS_PER_COLLECTION == 0) {
            collected();
        }
        handedOn();
    }

    private static void check(Object expected, Object actual, String what) {
        if (!expected.equals(actual)) {
            throw new AssertionError(what + ": there should be " + expected + ", but there is " + actual);
        }
    }

    private static Generator<Integer, Integer> incrementing() {
        return Generator.of((yielder, input) -> {
            for (int next = input; ; ) {
                next = yielder.suspend(next + 1);
            }
        });
    }

    private void objects() {
        try (Generator<Integer, Integer> generator = incrementing()) {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                check(i + 1, generator.resume(i).orElseThrow(), "an object");
            }
        }
        values += 2 * ROUND_TRIPS;
    }

    private void numbers() {
        try (LongGenerator generator = LongGenerator.of((yielder, input) -> {
            for (long next = input; ; ) {
                next = yielder.suspend(next + 1);
            }
        })) {
            for (long i = 0; i < ROUND_TRIPS; i++) {
                check(i + 1, generator.resume(i).orElseThrow(), "a long");
            }
        }
        values += 2 * ROUND_TRIPS;
    }

    /** Suspends in a recursion, each level of which has a value and a double that must survive. */
    private void deep() {
        try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
            check(DEPTH * (DEPTH + 1) / 2, descend(yielder, DEPTH), "the sum of a recursion");
        })) {
            for (int i = 0; generator.resume(i).isPresent(); i++) {
                values += 2;
            }
        }
    }

    private static int descend(Yielder<Integer, Integer> yielder, int depth) {
        if (depth == 0) {
            yielder.suspend(0);
            return 0;
        }
        double kept = Math.sqrt(depth);
        Integer boxed = 1000 + depth;
        int below = descend(yielder, depth - 1);
        if (depth % 10 == 0) {
            yielder.suspend(depth);
        }
        check(Math.sqrt(depth), kept, "a double on the stack");
        check(1000 + depth, boxed, "an object on the stack");
        return below + depth;
    }

    private void thrown() {
        ArithmeticException mine = new ArithmeticException("of the self-test");
        try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> {
            yielder.suspend(1);
            throw mine;
        })) {
            generator.resume(0);
            try {
                generator.resume(0);
                throw new AssertionError("the exception of a body was lost");
            } catch (ArithmeticException e) {
                check(mine, e, "the exception of a body");
            }
        }
        values += 4;
    }

    private void delegated() {
        int sum = 0;
        try (Generator<Void, Integer> outer = Generator.of(yielder -> {
            yielder.suspend(1);
            yielder.suspendAll(Generator.<Integer>of(inner -> {
                for (int i = 2; i <= 10; i++) {
                    inner.suspend(i);
                }
            }));
            yielder.suspend(11);
        })) {
            for (int value : outer) {
                sum += value;
                values += 2;
            }
        }
        check(66, sum, "the sum of what two bodies yield");
    }

    private void closed() {
        closed = false;
        try (Generator<Void, Integer> generator = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
            } finally {
                closed = true;
            }
        })) {
            generator.resume(null);
        }
        check(true, closed, "whether close has run the finally block");
        values += 2;
    }

    /** The collector finds what only suspended bodies refer to. */
    private void collected() {
        List<Generator<Integer, String>> all = new ArrayList<>();
        try {
            for (int i = 0; i < KEPT; i++) {
                Generator<Integer, String> generator = Generator.of((yielder, input) -> {
                    String own = "only here " + input;
                    yielder.suspend("");
                    yielder.suspend(own);
                });
                generator.resume(i);
                all.add(generator);
            }
            System.gc();
            for (int i = 0; i < KEPT; i++) {
                check("only here " + i, all.get(i).resume(0).orElseThrow(), "an object that only a body refers to");
            }
        } finally {
            all.forEach(Generator::close);
        }
        values += 4 * KEPT;
    }

    /** One thread resumes, then another. */
    private void handedOn() throws InterruptedException {
        try (Generator<Integer, Integer> generator = Generator.ofShared((yielder, input) -> {
            for (int next = input; ; ) {
                next = yielder.suspend(next + 1);
            }
        })) {
            check(2, generator.resume(1).orElseThrow(), "a value from one thread");
            int[] got = new int[1];
            Thread other = Thread.ofPlatform().daemon().name("fringe-self-test").start(
                    () -> got[0] = generator.resume(2).orElseThrow());
            other.join();
            check(3, got[0], "a value from another thread");
            check(4, generator.resume(3).orElseThrow(), "a value from the first thread again");
        }
        values += 6;
    }
}
