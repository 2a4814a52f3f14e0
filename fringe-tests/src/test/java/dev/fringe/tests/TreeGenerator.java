// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.PeekingIterator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** The generator that a {@link Tree} describes. */
final class TreeGenerator {

    private final Tree tree;
    private final List<String> log;

    private TreeGenerator(Tree tree, List<String> log) {
        this.tree = tree;
        this.log = log;
    }

    static Resumable of(Tree tree, List<String> log) {
        TreeGenerator maker = new TreeGenerator(tree, log);
        return switch (tree.type()) {
            case OBJECTS -> new OfObjects(maker.objects());
            case LONGS -> new OfLongs(maker.longs());
            case STEPS -> new OfSteps(maker.steps());
        };
    }

    private Generator.Builder builder() {
        return tree.shared() ? Generator.builder().shared() : Generator.builder();
    }

    @SuppressWarnings("unchecked") // a body that runs ahead gets no input, whatever its type
    private Generator<Object, Long> objects() {
        if (tree.ahead() == 0) {
            return builder().build((Yielder<Object, Long> yielder, Object input) -> run(yielder, input));
        }
        return (Generator<Object, Long>) (Generator<?, Long>) builder().buffered(tree.ahead())
                .build((Yielder<Void, Long> yielder) -> run((Yielder<Object, Long>) (Yielder<?, Long>) yielder, null));
    }

    private Generator<Object, Step<Long, Long>> steps() {
        return builder().buildSteps((Yielder<Object, Long> yielder, Object input) -> {
            run(yielder, input);
            return tree.returned();
        });
    }

    private LongGenerator longs() {
        LongGenerator.Builder builder = tree.shared() ? LongGenerator.builder().shared() : LongGenerator.builder();
        return tree.ahead() == 0
                ? builder.build((LongYielder yielder, long input) -> run(new LongsOut(yielder), input))
                : builder.buffered(tree.ahead()).build((LongYielder values) -> run(new LongsAhead(values), null));
    }

    // ---- the body -------------------------------------------------------------------------------------

    private void run(Yielder<Object, Long> out, Object first) {
        log.add(tree.id() + " starts with " + first);
        try {
            for (int i = 0; i < tree.acts().size(); i++) {
                try {
                    switch (tree.acts().get(i)) {
                        case Tree.Emit emit -> log.add(tree.id() + " gets " + out.suspend(tree.value(i)));
                        case Tree.Fail fail -> throw new Tree.Failure(tree.id());
                        case Tree.Sub sub -> giveOut(sub, out);
                    }
                } catch (ArithmeticException e) {
                    if (!tree.catches()) {
                        throw e;
                    }
                    log.add(tree.id() + " catches");
                }
            }
        } finally {
            log.add(tree.id() + " ends");
            if (tree.cleanup() == Tree.Cleanup.SUSPENDS && out.isClosing()) {
                out.suspend(0L);
            } else if (tree.cleanup() == Tree.Cleanup.FAILS) {
                failCleanup();
            }
        }
    }

    private void failCleanup() {
        throw new Tree.Failure(tree.id());
    }

    private void giveOut(Tree.Sub sub, Yielder<Object, Long> out) {
        TreeGenerator maker = new TreeGenerator(sub.tree(), log);
        switch (sub.tree().type()) {
            case OBJECTS -> {
                try (Generator<Object, Long> inner = maker.objects()) {
                    if (sub.primed() && !inner.iterator().hasNext()) {
                        return;
                    }
                    switch (tree.wayOf(sub)) {
                        case GENERATOR -> out.suspendAll(inner);
                        case ITERABLE -> out.suspendAll((Iterable<Long>) inner);
                        case ITERATOR -> out.suspendAll((Iterator<Long>) inner.iterator());
                        case STREAM -> out.suspendAll(inner.stream());
                        case LOOP -> inner.forEach(out::suspend);
                    }
                }
            }
            case LONGS -> {
                try (LongGenerator inner = maker.longs()) {
                    if (!sub.primed() || inner.iterator().hasNext()) {
                        giveOut(inner, tree.wayOf(sub), out);
                    }
                }
            }
            case STEPS -> {
                try (Generator<Object, Step<Long, Long>> inner = maker.steps()) {
                    if (sub.primed() && !inner.iterator().hasNext()) {
                        return;
                    }
                    if (tree.getsResult(sub)) {
                        log.add(tree.id() + " gets the result " + out.<Long>delegate(inner));
                    } else {
                        for (Step<Long, Long> step : inner) {
                            out.suspend(OfSteps.value(step));
                        }
                    }
                }
            }
        }
    }

