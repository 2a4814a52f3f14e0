// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.PeekingIterator;
import dev.fringe.Yielder;
import dev.fringe.management.Generators;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A path of the library's with a heap that has room for n objects of 16 bytes, for n = 0, 1, 2, ... until the path has
 * all the room that it takes. No object is smaller, so each place where the path allocates something is the one that
 * fails, for some n. That is exact if threads allocate from the common heap ({@code -XX:-UseTLAB}) and the collector
 * is Serial; with others, what is left of a thread's own buffer comes on top, and the steps are as fine only on average.
 */
final class FullHeap {

    /** What {@code new Object()} takes. */
    private static final int FILLER = 16;
    /**
     * How often a path is gone with room before. The virtual machine makes a variant of a method handle when that has
     * been called 127 times, which takes room: so some paths are attacked where that is, and beyond.
     */
    private static final int WARM_UP = 50;
    private static final int SHORT_WARM_UP = 35;
    private static final int MEASURED = 5;
    /** Steps beyond those to the room that the path has been seen to take. */
    private static final int MARGIN = 8;
    /** Generators and stacks that a path has ready; one that takes more steps uses the last one again. */
    private static final int MOST = 600;

    private static final Integer[] VALUES = new Integer[1 << 13];

    static {
        for (int i = 0; i < VALUES.length; i++) {
            VALUES[i] = i;
        }
    }

    /**
     * Whether a path completes with the room that it takes as a rule. Collectors other than Serial may give room by the
     * region only, and have none for few objects; and what a virtual thread takes when it is suspended depends on where
     * the collector has put what it took before.
     */
    private static final boolean EXACT = Attack.isNative() && ManagementFactory.getGarbageCollectorMXBeans().stream()
            .anyMatch(bean -> bean.getName().equals("Copy"));

    /** What is to be free when the rest has been filled. */
    private static byte[] room;
    private static Object[] large;
    private static Object[] small;
    private static int larges;
    private static int smalls;

    private FullHeap() {}

    // ---- the heap ----------------------------------------------------------------------------------------

    /** How often it is tried to fill the heap: a collection that fails may clear what gives room for more. */
    private static final int FILLS = 20;

    private static void fill() {
        int before = -1;
        for (int i = 0; i < FILLS && smalls > before; i++) {
            before = smalls;
            try {
                while (true) {
                    small[smalls++] = new Object();
                }
            } catch (OutOfMemoryError e) {
                smalls--;
            }
        }
    }

    private static void fillHeap() {
        large = new Object[1 << 12];
        small = new Object[(int) (Runtime.getRuntime().maxMemory() / 64)];
        larges = 0;
        smalls = 0;
        leaveRegions(); // which links what it calls
        try {
            while (true) {
                large[larges++] = new byte[30_000];
            }
        } catch (OutOfMemoryError e) {
            larges--;
        }
        fill();
    }

    /** Leaves room for so many objects. */
    private static void leaveRoom(int objects) {
        while (smalls < objects) {
            large[--larges] = null;
            fill();
        }
        fill();
        for (int i = 0; i < objects; i++) {
            small[--smalls] = null;
        }
    }

    /**
     * Leaves room for what takes little, whatever the collector. It is collected here, since Shenandoah may refuse what
     * is asked for while it gives up a cycle, however much of the heap is garbage.
     */
    private static void leaveRegions() {
        for (int i = 0; i < 200 && larges > 0; i++) {
            large[--larges] = null;
        }
        Arrays.fill(small, null);
        smalls = 0;
        System.gc();
    }

    private static void emptyHeap() {
        large = null;
        small = null;
        System.gc();
    }

    // ---- a path ------------------------------------------------------------------------------------------

    /** Something that the library does. */
    private abstract static class Path {

        /** Makes what it takes to go the path so many times, while there is room. */
        abstract void prepare(int times);

        /** Goes it, for the n-th time. */
        abstract void go(int time);

        /** Afterwards, when there is room again: ends what is left, and tells what got lost. */
        abstract void finish(int times) throws InterruptedException;

        /** How many stacks stay, which is no loss. */
        int kept(int times) {
            return 0;
        }
    }

    private static void sweep(Path path, int steps) throws InterruptedException, java.io.IOException {
        sweep(path, steps, WARM_UP);
    }

