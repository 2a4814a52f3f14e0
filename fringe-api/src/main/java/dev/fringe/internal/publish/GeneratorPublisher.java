// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.publish;

import dev.fringe.Generator;
import dev.fringe.internal.support.Log;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Publishes what a body suspends with, to each subscriber from a generator of its own.
 *
 * @param maker makes the generators, which are shared
 */
public record GeneratorPublisher<O>(Executor executor, Supplier<Generator<Void, O>> maker) implements Flow.Publisher<O> {

    @Override
    public void subscribe(Flow.Subscriber<? super O> subscriber) {
        new Subscription<>(this, Objects.requireNonNull(subscriber, "subscriber")).start();
    }

    /**
     * One subscriber's generator. All signals are sent by {@link #run}, which runs when there is work and
     * never twice at once: who finds none begun starts it, others leave a note by counting.
     */
    private static final class Subscription<O> implements Flow.Subscription, Runnable {

        private final GeneratorPublisher<O> publication;
        /** Of 64 bits, because a subscriber may ask once more for each item, without end. */
        private final AtomicLong work = new AtomicLong(1);
        private final AtomicLong demand = new AtomicLong();
        private volatile boolean cancelled;
        private volatile Throwable misuse;
        /** Null after the last signal. */
        private Flow.Subscriber<? super O> subscriber;
        private Generator<Void, O> generator;

        Subscription(GeneratorPublisher<O> publication, Flow.Subscriber<? super O> subscriber) {
            this.publication = publication;
            this.subscriber = subscriber;
        }

        /** The work that {@code onSubscribe} makes waits until it has returned. */
        void start() {
            try {
                subscriber.onSubscribe(this);
            } catch (Throwable t) {
                cancelled = true;
                subscriber = null;
                throw t;
            }
            if (work.decrementAndGet() != 0) {
                execute();
            }
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                misuse = new IllegalArgumentException("a subscriber must request more than 0 items, not " + n);
            } else {
                demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
            }
            schedule();
        }

        @Override
        public void cancel() {
            cancelled = true;
            schedule();
        }

        private void schedule() {
            if (work.getAndIncrement() == 0) {
                execute();
            }
        }

        private void execute() {
            try {
                publication.executor.execute(this);
            } catch (Throwable t) { // rejected, or no thread to be had
                misuse = t;
                run();
            }
        }

        @Override
        public void run() {
            long seen = work.get();
            do {
                try {
                    signal();
                } catch (Throwable t) { // of a subscriber, which must not throw: that counts as cancelling
                    warn("a subscriber has thrown, and its subscription is cancelled", t);
                    end();
                }
                seen = work.addAndGet(-seen);
            } while (seen != 0);
        }

        private void signal() {
            while (subscriber != null) {
                if (cancelled) {
                    end();
                } else if (misuse != null) {
                    end().onError(misuse);
                } else if (demand.get() == 0) {
                    return;
                } else {
                    next();
                }
            }
        }

        private void next() {
            O value;
            try {
                if (generator == null) {
                    generator = publication.maker.get();
                }
                value = generator.resume(null).orElse(null);
            } catch (Throwable t) {
                end().onError(t);
                return;
            }
            if (value == null) {
                end().onComplete();
            } else {
                demand.updateAndGet(n -> n == Long.MAX_VALUE ? n : n - 1);
                subscriber.onNext(value);
            }
        }

        /** Frees everything; what is returned may get one more signal. */
        private Flow.Subscriber<? super O> end() {
            Flow.Subscriber<? super O> last = subscriber;
            subscriber = null;
            try {
                if (generator != null) {
                    generator.close();
                }
            } catch (Throwable t) { // what the body throws then is not for the subscriber, who has cancelled
                warn("the body of a publisher has thrown while it was unwound", t);
            }
            return last;
        }

        private static void warn(String message, Throwable t) {
            Log.warn(message, t);
        }
    }
}
