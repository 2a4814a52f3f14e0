// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.io.BytePublishers;
import dev.fringe.io.GeneratorSubscriber;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;

/** Publishers driven by demand. */
@Tag("semantics")
class PublisherTest {

    /** For a signal that must come; on a busy machine a thread may have to wait. */
    private static final int PATIENCE_MILLIS = 20_000;

    private final List<Object> log = new ArrayList<>();

    /** A question that gives a collection 100 ms, in which it may get no processor. */
    private interface Question {

        void ask() throws Throwable;
    }

    /** @param forget has the TCK forget what was answered before */
    private static void askUpTo(int times, Question forget, Question question) throws Throwable {
        for (int i = 1; i < times; i++) {
            try {
                question.ask();
                return;
            } catch (AssertionError e) {
                forget.ask();
            }
        }
        question.ask();
    }

    /** The Reactive Streams TCK's questions, patiently. */
    private abstract static class Patient<T> extends FlowPublisherVerification<T> {

        Patient() {
            super(new TestEnvironment(PATIENCE_MILLIS, 100, 20));
        }

        @Override
        @org.testng.annotations.Test
        public void required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber()
                throws Throwable {
            askUpTo(5, this::setUp, super::
                    required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber);
        }
    }

    /** Those to a publisher. */
    public static class Tck extends Patient<Long> {

