// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.BodyContext;
import dev.fringe.Generator;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a body sees of the thread that resumes it. */
@Tag("semantics")
class BodyContextTest {

    private static final ThreadLocal<String> USER = new ThreadLocal<>();
    private static final ThreadLocal<Integer> COUNT = ThreadLocal.withInitial(() -> 7);

    private final List<Object> log = new ArrayList<>();

    @AfterEach
    void clear() {
        USER.remove();
        COUNT.remove();
    }

    private static Generator.Builder copying() {
        return Generator.builder().shared().context(BodyContext.ofThreadLocals(USER, COUNT));
    }

    @Test
    void nothingWithoutAContext() {
        USER.set("Ada");
        assertEquals("null", Generator.of(yielder -> yielder.suspend("" + USER.get())).first().orElseThrow());
    }

    @Test
    void eachResumerGivesItsOwn() throws Exception {
        Generator<Void, String> generator = copying().build(yielder -> {
            while (true) {
                String seen = USER.get() + COUNT.get();
                COUNT.set(COUNT.get() + 100); // is not seen again
                yielder.suspend(seen);
            }
        });
        USER.set("Ada");
        assertEquals("Ada7", generator.resume().orElseThrow());
        COUNT.set(8);
        assertEquals("Ada8", generator.resume().orElseThrow());
        for (Thread.Builder builder : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            builder.start(() -> {
                USER.set("Bob");
                log.add(generator.resume().orElseThrow());
            }).join();
        }
        assertEquals(List.of("Bob7", "Bob7"), log);
        assertEquals("Ada8", generator.resume().orElseThrow());
        assertEquals(8, COUNT.get());
        USER.remove();
        assertEquals("null8", generator.iterator().next());
        generator.close();
    }

    /** Where threads are used again, another body gets the same thread; else each has one that nobody has used. */
    @Test
    void nothingIsLeftInTheThread() {
        USER.set("Ada");
        Thread[] threads = new Thread[2];
        copying().build(yielder -> {
            threads[0] = Thread.currentThread();
            yielder.suspend(USER.get());
        }).forEach(log::add);
        for (int i = 0; i < 1000 && threads[1] != threads[0]; i++) { // until a body gets the same thread
            Generator.of(yielder -> {
                threads[1] = Thread.currentThread();
                yielder.suspend("" + USER.get());
            }).forEach(seen -> assertEquals("null", seen));
        }
        assertEquals(!Needs.RefusedElsewhere.engine().name().equals("portable"), threads[0] == threads[1]);
        assertEquals(List.of("Ada"), log);
    }

    @Test
    void closingAndThrowingAreStretchesToo() {
        Generator<Void, String> generator = copying().build(yielder -> {
            try {
                yielder.suspend(USER.get());
            } catch (IllegalArgumentException e) {
                log.add("caught for " + USER.get());
            }
            try {
                yielder.suspend(USER.get());
            } finally {
                log.add("closed by " + USER.get());
            }
        });
        USER.set("Ada");
        generator.resume();
        USER.set("Bob");
        assertEquals("Bob", generator.throwInto(new IllegalArgumentException()).orElseThrow());
        USER.set("Cyd");
        generator.close();
        assertEquals(List.of("caught for Bob", "closed by Cyd"), log);
    }

    /** Notes what is called, in which thread. */
    private final class Noting implements BodyContext<String> {

        private int captured;

        @Override
        public String capture() {
            log.add("capture");
            return "#" + ++captured;
        }

        @Override
        public void enter(String given) {
            log.add("enter " + given);
        }

        @Override
        public void leave(String given) {
            log.add("leave " + given);
        }
    }

    @Test
    void theOrderOfCalls() {
        Generator<Void, String> generator = Generator.builder().context(new Noting()).build(yielder -> {
            log.add("start");
            yielder.suspend("a");
            log.add("end");
        });
        generator.resume();
        assertEquals(List.of("capture", "enter #1", "start", "leave #1"), log);
        log.clear();
        generator.resume();
        assertEquals(List.of("capture", "enter #2", "end", "leave #2"), log);
        log.clear();
        generator.resume();
        generator.close();
        assertEquals(List.of(), log, "there is no body to run");
    }

    @Test
    void bufferedBodiesHaveThatOfTheResumeThatRunsThem() {
        Generator<Void, String> generator = Generator.builder().context(new Noting()).buffered(2).build(yielder -> {
            for (int i = 0; i < 4; i++) {
                yielder.suspend("a");
            }
        });
        assertEquals(4, generator.take(5).size());
        assertEquals(log.stream().filter("capture"::equals).count() * 3, log.size(), log.toString());
        assertTrue(log.size() <= 9, log.toString());
    }