    private static void sweep(Path path, int steps, int warmUp) throws InterruptedException, java.io.IOException {
        // The library's threads end when nothing needs them, and starting them takes more room than any path.
        Generator<Void, Integer> keeper = Generator.of(TWO_VALUES);
        keeper.resume(null);
        for (int i = 0; i < 3; i++) {
            pass(path, warmUp);
        }
        long bytes = allocated(path);
        long before = Attack.stacks();
        long mappings = Attack.mappings();
        int takes = (int) (bytes / FILLER) + 1;
        int stride = Math.max(1, takes / steps);
        int times = takes / stride + MARGIN;
        path.prepare(Math.min(times, MOST));
        int failed = 0;
        int completed = 0;
        OutOfMemoryError last = null;
        fillHeap();
        for (int time = 0; time < times; time++) {
            leaveRoom(time * stride);
            Attack.count();
            try {
                path.go(Math.min(time, MOST - 1));
                completed++;
            } catch (OutOfMemoryError e) {
                failed = time + 1;
                last = e;
            }
        }
        boolean incomplete = completed == 0 && warmUp == WARM_UP;
        if (incomplete && !EXACT) {
            leaveRegions();
            path.go(Math.min(times, MOST) - 1);
            incomplete = false;
        }
        emptyHeap();
        path.finish(Math.min(times, MOST));
        keeper.close();
        Attack.live();
        System.out.println("the path takes " + bytes + " bytes; steps of " + stride * FILLER + ", " + completed + " of "
                + times + " completed, the last error was at step " + failed + ": " + last);
        if (incomplete) {
            Attack.lost("a path that does not complete with room for what it takes");
        }
        Attack.checkForgotten();
        int kept = path.kept(Math.min(times, MOST));
        Attack.checkLeaks(before + 1 + kept, mappings + 2L * kept);
    }

    /** With room. */
    private static void pass(Path path, int times) throws InterruptedException {
        path.prepare(times);
        for (int i = 0; i < times; i++) {
            path.go(i);
        }
        path.finish(times);
    }

    /** What all threads allocate while a path is gone, in bytes. */
    private static long allocated(Path path) throws InterruptedException {
        long most = 0;
        path.prepare(MEASURED);
        for (int i = 0; i < MEASURED; i++) {
            long before = allocated();
            path.go(i);
            most = Math.max(most, allocated() - before);
        }
        path.finish(MEASURED);
        return most;
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getTotalThreadAllocatedBytes();
    }

    private static void counting(Yielder<Void, Integer> yielder) {
        for (Integer value : VALUES) {
            suspend(yielder, value);
        }
    }

    /** How many suspensions failed for want of memory. On native stacks none does. */
    private static int refused;

    private static void suspend(Yielder<Void, Integer> yielder, Integer value) {
        try {
            yielder.suspend(value);
        } catch (OutOfMemoryError e) {
            refused++;
            throw e;
        }
    }

    // ---- the paths ---------------------------------------------------------------------------------------

    private static int unwound;
    private static int ended;

    private static void twoValues(Yielder<Void, Integer> yielder) {
        try {
            yielder.suspend(VALUES[1]);
            yielder.suspend(VALUES[2]);
            ended++;
        } finally {
            unwound++;
        }
    }

    /** A path that goes on with each of some generators. */
    private abstract static class OfEach extends Path {

        private Generator<Void, Integer>[] generators;
        private OsStack[] given;

        abstract Generator<Void, Integer> make(OsStack stack);

        abstract void go(Generator<Void, Integer> generator);

        @Override
        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generators
        void prepare(int times) {
            generators = new Generator[times];
            given = new OsStack[times];
            unwound = 0;
            ended = 0;
            for (int i = 0; i < times; i++) {
                given[i] = Attack.isNative() ? OsStack.ofSize(256 << 10) : null;
                generators[i] = make(given[i]);
            }
        }

        @Override
        void go(int time) {
            go(generators[time]);
        }

        @Override
        void finish(int times) throws InterruptedException {
            for (int i = 0; i < times; i++) {
                generators[i].close();
                if (generators[i].state() != Generator.State.CLOSED
                        && generators[i].state() != Generator.State.FINISHED) {
                    Attack.lost("a close: " + generators[i]);
                }
                Attack.close(given[i]);
            }
            if (unwound != times) {
                Attack.lost(unwound + " of " + times + " bodies were unwound");
            }
        }
    }

    /** How a generator is made. */
    private enum How { POOLED, FRESH, GIVEN }

    private static Generator<Void, Integer> make(How how, OsStack stack) {
        Generator.Builder builder = Generator.builder();
        return (switch (how) {
            case POOLED -> builder;
            case FRESH -> builder.freshThread();
            case GIVEN -> builder.stack(stack);
        }).build(TWO_VALUES);
    }

    private static final Generator.Producer<Integer> TWO_VALUES = FullHeap::twoValues;