        private final ExecutorService executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "publisher");
            thread.setDaemon(true);
            return thread;
        });

        /** For TestNG. */
        public Tck() { }

        @Override
        public Flow.Publisher<Long> createFlowPublisher(long elements) {
            return Generator.publisher(executor, yielder -> {
                for (long i = 0; i < elements; i++) {
                    yielder.suspend(i);
                }
            });
        }

        @Override
        public Flow.Publisher<Long> createFailedFlowPublisher() {
            return null; // fails when it is asked for the first item; see exceptionIsSentAfterTheItems
        }
    }

    /** The same of a publisher of what a body writes: one byte in each buffer. */
    public static class BytesTck extends Patient<ByteBuffer> {

        private final ExecutorService executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "publisher of bytes");
            thread.setDaemon(true);
            return thread;
        });

        /** For TestNG. */
        public BytesTck() { }

        @Override
        public Flow.Publisher<ByteBuffer> createFlowPublisher(long elements) {
            return BytePublishers.of(executor, 1, out -> {
                for (long i = 0; i < elements; i++) {
                    out.write((int) i);
                }
            });
        }

        @Override
        public Flow.Publisher<ByteBuffer> createFailedFlowPublisher() {
            return null; // as above
        }
    }

    /** The questions to a subscriber, as far as they can be put without looking into it. */
    public static class SubscriberTck extends FlowSubscriberBlackboxVerification<List<ByteBuffer>> {

        /** For TestNG. */
        public SubscriberTck() {
            super(new TestEnvironment(PATIENCE_MILLIS, 100, 20));
        }

        @Override
        public Flow.Subscriber<List<ByteBuffer>> createFlowSubscriber() {
            return GeneratorSubscriber.of(in -> in.readAllBytes().length);
        }

        @Override
        public List<ByteBuffer> createElement(int element) {
            return List.of(ByteBuffer.wrap(new byte[] {(byte) element}), ByteBuffer.allocate(0));
        }
    }

    @Test
    void passesTheTck() {
        passes(Tck.class, 24);
    }

    @Test
    void thatOfBytesPassesTheTck() {
        passes(BytesTck.class, 24);
    }

    @Test
    void theSubscriberPassesTheTck() {
        passes(SubscriberTck.class, 10);
    }

    private static void passes(Class<?> tck, int questions) {
        TestNG tests = new TestNG(false);
        TestListenerAdapter results = new TestListenerAdapter();
        tests.addListener(results);
        tests.setVerbose(0);
        tests.setOutputDirectory(System.getProperty("java.io.tmpdir") + "/fringe-tck");
        tests.setTestClasses(new Class<?>[] {tck});
        tests.run();
        assertEquals("", results.getFailedTests().stream().map(PublisherTest::describe)
                .collect(Collectors.joining("\n")));
        assertTrue(results.getPassedTests().size() >= questions, "passed: " + results.getPassedTests().size()
                + ", skipped: " + results.getSkippedTests().stream().map(PublisherTest::describe).toList());
    }

    private static String describe(ITestResult result) {
        return result.getName() + ": " + result.getThrowable();
    }

    /** Notes its signals, and requests what it is told to. */
    private class Notes implements Flow.Subscriber<Object> {

        Flow.Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(Object item) {
            log.add(item);
        }

        @Override
        public void onError(Throwable thrown) {
            log.add(thrown);
        }

        @Override
        public void onComplete() {
            log.add("complete");
        }
    }

    private Flow.Publisher<Object> count(int end) {
        return Generator.publisher(Runnable::run, yielder -> {
            try {
                for (int i = 0; i < end; i++) {
                    yielder.suspend(i);
                }
            } finally {
                log.add("end");
            }
        });
    }

    @Test
    void demandDrivesTheBody() {
        Notes notes = new Notes();
        count(4).subscribe(notes);
        assertEquals(List.of(), log);
        notes.subscription.request(1);
        assertEquals(List.of(0), log);
        notes.subscription.request(3);
        assertEquals(List.of(0, 1, 2, 3), log);
        notes.subscription.request(1);
        assertEquals(List.of(0, 1, 2, 3, "end", "complete"), log);
        notes.subscription.request(1);
        assertEquals(6, log.size());
    }

    @Test
    void eachSubscriberGetsAll() {
        Flow.Publisher<Object> publisher = count(2);
        for (int i = 0; i < 2; i++) {
            Notes notes = new Notes();
            publisher.subscribe(notes);
            notes.subscription.request(Long.MAX_VALUE);
        }
        assertEquals(List.of(0, 1, "end", "complete", 0, 1, "end", "complete"), log);
    }

    @Test
    void cancellingClosesTheGenerator() {
        Notes notes = new Notes();
        count(10).subscribe(notes);
        notes.subscription.request(1);
        notes.subscription.cancel();
        notes.subscription.request(1);
        assertEquals(List.of(0, "end"), log);
    }

    @Test
    void exceptionIsSentAfterTheItems() {
        IOException thrown = new IOException();
        Notes notes = new Notes();
        Generator.publisher(Runnable::run, yielder -> {
            yielder.suspend("item");
            throw thrown;
        }).subscribe(notes);
        notes.subscription.request(5);
        assertEquals(2, log.size());
        assertSame(thrown, log.getLast());
    }

    @Test
    void rejectedTaskIsAnError() {
        Notes notes = new Notes();
        Generator.publisher(task -> {
            throw new RejectedExecutionException();
        }, yielder -> yielder.suspend("item")).subscribe(notes);
        notes.subscription.request(1);
        assertInstanceOf(RejectedExecutionException.class, log.getFirst());
        assertEquals(1, log.size());
    }

    /** However an executor fails: the caller of {@code request} is not the one to hear of it. */
    @Test
    void missingThreadIsAnError() {
        OutOfMemoryError thrown = new OutOfMemoryError("no thread, says the test");
        Notes notes = new Notes();
        Generator.publisher(task -> {
            throw thrown;
        }, yielder -> yielder.suspend("item")).subscribe(notes);
        notes.subscription.request(1);
        notes.subscription.request(1);
        assertEquals(List.of(thrown), log);
    }

    /** Rule 2.13 of Reactive Streams: it counts as having cancelled. */
    @Test
    void subscriberThatThrowsHasCancelled() {
        Notes notes = new Notes() {
            @Override
            public void onNext(Object item) {
                super.onNext(item);
                throw new IllegalArgumentException("thrown by a subscriber");
            }
        };
        count(10).subscribe(notes);
        notes.subscription.request(3);
        assertEquals(List.of(0, "end"), log, "and the body has been unwound");
        notes.subscription.request(1);
        assertEquals(2, log.size());
    }

    /** What the body throws while it is unwound does not keep the last signal from the subscriber. */
    @Test
    void misuseIsSignalledWhateverTheBodyThrows() {
        Notes notes = new Notes();
        Generator.publisher(Runnable::run, yielder -> {
            try {
                yielder.suspend("item");
            } finally {
                throwIt(new IOException("thrown by a body"));
            }
        }).subscribe(notes);
        notes.subscription.request(1);
        notes.subscription.request(0);
        assertEquals(2, log.size());
        assertInstanceOf(IllegalArgumentException.class, log.getLast());
    }

    private static void throwIt(Exception e) throws Exception {
        throw e;
    }

    /** A subscriber that asks for one more in each onNext, however many. */
    @Test
    void requestingWithinOnNextDoesNotNest() {
        int end = Scale.of(20_000, 2_000);
        Notes notes = new Notes() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                super.onSubscribe(given);
                given.request(1);
            }

            @Override
            public void onNext(Object item) {
                super.onNext(item);
                subscription.request(1);
            }
        };
        count(end).subscribe(notes);
        assertEquals(IntStream.range(0, end).boxed().toList(), log.subList(0, end));
        assertEquals("complete", log.getLast());
    }
}
