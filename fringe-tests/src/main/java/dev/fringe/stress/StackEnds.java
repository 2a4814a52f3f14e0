// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.PeekingIterator;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import dev.fringe.management.Generators;
import java.util.Optional;

/**
 * A path of the library's near the end of the caller's stack: first where it ends, then one frame before, and so on
 * until the path has completed, and some frames further, because a step may have been left to the library's threads.
 */
final class StackEnds {

    /** Attempts after the first that has completed. */
    private static final int MORE = 20;
    /** Generators that a path has ready; what takes more attempts uses the last again. */
    private static final int READY = 200;
    private static final long STACK_SIZE = 600_000;

    /** Something that the library does, for the n-th time. */
    private interface Attempt {
        void go(int time);
    }

    private static int time;
    private static int skip;
    private static int left;
    private static boolean completed;

    private StackEnds() {}

    /** Attempts it in each frame on the way up. */
    private static void down(Attempt attempt) {
        try {
            down(attempt);
        } catch (StackOverflowError e) {
            // it is attempted here, then
        }
        if (skip > 0) {
            skip--;
        } else if (left > 0) {
            attempt(attempt);
        }
    }

    private static void attempt(Attempt attempt) {
        try {
            time++;
            attempt.go(Math.min(time, READY) - 1);
            completed = true;
            left--;
        } catch (StackOverflowError e) {
            return;
        }
    }

    /**
     * Goes down on a thread of its own, and attempts it.
     *
     * @return how often
     */
    private static int sweep(int from, int more, Attempt attempt) throws InterruptedException {
        time = 0;
        skip = from;
        left = more;
        completed = false;
        Throwable[] failure = new Throwable[1];
        Thread thread = new Thread(null, () -> {
            try {
                down(attempt);
            } catch (Throwable t) {
                failure[0] = t;
            }
        }, "deep", STACK_SIZE);
        thread.start();
        thread.join();
        if (failure[0] != null) {
            throw new IllegalStateException("the path threw", failure[0]);
        }
        if (!completed) {
            Attack.lost("a path, which did not complete on " + STACK_SIZE + " bytes of stack");
        }
        for (int i = 0; i < time; i++) {
            Attack.count();
        }
        return time;
    }

    // ---- the paths ---------------------------------------------------------------------------------------

    private static int unwound;

    private static void twoValues(Yielder<Void, Integer> yielder) {
        try {
            yielder.suspend(1);
            yielder.suspend(2);
        } finally {
            unwound++;
        }
    }

    private static void counting(Yielder<Void, Integer> yielder) {
        for (int i = 0; i < 100_000; i++) {
            yielder.suspend(i);
        }
    }

    private enum How { POOLED, FRESH, GIVEN }

