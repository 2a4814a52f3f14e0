// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stream;

import dev.fringe.Generator;
import java.util.Objects;
import java.util.stream.Gatherer;
import org.jspecify.annotations.Nullable;

/**
 * Intermediate stages of streams, written as straight-line code. The code asks for the next element and pushes any
 * number of results, in loops, conditions and methods of its own. A {@link Gatherer} written by hand is a state machine
 * that is called for each element.
 *
 * {@snippet file="BridgeSnippets.java" region="gathering"}
 *
 * <p>Declare the types of the lambda's parameters: the compiler can't infer from the body what the stage takes and
 * makes.
 *
 * <p><b>The end.</b> At the end of the stream {@link Elements#hasNext} is false; what the body pushes after that still
 * counts. If the body returns before the end, it takes no further elements, and the stream is cut short. When the later
 * stages want no more, the body is unwound in {@code push}, so that its {@code finally} blocks run.
 *
 * <p><b>Exceptions.</b> An exception that leaves the body leaves the terminal operation: the same object, checked or
 * not. If another stage throws, a suspended body is not unwound at once, but some time after the stream has become
 * unreachable.
 *
 * <p><b>Parallel streams.</b> The stage gets its elements one after the other, in encounter order, whatever the other
 * stages do.
 *
 * <p><b>Threads.</b> The body runs in the thread of a {@link Generator}, with thread-locals of its own. Later stages
 * run in the stream's thread.
 */
public final class Gathering {

    private Gathering() {}

    /**
     * The body of a stage.
     *
     * @param <T> the type of the elements it takes
     * @param <R> the type of the elements it makes
     */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, R extends @Nullable Object> {

        /**
         * Runs on the stack of a generator.
         *
         * @param in the elements of the stream
         * @param out takes the results, which are the elements of the next stage
         * @throws Exception whatever it throws leaves the terminal operation of the stream
         */
        void run(Elements<T> in, Gatherer.Downstream<R> out) throws Exception;
    }

    /**
     * Makes a stage that passes each element to the body as it comes, and each result on as it is pushed. That takes a
     * switch of stacks for each; {@link #buffered} needs fewer.
     *
     * @param body what the stage does; each stream gets a run of its own
     * @param <T> the type of the elements it takes
     * @param <R> the type of the elements it makes
     * @return a gatherer
     */
    public static <T extends @Nullable Object, R extends @Nullable Object> Gatherer<T, ?, R> of(Body<T, R> body) {
        return buffered(1, body);
    }

    /**
     * Makes a stage that passes elements to the body, and results on, up to {@code n} at a time. The results are the
     * same. What differs is when the body runs: an element waits until there are {@code n} or the stream has ended. So
     * earlier stages may take {@code n} elements more than the result needs. If the source of a stream waits for each
     * element, use {@link #of}.
     *
     * @param n the most elements, or results, that one switch brings; at least 1. 64 is a good number
     * @param body what the stage does; each stream gets a run of its own
     * @param <T> the type of the elements it takes
     * @param <R> the type of the elements it makes
     * @return a gatherer
     * @throws IllegalArgumentException if {@code n} is less than 1
     */
    public static <T extends @Nullable Object, R extends @Nullable Object> Gatherer<T, ?, R> buffered(int n, Body<T, R> body) {
        Objects.requireNonNull(body, "body");
        requirePositive(n);
        return Gatherer.<T, Stage<T, R>, R>ofSequential(() -> new Stage<>(n, body),
                Gatherer.Integrator.of(Stage::integrate), Stage::finish);
    }

    static void requirePositive(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("a buffer can't have room for " + n + " elements; it has at least 1");
        }
    }

    /** What is on its way to the body and from it. */
    private static final class Flow<T extends @Nullable Object, R extends @Nullable Object> extends Inflow<T> implements Gatherer.Downstream<R> {

        private final Object[] results;
        private int count;
        /** Up to where the body may put results without suspending; negative while it does not run. */
        private int last = -1;

        Flow(int capacity) {
            super(capacity);
            results = new Object[capacity];
        }

        @Override
        void enter() {
            super.enter();
            last = results.length - 1;
        }

        @Override
        void leave() {
            super.leave();
            last = -1;
        }

        @Override
        public boolean push(R result) {
            int at = count;
            if (at < last) {
                results[at] = result;
                count = at + 1;
                return true;
            }
            check();
            results[at] = result;
            count = at + 1;
            yielder.suspend(true);
            return true;
        }

        /** Passes the results on; false if no more are wanted. */
        @SuppressWarnings("unchecked") // the body pushes results of this type
        boolean passOn(Gatherer.Downstream<? super R> downstream) {
            int all = count;
            count = 0;
            for (int i = 0; i < all; i++) {
                R result = (R) results[i];
                results[i] = null;
                if (!downstream.push(result)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The body of one stream, and what is called by the stream. The body does not refer to it. */
    private static final class Stage<T extends @Nullable Object, R extends @Nullable Object> {

        private final Flow<T, R> flow;
        private final Generator<Void, Boolean> generator;
        private boolean done;

        Stage(int capacity, Body<T, R> body) {
            Flow<T, R> between = new Flow<>(capacity);
            flow = between;
            generator = Generator.ofShared(yielder -> {
                between.begin(yielder);
                try {
                    body.run(between, between);
                } finally {
                    between.thread = null;
                }
            });
        }

        boolean integrate(T element, Gatherer.Downstream<? super R> downstream) {
            return !done && (flow.add(element) || run(downstream));
        }

        void finish(Gatherer.Downstream<? super R> downstream) {
            flow.ended = true;
            if (downstream.isRejecting()) {
                close();
            }
            while (!done) {
                run(downstream);
            }
        }

        /** Runs the body until it has taken all elements; false if it takes no more. */
        private boolean run(Gatherer.Downstream<? super R> downstream) {
            try {
                do {
                    flow.enter();
                    try {
                        done = generator.resume().isEmpty();
                    } finally {
                        flow.leave();
                    }
                    if (!flow.passOn(downstream) && !done) {
                        close();
                    }
                } while (!done && flow.isLeft());
            } catch (Throwable t) {
                try {
                    close();
                } catch (Throwable further) {
                    t.addSuppressed(further);
                }
                throw t;
            }
            flow.clear();
            if (done) {
                flow.discard();
            }
            return !done;
        }

        private void close() {
            done = true;
            flow.discard();
            generator.close();
        }
    }
}
