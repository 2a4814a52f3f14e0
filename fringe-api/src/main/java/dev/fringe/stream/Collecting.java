// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stream;

import dev.fringe.Generator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.stream.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Collectors written as straight-line code that asks for the next element and returns a result.
 *
 * {@snippet file="BridgeSnippets.java" region="collecting"}
 *
 * <p>Such a collector can be the downstream of another: {@code groupingBy(key, Collecting.sequential(body))} runs a
 * body for each group, and all of them are suspended while the stream goes on.
 *
 * <p>A collector can't cut a stream short: elements that come after the body has returned are dropped. An exception
 * that leaves the body leaves {@code collect}: the same object, checked or not.
 */
public final class Collecting {

    /** How many elements a switch brings. */
    private static final int CHUNK = 64;

    private Collecting() {}

    /**
     * The body of a collector: makes a result of elements.
     *
     * @param <T> the type of the elements
     * @param <R> the type of the result
     */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, R extends @Nullable Object> {

        /**
         * Runs once for each result.
         *
         * @param in the elements
         * @return the result, which may be null
         * @throws Exception whatever it throws leaves {@code collect}
         */
        R run(Elements<T> in) throws Exception;
    }

    /**
     * Makes a collector for any stream, even a parallel one. A parallel stream collects its parts at the same time, and
     * no body can begin in the middle. So the collector keeps the elements, and the body runs at the end, in the thread
     * that finishes.
     *
     * @param body what makes the result
     * @param <T> the type of the elements
     * @param <R> the type of the result
     * @return a collector
     */
    public static <T extends @Nullable Object, R extends @Nullable Object> Collector<T, ?, R> of(Body<T, R> body) {
        Objects.requireNonNull(body, "body");
        return Collector.<T, List<T>, R>of(ArrayList::new, List::add, (left, right) -> {
            left.addAll(right);
            return left;
        }, all -> {
            try {
                return body.run(new Kept<>(all.iterator()));
            } catch (Exception e) {
                throw sneak(e);
            }
        });
    }

    /**
     * Makes a collector for sequential streams, which keeps no elements: the body takes them as they come, 64 at a
     * time. The body runs on the stack of a {@link Generator}.
     *
     * @param body what makes the result
     * @param <T> the type of the elements
     * @param <R> the type of the result
     * @return a collector, which throws {@link UnsupportedOperationException} if the parts of a parallel stream
     *     would have to be combined
     */
    public static <T extends @Nullable Object, R extends @Nullable Object> Collector<T, ?, R> sequential(Body<T, R> body) {
        Objects.requireNonNull(body, "body");
        return Collector.<T, Container<T, R>, R>of(() -> new Container<>(body), Container::accumulate,
                (left, right) -> {
                    left.generator.close();
                    right.generator.close();
                    throw new UnsupportedOperationException("this collector takes the elements one after the other,"
                            + " and the stream is parallel; make the stream sequential(), or the collector with"
                            + " Collecting.of, which keeps the elements");
                }, Container::finish);
    }

    @SuppressWarnings("unchecked") // nothing is cast: the type of a thrown exception is not checked
    private static <X extends Throwable> X sneak(Throwable t) throws X {
        throw (X) t;
    }

    /** Elements that are all there. */
    private static final class Kept<T extends @Nullable Object> implements Elements<T> {

        private final Iterator<T> iterator;
        private boolean peeked;
        @SuppressWarnings("NullAway.Init") // only looked at if it was peeked
        private T first;

        Kept(Iterator<T> iterator) {
            this.iterator = iterator;
        }

        @Override
        public boolean hasNext() {
            return peeked || iterator.hasNext();
        }

        @Override
        public T peek() {
            if (!peeked) {
                first = next();
                peeked = true;
            }
            return first;
        }

        @Override
        public T next() {
            if (peeked) {
                peeked = false;
                return first;
            }
            if (!iterator.hasNext()) {
                throw new NoSuchElementException("the stream has no more elements");
            }
            return iterator.next();
        }
    }

    /** The body of one result. The body does not refer to it. */
    private static final class Container<T extends @Nullable Object, R extends @Nullable Object> {

        /** What the body shares with this. */
        private static final class Flow<T extends @Nullable Object, R extends @Nullable Object> extends Inflow<T> {
            @SuppressWarnings("NullAway.Init") // only asked for when the body has returned
            private R result;

            Flow() {
                super(CHUNK);
            }
        }

        private final Flow<T, R> flow = new Flow<>();
        private final Generator<Void, Boolean> generator;
        private boolean done;

        Container(Body<T, R> body) {
            Flow<T, R> between = flow;
            generator = Generator.ofShared(yielder -> {
                between.begin(yielder);
                try {
                    between.result = body.run(between);
                } finally {
                    between.thread = null;
                }
            });
        }

        void accumulate(T element) {
            if (!done && !flow.add(element)) {
                run();
            }
        }

        private void run() {
            done = true; // if it throws
            flow.enter();
            try {
                done = generator.resume().isEmpty();
            } finally {
                flow.leave();
            }
            flow.clear();
        }

        R finish() {
            if (!done) {
                flow.ended = true;
                run();
            }
            return flow.result;
        }
    }
}