    private static void giveOut(LongGenerator inner, Tree.Way way, Yielder<Object, Long> out) {
        switch (way) {
            case GENERATOR -> ((LongsOut) out).yielder.suspendAll(inner);
            case ITERABLE -> ((LongsOut) out).yielder.suspendAll((Iterable<Long>) inner);
            case ITERATOR -> ((LongsOut) out).yielder.suspendAll((Iterator<Long>) inner.iterator());
            case STREAM -> ((LongsOut) out).yielder.suspendAll(inner.stream());
            case LOOP -> {
                for (long value : inner) {
                    out.suspend(value);
                }
            }
        }
    }

    /** A body of longs, for what is written for objects. */
    private record LongsOut(LongYielder yielder) implements Yielder<Object, Long> {

        @Override
        public Object suspend(Long value) {
            return yielder.suspend(value);
        }

        @Override
        public boolean isClosing() {
            return yielder.isClosing();
        }
    }

    /** The same for one that runs ahead, which can't tell whether it is unwound. */
    private record LongsAhead(LongConsumer values) implements Yielder<Object, Long> {

        @Override
        public Object suspend(Long value) {
            values.accept(value);
            return null;
        }

        @Override
        public boolean isClosing() {
            return false;
        }
    }

    // ---- what a resumer calls -------------------------------------------------------------------------

    private record OfObjects(Generator<Object, Long> generator) implements Resumable {

        @Override
        public Long resume(Long input) {
            return generator.resume(input).orElse(null);
        }

        @Override
        public boolean hasNext() {
            return generator.iterator().hasNext();
        }

        @Override
        public Long next() {
            return generator.iterator().next();
        }

        @Override
        public Long peek() {
            return generator.iterator().peek();
        }

        @Override
        public Long throwInto(RuntimeException exception) {
            return generator.throwInto(exception).orElse(null);
        }

        @Override
        public void close() {
            generator.close();
        }

        @Override
        public String state() {
            return generator.state().name();
        }
    }

    private record OfSteps(Generator<Object, Step<Long, Long>> generator) implements Resumable {

        static Long value(Step<Long, Long> step) {
            return switch (step) {
                case null -> null;
                case Step.Yielded<Long, Long>(Long value) -> value;
                case Step.Returned<Long, Long>(Long value) -> value;
            };
        }

        @Override
        public Long resume(Long input) {
            return value(generator.resume(input).orElse(null));
        }

        @Override
        public boolean hasNext() {
            return generator.iterator().hasNext();
        }

        @Override
        public Long next() {
            return value(generator.iterator().next());
        }

        @Override
        public Long peek() {
            return value(generator.iterator().peek());
        }

        @Override
        public Long throwInto(RuntimeException exception) {
            return value(generator.throwInto(exception).orElse(null));
        }

        @Override
        public void close() {
            generator.close();
        }

        @Override
        public String state() {
            return generator.state().name();
        }
    }

    private record OfLongs(LongGenerator generator) implements Resumable {

        private static Long boxed(Supplier<OptionalLong> call) {
            OptionalLong value = call.get();
            return value.isPresent() ? (Long) value.getAsLong() : null;
        }

        @Override
        public Long resume(Long input) {
            return boxed(() -> generator.resume(input == null ? 0 : input));
        }

        @Override
        public boolean hasNext() {
            return generator.iterator().hasNext();
        }

        @Override
        public Long next() {
            return generator.iterator().next();
        }

        @Override
        public Long peek() {
            PeekingIterator<Long> iterator = generator.iterator();
            return iterator.peek();
        }

        @Override
        public Long throwInto(RuntimeException exception) {
            return boxed(() -> generator.throwInto(exception));
        }

        @Override
        public void close() {
            generator.close();
        }

        @Override
        public String state() {
            return generator.state().name();
        }
    }
}