    @Test
    void delegatesHaveTheirOwn() {
        USER.set("Ada");
        Generator<Void, String> plain = Generator.ofShared(yielder -> yielder.suspend("plain " + USER.get()));
        Generator<Void, String> outer = copying().build(yielder -> {
            yielder.suspend("outer " + USER.get());
            yielder.suspendAll(plain, null);
            yielder.suspendAll(copying().build(inner -> {
                inner.suspend("inner " + USER.get());
                inner.suspend("inner " + USER.get());
            }), null);
            yielder.suspend("outer " + USER.get());
        });
        assertEquals("outer Ada", outer.resume().orElseThrow());
        assertEquals("plain null", outer.resume().orElseThrow());
        assertEquals("inner Ada", outer.resume().orElseThrow());
        USER.set("Bob");
        assertEquals("inner Bob", outer.resume().orElseThrow());
        assertEquals("outer Bob", outer.resume().orElseThrow());
        assertTrue(outer.resume().isEmpty());
    }

    @Test
    void togetherWithInterrupts() {
        Generator<Void, String> generator = Generator.builder().interruptible()
                .context(BodyContext.ofThreadLocals(USER)).build(yielder -> {
                    try {
                        Thread.sleep(100_000);
                    } catch (InterruptedException e) {
                        yielder.suspend("interrupted " + USER.get());
                    }
                    yielder.suspend("later " + USER.get());
                });
        USER.set("Ada");
        Thread.currentThread().interrupt();
        assertEquals("interrupted Ada", generator.resume().orElseThrow());
        assertEquals(false, Thread.interrupted());
        assertEquals("later Ada", generator.resume().orElseThrow());
        generator.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatItThrows(boolean interruptible) {
        IllegalStateException thrown = new IllegalStateException("no context");
        boolean[] failing = {true};
        Generator.Builder builder = Generator.builder();
        Generator<Void, String> generator = (interruptible ? builder.interruptible() : builder).context(new BodyContext<>() {
            @Override
            public Object capture() {
                if (failing[0]) {
                    throw thrown;
                }
                return null;
            }

            @Override
            public void enter(Object captured) {
                throw new IllegalArgumentException("is logged");
            }

            @Override
            public void leave(Object captured) {
                throw new IllegalArgumentException("is logged");
            }
        }).build(yielder -> yielder.suspend("ran"));
        assertSame(thrown, assertThrows(IllegalStateException.class, generator::resume));
        assertEquals(Generator.State.NEW, generator.state());
        failing[0] = false;
        assertEquals("ran", generator.resume().orElseThrow());
        assertTrue(generator.resume().isEmpty());
    }

    @Test
    void publishersHaveThatOfTheThreadThatRunsThem() throws Exception {
        USER.set("Ada");
        Flow.Publisher<String> publisher = copying().publisher(Runnable::run,
                yielder -> yielder.suspend("for " + USER.get()));
        publisher.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(2);
            }

            @Override
            public void onNext(String item) {
                log.add(item);
            }

            @Override
            public void onError(Throwable cause) {
                log.add(cause);
            }

            @Override
            public void onComplete() {
                log.add("complete");
            }
        });
        assertEquals(List.of("for Ada", "complete"), log);
    }

    /** As the documentation of the library wants it: what is registered goes along, whatever it is. */
    private record Propagation(ContextSnapshotFactory factory) implements BodyContext<Propagation.Stretch> {

        static final class Stretch {
            private final ContextSnapshot snapshot;
            private ContextSnapshot.Scope scope;

            Stretch(ContextSnapshot snapshot) {
                this.snapshot = snapshot;
            }
        }

        @Override
        public Stretch capture() {
            return new Stretch(factory.captureAll());
        }

        @Override
        public void enter(Stretch stretch) {
            stretch.scope = stretch.snapshot.setThreadLocals();
        }

        @Override
        public void leave(Stretch stretch) {
            stretch.scope.close();
        }
    }

    @Test
    void micrometersContextPropagation() throws Exception {
        ContextRegistry registry = new ContextRegistry().registerThreadLocalAccessor("user", USER);
        ContextSnapshotFactory factory = ContextSnapshotFactory.builder().contextRegistry(registry).build();
        Generator<Void, String> generator = Generator.builder().shared().context(new Propagation(factory))
                .build(yielder -> {
                    while (true) {
                        yielder.suspend("" + USER.get());
                    }
                });
        USER.set("Ada");
        assertEquals("Ada", generator.resume().orElseThrow());
        try (var executor = Executors.newSingleThreadExecutor()) {
            executor.submit(() -> {
                USER.set("Bob");
                log.add(generator.resume().orElseThrow());
            }).get();
        }
        assertEquals(List.of("Bob"), log);
        USER.remove();
        assertEquals("null", generator.resume().orElseThrow());
        assertNull(USER.get());
        generator.close();
    }
}