    static void birth(boolean given, int steps) throws Exception {
        sweep(new Birth(given), steps, SHORT_WARM_UP);
        sweep(new Birth(given), steps);
    }

    private static final class Birth extends Path {

        private final boolean given;

        private Generator<Void, Integer>[] made;
        private OsStack[] stacks;

        Birth(boolean given) {
            this.given = given;
        }

        @Override
        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generators
        void prepare(int times) {
            made = new Generator[times];
            stacks = new OsStack[times];
            for (int i = 0; i < times && given; i++) {
                stacks[i] = OsStack.ofSize(256 << 10);
            }
        }

        @Override
        void go(int time) {
            made[time] = make(given ? How.GIVEN : How.FRESH, stacks[time]);
        }

        @Override
        void finish(int times) throws InterruptedException {
            for (int i = 0; i < times; i++) {
                if (made[i] != null && (made[i].resume(null).orElse(0) != 1 || made[i].resume(null).orElse(0) != 2)) {
                    Attack.lost("a value of one that has been made");
                }
                if (made[i] != null) {
                    made[i].close();
                }
                if (given) {
                    Attack.close(stacks[i]);
                }
            }
        }
    }

    static void close(int steps) throws Exception {
        for (How how : How.values()) {
            if (how != How.GIVEN || Attack.isNative()) {
                sweep(new OfEach() {

                    @Override
                    Generator<Void, Integer> make(OsStack stack) {
                        Generator<Void, Integer> generator = FullHeap.make(how, stack);
                        generator.resume(null);
                        return generator;
                    }

                    @Override
                    void go(Generator<Void, Integer> generator) {
                        generator.close();
                    }
                }, steps);
            }
        }
    }

    /** Bodies that are suspended in a callback: they are given up, and their stacks are kept. */
    static void callback(int steps) throws Exception {
        Attack.link();
        sweep(new Stuck(), steps);
    }

    private static final class Stuck extends Path {

        private Generator<Void, Integer>[] generators;

        @Override
        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generators
        void prepare(int times) {
            generators = new Generator[times];
            for (int i = 0; i < times; i++) {
                generators[i] = Generator.of(yielder -> {
                    Attack.callback = () -> yielder.suspend(VALUES[1]);
                    Attack.callBack();
                });
                generators[i].resume(null);
            }
        }

        @Override
        void go(int time) {
            giveUp(generators[time]);
        }

        private static void giveUp(Generator<Void, Integer> generator) {
            if (generator.state() == Generator.State.CLOSED) {
                return;
            }
            try {
                generator.close();
                Attack.lost("a body in a callback was closed as if it were none");
            } catch (IllegalStateException e) { // as it should be
                return;
            }
        }

        @Override
        void finish(int times) {
            for (Generator<Void, Integer> generator : generators) {
                giveUp(generator);
                if (generator.state() != Generator.State.CLOSED) {
                    Attack.lost("a close: " + generator);
                }
            }
        }

        @Override
        int kept(int times) {
            return times;
        }
    }

    static void end(int steps) throws Exception {
        sweep(new OfEach() {

            @Override
            Generator<Void, Integer> make(OsStack stack) {
                Generator<Void, Integer> generator = FullHeap.make(How.FRESH, stack);
                generator.resume(null);
                generator.resume(null);
                return generator;
            }

            @Override
            void go(Generator<Void, Integer> generator) {
                if (generator.resume(null).isPresent()) {
                    Attack.lost("the end");
                }
            }

            @Override
            void finish(int times) throws InterruptedException {
                super.finish(times);
                if (ended < times - 1) { // one may have been given up by its first step, which is no loss
                    System.out.println(ended + " of " + times + " came to their ends, the others were closed");
                }
            }
        }, steps);
    }

    /**
     * A path that gets one value after the other; each is to come once, and in its order. Where suspending takes memory,
     * each time from another generator, since the body may end by the want of it.
     */
    private static final class Values extends Path {

        private final Supplier<Generator<Void, Integer>> maker;
        private final Function<Generator<Void, Integer>, Supplier<Integer>> getter;
        private final boolean one = Attack.isNative();
        private Generator<Void, Integer>[] generators;
        private Supplier<Integer>[] next;
        private Integer[] got;

        Values(Supplier<Generator<Void, Integer>> maker,
                Function<Generator<Void, Integer>, Supplier<Integer>> getter) {
            this.maker = maker;
            this.getter = getter;
        }

        @Override
        @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generators, and of what gets their values
        void prepare(int times) {
            generators = new Generator[one ? 1 : times];
            next = new Supplier[generators.length];
            got = new Integer[times];
            refused = 0;
            for (int i = 0; i < generators.length; i++) {
                make(i);
            }
        }