    private static Generator<Void, Integer> make(How how, Stack stack) {
        Generator.Builder builder = Generator.builder();
        return (switch (how) {
            case POOLED -> builder.shared();
            case FRESH -> builder.shared().freshThread();
            case GIVEN -> builder.shared().stack(stack);
        }).build(StackEnds::twoValues);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generators
    static void birth(boolean given) throws Exception {
        Attack.live();
        make(How.FRESH, null).close();
        long before = Attack.stacks();
        long mappings = Attack.mappings();
        Generator<Void, Integer>[] made = new Generator[READY];
        OsStack[] stacks = new OsStack[READY];
        for (int i = 0; i < READY && given; i++) {
            stacks[i] = OsStack.ofSize(256 << 10);
        }
        int attempts = sweep(0, MORE, i -> {
            if (made[i] == null) {
                made[i] = make(given ? How.GIVEN : How.FRESH, stacks[i]);
            }
        });
        int born = 0;
        for (int i = 0; i < READY; i++) {
            if (made[i] != null) {
                born++;
                if (made[i].resume(null).orElse(0) != 1 || made[i].resume(null).orElse(0) != 2) {
                    Attack.lost("a value of one that has been made");
                }
                made[i].close();
            }
            if (given) {
                Attack.close(stacks[i]);
            }
        }
        System.out.println("born " + born + " in " + attempts + " attempts");
        Attack.live();
        Attack.checkForgotten();
        Attack.checkLeaks(before + 1, mappings);
    }

    /** What is done with a generator of its own for each attempt. */
    private enum Step { CLOSE, END, UNWRAP }

    static void death() throws Exception {
        for (How how : How.values()) {
            for (Step step : Step.values()) {
                if ((step != Step.UNWRAP || how == How.GIVEN) && (how != How.GIVEN || Attack.isNative())) {
                    death(how, step);
                }
            }
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generators
    private static void death(How how, Step step) throws Exception {
        Attack.live();
        make(How.FRESH, null).close();
        long before = Attack.stacks();
        long mappings = Attack.mappings();
        Generator<Void, Integer>[] generators = new Generator[READY];
        OsStack[] stacks = new OsStack[READY];
        Object[] got = new Object[READY];
        unwound = 0;
        for (int i = 0; i < READY; i++) {
            stacks[i] = how == How.GIVEN ? OsStack.ofSize(256 << 10) : null;
            generators[i] = make(how, stacks[i]);
            generators[i].resume(null);
            if (step != Step.CLOSE) {
                generators[i].resume(null);
            }
            if (step == Step.UNWRAP) {
                generators[i].resume(null);
            }
        }
        int attempts = sweep(0, MORE, i -> {
            switch (step) {
                case CLOSE -> generators[i].close();
                case END -> got[i] = generators[i].resume(null);
                default -> {
                    if (got[i] == null) {
                        got[i] = generators[i].unwrap();
                    }
                }
            }
        });
        for (int i = 0; i < READY; i++) {
            if (step == Step.END) {
                if (got[i] instanceof Optional<?> value && value.isPresent()) {
                    Attack.lost("an end, for a value");
                }
                if (i < attempts && got[i] == null && generators[i].state() == Generator.State.SUSPENDED
                        && generators[i].resume(null).isPresent()) {
                    Attack.lost("an end, for a value");
                }
            }
            generators[i].close();
            Generator.State state = generators[i].state();
            if (state != Generator.State.CLOSED && state != Generator.State.FINISHED) {
                Attack.lost("a close: " + generators[i]);
            }
            if (stacks[i] != null) {
                Attack.close(stacks[i]);
            }
        }
        if (unwound != READY) {
            Attack.lost(READY - unwound + " bodies that were not left");
        }
        System.out.println(how + " " + step + ": " + attempts + " attempts");
        Attack.live();
        Attack.checkForgotten();
        Attack.checkLeaks(before + 1, mappings);
    }

    /** How a value is got. */
    private enum Way { RESUME, ITERATE, DELEGATE, BUFFER, RAISE }

    private static final RuntimeException RAISED = new IllegalStateException("raised");

    private static void catching(Yielder<Void, Integer> yielder) {
        for (int i = 0; i < 100_000; i++) {
            try {
                yielder.suspend(i);
            } catch (IllegalStateException e) {
                continue;
            }
        }
    }

    static void values() throws Exception {
        for (Way way : Way.values()) {
            values(way);
        }
    }

    private static void values(Way way) throws Exception {
        Attack.live();
        int times = 4000;
        Object[] got = new Object[times];
        int[] at = new int[1];
        Generator<Void, Integer> generator = switch (way) {
            case DELEGATE -> Generator.builder().shared().build((Yielder<Void, Integer> yielder) ->
                    yielder.suspendAll(Generator.builder().shared().build(StackEnds::counting)));
            case BUFFER -> Generator.builder().shared().buffered(5).build(StackEnds::counting);
            case RAISE -> Generator.builder().shared().build(StackEnds::catching);
            default -> Generator.builder().shared().build(StackEnds::counting);
        };
        PeekingIterator<Integer> iterator = way == Way.ITERATE || way == Way.BUFFER ? generator.iterator() : null;
        Object first = iterator != null ? iterator.next() : generator.resume(null).orElse(-1);
        // As much as the attempt itself calls after it has its value, so that it is the library that overflows.
        int attempts = sweep(0, MORE, i -> {
            int index = Math.min(at[0]++, times - 1);
            got[index] = switch (way) {
                case ITERATE, BUFFER -> iterator.next();
                case RAISE -> generator.throwInto(RAISED);
                default -> generator.resume(null);
            };
        });
        int expected = 1;
        for (Object value : got) {
            if (value != null) {
                int number = value instanceof Optional<?> optional ? (Integer) optional.orElseThrow() : (Integer) value;
                if (number != expected) {
                    Attack.lost("a value (" + way + "): got " + number + " instead of " + expected);
                }
                expected = number + 1;
            }
        }
        Object after = iterator != null ? iterator.next() : generator.resume(null).orElse(-1);
        if (!first.equals(0) || !after.equals(expected)) {
            Attack.lost("a value (" + way + "): got " + after + " afterwards, instead of " + expected);
        }
        generator.close();
        System.out.println(way + ": " + attempts + " attempts");
    }

    static void diagnostics() throws Exception {
        Generator<Void, Integer> generator = make(How.POOLED, null);
        generator.resume(null);
        // Each is called for the first time where there is no room for it; and works afterwards, when there is.
        sweep(0, MORE, i -> generator.toString());
        sweep(0, MORE, i -> generator.backtrace());
        sweep(0, MORE, i -> Generators.list());
        sweep(0, MORE, i -> Generators.dump());
        sweep(0, MORE, i -> Generators.findDeadlocked());
        if (generator.backtrace().length == 0 || Generators.list().size() != 1
                || !Generators.dump().contains("twoValues") || !Generators.findDeadlocked().isEmpty()) {
            Attack.lost("what diagnostics tell: " + Generators.list() + " " + Generators.dump());
        }
        if (generator.resume(null).orElse(0) != 2) {
            Attack.lost("a value");
        }
        generator.close();
        Attack.live();
    }

    /** Each sweep in a copy of the library of its own, which begins some frames further up, until there is room at once. */
    static void firstUse(int steps) throws Exception {
        int stride = 1;
        for (int from = 0; ; from += stride) {
            Attack.Copy copy = new Attack.Copy();
            copy.prepare("live");
            int attempts = sweep(from, 1, i -> {
                try {
                    copy.run();
                } catch (OutOfMemoryError | IllegalStateException e) { // of another thread: what is said to be too full is not
                    Attack.lost("a first use: " + e);
                    throw e;
                }
            });
            copy.run();
            copy.shutDown();
            System.out.println("first use from frame " + from + ": " + attempts + " attempts");
            if (attempts <= 1) {
                return;
            }
            stride = Math.max(stride, attempts / steps);
        }
    }
}
