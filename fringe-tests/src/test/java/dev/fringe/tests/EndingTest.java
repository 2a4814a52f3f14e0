// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.Yielder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is a failure of a body that is closed, and what is its unwinding in some disguise. */
@Tag("semantics")
class EndingTest {

    /** What foreign code does with a callback. */
    public interface Visitor {

        /** Calls back. */
        void visit(Object value);
    }

    private static Method visit() {
        try {
            return Visitor.class.getMethod("visit", Object.class);
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Disguise extends Exception {

        private static final long serialVersionUID = 1;

        Disguise(Throwable cause) {
            super("a user's own", cause);
        }
    }

    /** Code that lets a callback's exceptions pass, each in its own way. */
    static Stream<Arguments> wrappers() {
        return Stream.of(
                Arguments.of("none", (Generator.Producer<Object>) y -> y.suspend(1)),
                Arguments.of("reflection", (Generator.Producer<Object>) y -> {
                    Visitor visitor = y::accept;
                    visit().invoke(visitor, 1);
                }),
                Arguments.of("reflection, unwrapped and wrapped", (Generator.Producer<Object>) y -> {
                    Visitor visitor = y::accept;
                    try {
                        visit().invoke(visitor, 1);
                    } catch (InvocationTargetException e) {
                        throw new RuntimeException("visitor failed", e.getCause());
                    }
                }),
                Arguments.of("future", (Generator.Producer<Object>) y ->
                        CompletableFuture.completedFuture(1).thenAccept(y::accept).join()),
                Arguments.of("task", (Generator.Producer<Object>) y -> {
                    FutureTask<Void> task = new FutureTask<>(() -> {
                        y.suspend(1);
                        return null;
                    });
                    task.run();
                    task.get();
                }),
                Arguments.of("twice", (Generator.Producer<Object>) y -> {
                    try {
                        y.suspend(1);
                    } catch (Throwable t) {
                        throw new Disguise(new Disguise(t));
                    }
                }),
                Arguments.of("suspends again", (Generator.Producer<Object>) y -> {
                    try {
                        y.suspend(1);
                    } finally {
                        y.suspend(2);
                    }
                }),
                Arguments.of("writes a trailer", (Generator.Producer<Object>) EndingTest::compress));
    }

    private static void compress(Yielder<Void, Object> yielder) throws IOException {
        OutputStream out = new OutputStream() {
            @Override
            public void write(int b) {
                yielder.suspend(b);
            }
        };
        GZIPOutputStream compressed = new GZIPOutputStream(out);
        try {
            compressed.write(new byte[100]);
        } finally {
            compressed.close();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrappers")
    void theUnwindingInAnyWrapperIsNoFailure(String name, Generator.Producer<Object> body) {
        Generator<Void, Object> generator = Generator.of(body);
        assertTrue(generator.resume(null).isPresent());
        generator.close();
        assertEquals(Generator.State.CLOSED, generator.state());
        Generator<Void, Object> outer = Generator.of(y -> y.suspendAll(Generator.of(body)));
        assertTrue(outer.resume(null).isPresent());
        outer.close();
        Generator<Void, Object> ahead = Generator.builder().buffered(1).build(y -> {
            body.run(y);
            y.suspend("end");
        });
        assertTrue(ahead.resume(null).isPresent());
        ahead.close();
        assertEquals(Generator.State.CLOSED, ahead.state());
    }

    private static final IllegalStateException FIRST = new IllegalStateException("first");
    private static final IOException SECOND = new IOException("second");

    private static AutoCloseable failing(Exception exception) {
        return () -> {
            throw exception;
        };
    }

    /** They would be suppressed in what is no failure. */
    @Test
    @SuppressWarnings("try") // the resources are there to be closed
    void whatResourcesThrowLeavesClose() {
        IllegalStateException first = new IllegalStateException("first");
        IOException second = new IOException("second");
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            try (AutoCloseable outer = failing(second); AutoCloseable inner = failing(first)) {
                yielder.suspend(1);
            }
        });
        generator.resume(null);
        IllegalStateException thrown = assertThrows(IllegalStateException.class, generator::close);
        assertSame(first, thrown);
        assertSame(second, thrown.getSuppressed()[0]);
        assertEquals(Generator.State.CLOSED, generator.state());
        generator.close();
    }

    @Test
    void whatAStreamsHandlersThrowLeavesClose() {
        Generator<Void, Integer> generator = Generator.of(yielder -> yielder.suspendAll(
                Stream.iterate(0, i -> i + 1).onClose(() -> {
                    throw new ArithmeticException("handler");
                })));
        generator.resume(null);
        assertEquals("handler", assertThrows(ArithmeticException.class, generator::close).getMessage());
    }

    private static Generator<Void, Integer> failingAtItsEnd() {
        return Generator.of(y -> {
            try {
                y.suspend(1);
            } finally {
                throwIt(new ArithmeticException("inner"));
            }
        });
    }

    private static void throwIt(RuntimeException e) {
        throw e;
    }

    /** In try-with-resources, and as a delegate. */
    @Test
    void whatAnInnerGeneratorThrowsLeavesCloseOfTheOuter() {
        List<String> log = new ArrayList<>();
        Generator<Void, Integer> resource = Generator.of(yielder -> {
            try (Generator<Void, Integer> inner = failingAtItsEnd()) {
                yielder.suspend(inner.resume(null).orElseThrow());
            }
        });
        resource.resume(null);
        assertEquals("inner", assertThrows(ArithmeticException.class, resource::close).getMessage());
        Generator<Void, Integer> delegating = Generator.of(yielder -> {
            try {
                yielder.suspendAll(failingAtItsEnd());
            } catch (ArithmeticException e) {
                log.add("the outer body is unwound, and this is no exception of the delegate");
            } finally {
                log.add("finally " + yielder.isClosing());
            }
        });
        delegating.resume(null);
        assertEquals("inner", assertThrows(ArithmeticException.class, delegating::close).getMessage());
        assertEquals(List.of("finally true"), log);
    }

    /** What a body was unwound by that has kept it. */
    private static Error keptUnwinding() {
        AtomicReference<Error> kept = new AtomicReference<>();
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
            } catch (Error e) {
                kept.set(e);
                throw e;
            }
        });
        generator.resume(null);
        generator.close();
        assertTrue(Generator.isUnwinding(kept.get()));
        return kept.get();
    }

    /** It is a failure of that body, which must not end as if it had returned. */
    @Test
    void anUnwindingThatWasKeptUnwindsNoOtherBody() {
        Error kept = keptUnwinding();
        Generator<Void, Integer> second = Generator.of(yielder -> {
            yielder.suspend(1);
            throw kept;
        });
        second.resume(null);
        assertSame(kept, assertThrows(Error.class, () -> second.resume(null)));
        Generator<Void, Integer> third = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
            } catch (Error own) { // what close() raises
                throw kept;
            }
        });
        third.resume(null);
        assertSame(kept, assertThrows(Error.class, third::close), "also while it is closed itself");
    }

    /** Nor is a value lost that a body that runs ahead has made before, or one that it makes after it was thrown in. */
    @Test
    void anUnwindingThatWasKeptCostsNoValue() {
        Error kept = keptUnwinding();
        Generator<Void, Integer> ahead = Generator.builder().buffered(10).build(yielder -> {
            yielder.suspend(1);
            yielder.suspend(2);
            throw kept;
        });
        List<Integer> got = new ArrayList<>();
        assertSame(kept, assertThrows(Error.class, () -> ahead.forEach(got::add)));
        assertEquals(List.of(1, 2), got);
        Generator<Void, Integer> catching = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
            } catch (Error e) {
                assertSame(kept, e);
                assertFalse(yielder.isClosing());
            }
            yielder.suspend(2);
        });
        assertEquals(Optional.of(1), catching.resume(null));
        assertEquals(Optional.of(2), catching.throwInto(kept));
        assertSame(kept, assertThrows(Error.class, () -> catching.throwInto(kept)), "a failure as any");
        assertEquals(Generator.State.FINISHED, catching.state());
    }

    @Test
    void bodiesTellWhetherTheyAreClosed() {
        List<Object> log = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            log.add(yielder.isClosing());
            try {
                yielder.suspend(1);
            } catch (Throwable t) {
                log.add(yielder.isClosing());
                log.add(Generator.isUnwinding(t));
                log.add(Generator.isUnwinding(new RuntimeException(t)));
                throw t;
            }
        });
        generator.resume(null);
        generator.close();
        LongGenerator longs = LongGenerator.of((yielder, input) -> {
            try {
                yielder.suspend(1);
            } finally {
                log.add(yielder.isClosing());
            }
        });
        longs.resume(0);
        longs.close();
        assertEquals(List.of(false, true, true, true, true), log);
        assertFalse(Generator.isUnwinding(new RuntimeException(FIRST)));
        assertFalse(Generator.isUnwinding(SECOND));
    }

    /** Its owner can't close it any more. */
    @Test
    void aGeneratorWhoseOwnerHasEndedIsClosedByAnyThread() throws InterruptedException {
        List<String> log = new ArrayList<>();
        AtomicReference<Generator<Void, Integer>> left = new AtomicReference<>();
        Thread owner = Thread.ofPlatform().start(() -> {
            Generator<Void, Integer> generator = Generator.of(yielder -> {
                try {
                    yielder.suspendAll(Generator.of(y -> {
                        try {
                            y.suspend(1);
                        } finally {
                            log.add("inner");
                        }
                    }));
                } finally {
                    log.add("outer");
                }
            });
            left.set(generator);
            generator.resume(null);
        });
        owner.join();
        assertThrows(WrongThreadException.class, () -> left.get().resume(null), "closed, but not resumed");
        left.get().close();
        assertEquals(List.of("inner", "outer"), log);
        assertEquals(Generator.State.CLOSED, left.get().state());
    }

    @Test
    void aCompressingWriterIsClosedQuietly() throws IOException {
        byte[] noise = new byte[300_000];
        new Random(1).nextBytes(noise);
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        Generator<Void, byte[]> generator = Generator.of(yielder -> {
            OutputStream out = new OutputStream() {
                @Override
                public void write(int b) {
                    yielder.suspend(new byte[] {(byte) b});
                }
            };
            try (GZIPOutputStream compressed = new GZIPOutputStream(out)) {
                compressed.write(noise);
            }
        });
        got.write(generator.resume(null).orElseThrow());
        generator.close();
        assertEquals(1, got.size());
        assertEquals(Optional.of(Generator.State.CLOSED), Optional.of(generator.state()));
    }
}