        private void make(int i) {
            generators[i] = maker.get();
            next[i] = getter.apply(generators[i]);
            next[i].get();
        }

        @Override
        void go(int time) {
            int which = one ? 0 : time;
            if (generators[which].state() == Generator.State.FINISHED) { // the last step, once more
                make(which);
            }
            got[time] = null;
            got[time] = next[which].get();
        }

        @Override
        void finish(int times) throws InterruptedException {
            int ended = 0;
            for (int i = 0; i < generators.length; i++) {
                int expected = 1;
                for (Integer value : one ? got : new Integer[] {got[i]}) {
                    if (value != null && value != expected++) {
                        Attack.lost("a value: got " + value + " instead of " + (expected - 1));
                        expected = value + 1;
                    }
                }
                if (generators[i].state() == Generator.State.FINISHED) {
                    ended++;
                    continue;
                }
                Integer after = next[i].get();
                if (after == null || after != expected) {
                    Attack.lost("a value: got " + after + " afterwards, instead of " + expected + ", at step " + i);
                }
                generators[i].close();
            }
            if (ended > refused || one && refused > 0) {
                Attack.lost(ended + " bodies, of which " + refused + " could not suspend for want of memory");
            }
        }
    }

    private static final RuntimeException RAISED = new IllegalStateException("raised");

    private static void catching(Yielder<Void, Integer> yielder) {
        for (Integer value : VALUES) {
            try {
                suspend(yielder, value);
            } catch (IllegalStateException e) {
                continue;
            }
        }
    }

    private static void delegating(Yielder<Void, Integer> yielder) {
        yielder.suspendAll(Generator.of(FullHeap::counting));
    }

    private static Integer orNull(java.util.Optional<Integer> value) {
        return value.orElse(null);
    }

    static void values(int steps) throws Exception {
        Supplier<Generator<Void, Integer>> counting = () -> Generator.of(FullHeap::counting);
        sweep(new Values(counting, generator -> () -> orNull(generator.resume(null))), steps);
        sweep(new Values(counting, generator -> {
            PeekingIterator<Integer> iterator = generator.iterator();
            return () -> {
                iterator.hasNext();
                return iterator.next();
            };
        }), steps);
        sweep(new Values(() -> Generator.builder().shared().build(FullHeap::counting),
                generator -> () -> orNull(generator.resume(null))), steps);
        sweep(new Values(() -> Generator.builder().buffered(5).build(FullHeap::counting), generator -> {
            PeekingIterator<Integer> iterator = generator.iterator();
            return iterator::next;
        }), steps);
        sweep(new Values(() -> Generator.of(FullHeap::catching), generator -> {
            boolean[] begun = new boolean[1];
            return () -> {
                if (begun[0]) {
                    try {
                        return orNull(generator.throwInto(RAISED));
                    } catch (IllegalStateException e) { // there is a value that could not be wrapped before
                        return orNull(generator.resume(null));
                    }
                }
                begun[0] = true;
                return orNull(generator.resume(null));
            };
        }), steps);
    }

    static void delegation(int steps) throws Exception {
        sweep(new Values(() -> Generator.of(FullHeap::delegating), generator -> () -> orNull(generator.resume(null))),
                steps);
    }

    static void diagnostics(int steps) throws Exception {
        sweep(new OfEach() {

            @Override
            Generator<Void, Integer> make(OsStack stack) {
                Generator<Void, Integer> generator = FullHeap.make(How.POOLED, stack);
                generator.resume(null);
                return generator;
            }

            @Override
            void go(Generator<Void, Integer> generator) {
                generator.backtrace();
                generator.toString();
                Generators.list();
                Generators.findDeadlocked();
            }
        }, steps);
    }

    /** Each step in a copy of the library of its own, which has to work when there is room again. */
    static void firstUse(int steps) throws Exception {
        int most = 12 << 20;
        int stride = Math.max(64 << 10, most / steps);
        int completed = 0;
        for (int free = 0; free <= most; free += stride) {
            Attack.count();
            Attack.Copy copy = new Attack.Copy();
            copy.prepare("live");
            room = new byte[free];
            fillHeap();
            room = null;
            try {
                copy.run();
                completed++;
            } catch (OutOfMemoryError e) {
                completed = 0;
            }
            emptyHeap();
            copy.run();
            copy.shutDown();
        }
        if (completed == 0) {
            Attack.lost("a first use with " + most + " bytes of room");
        }
        System.out.println("first uses: the last " + completed + " completed");
    }
}
