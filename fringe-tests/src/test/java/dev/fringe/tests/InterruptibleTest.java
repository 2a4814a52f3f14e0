// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link Generator.Builder#interruptible}: one interrupt status for a body and the thread that resumes it. */
@Tag("semantics")
class InterruptibleTest {

    private static <I, O> Generator<I, O> interruptible(Generator.Body<I, O> body) {
        return Generator.builder().shared().interruptible().build(body);
    }

    /** What a thread does, whose end and outcome a test waits for. */
    private interface Action {
        void run() throws Exception;
    }

    /** Runs something in a thread of its own. */
    private static final class Runner {

        private final FutureTask<Void> task;
        private final Thread thread;
        private final AtomicBoolean interruptedAtEnd = new AtomicBoolean();

        private Runner(boolean virtual, Action action) {
            task = new FutureTask<>(() -> {
                try {
                    action.run();
                } finally {
                    interruptedAtEnd.set(Thread.currentThread().isInterrupted());
                }
                return null;
            });
            thread = virtual ? Thread.ofVirtual().unstarted(task) : Thread.ofPlatform().unstarted(task);
            thread.start();
        }

        /** Waits until the body stands in a method; "read0" is also where a virtual thread waits for a channel. */
        private Runner untilIn(Generator<?, ?> generator, String method) {
            while (Arrays.stream(generator.backtrace()).noneMatch(frame -> frame.getMethodName().equals(method)
                    || method.equals("read0") && frame.getMethodName().equals("park"))) {
                assertTrue(thread.isAlive(), () -> "the body has ended: " + task);
                Thread.onSpinWait();
            }
            return this;
        }

        private Runner interrupt() {
            thread.interrupt();
            return this;
        }

        /** What it has thrown, or null. */
        private Throwable end() throws InterruptedException {
            thread.join();
            return task.state() == FutureTask.State.FAILED ? task.exceptionNow() : null;
        }
    }

    private static Throwable interruptIn(boolean virtual, String method, Generator.Body<Void, Integer> body)
            throws InterruptedException {
        Generator<Void, Integer> generator = interruptible(body);
        return new Runner(virtual, () -> generator.resume(null)).untilIn(generator, method).interrupt().end();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void wakesWhateverTheBodyBlocksIn(boolean virtual) throws Exception {
        assertInstanceOf(InterruptedException.class,
                interruptIn(virtual, "sleep", (yielder, input) -> Thread.sleep(1_000_000)));
        Object monitor = new Object();
        assertInstanceOf(InterruptedException.class, interruptIn(virtual, "wait", (yielder, input) -> {
            synchronized (monitor) {
                while (true) {
                    monitor.wait();
                }
            }
        }));
        assertInstanceOf(InterruptedException.class, interruptIn(virtual, "take",
                (yielder, input) -> new ArrayBlockingQueue<String>(1).take()));
        Pipe pipe = Pipe.open();
        assertInstanceOf(ClosedByInterruptException.class, interruptIn(virtual, "read0",
                (yielder, input) -> pipe.source().read(ByteBuffer.allocate(1))));
        assertFalse(pipe.source().isOpen());
        pipe.sink().close();
        assertNull(interruptIn(virtual, "park", (yielder, input) -> {
            while (!Thread.currentThread().isInterrupted()) {
                LockSupport.park();
            }
        }));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theStatusIsClearedIfTheBodyHasTakenTheInterrupt(boolean virtual) throws Exception {
        Generator<Void, Integer> generator = interruptible((yielder, input) -> {
            try {
                Thread.sleep(1_000_000);
            } catch (InterruptedException e) {
                yielder.suspend(1);
            }
        });
        Runner runner = new Runner(virtual, () -> generator.resume(null)).untilIn(generator, "sleep").interrupt();
        assertNull(runner.end());
        assertFalse(runner.interruptedAtEnd.get());
        generator.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theStatusStaysIfTheBodyHasNot(boolean virtual) throws Exception {
        AtomicReference<Boolean> next = new AtomicReference<>();
        Generator<Void, Integer> generator = interruptible((yielder, input) -> {
            try {
                Thread.sleep(1_000_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // as one should
            }
            yielder.suspend(1);
            next.set(Thread.currentThread().isInterrupted());
        });
        Runner runner = new Runner(virtual, () -> generator.resume(null)).untilIn(generator, "sleep").interrupt();
        assertNull(runner.end());
        assertTrue(runner.interruptedAtEnd.get());
        assertTrue(generator.resume(null).isEmpty()); // by this thread, which nobody has interrupted
        assertEquals(false, next.get());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterruptFromBeforeIsTheBodys(boolean virtual) throws Exception {
        for (boolean take : new boolean[] {true, false}) {
            AtomicReference<Boolean> seen = new AtomicReference<>();
            Generator<Void, Integer> generator = interruptible((yielder, input) -> {
                yielder.suspend(1);
                seen.set(take ? Thread.interrupted() : Thread.currentThread().isInterrupted());
            });
            Runner runner = new Runner(virtual, () -> {
                generator.resume(null);
                Thread.currentThread().interrupt();
                generator.resume(null);
            });
            assertNull(runner.end());
            assertEquals(true, seen.get());
            assertEquals(!take, runner.interruptedAtEnd.get());
        }
    }

    @Test
    void interruptingTheBodysOwnThreadIsTheSame() throws Exception {
        AtomicReference<Thread> body = new AtomicReference<>();
        Generator<Void, Integer> generator = interruptible((yielder, input) -> {
            body.set(Thread.currentThread());
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        Runner runner = new Runner(false, () -> generator.resume(null));
        while (body.get() == null) {
            Thread.onSpinWait();
        }
        body.get().interrupt();
        assertNull(runner.end());
        assertTrue(runner.interruptedAtEnd.get());
    }

    private static void resumeNested(int depth, AtomicBoolean asleep) throws InterruptedException {
        if (depth == 0) {
            asleep.set(true);
            Thread.sleep(1_000_000);
        }
        Generator.builder().name("nested " + depth).interruptible()
                .build((yielder, input) -> resumeNested(depth - 1, asleep)).resume(null);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void reachesTheInnermostBody(boolean virtual) throws Exception {
        AtomicBoolean asleep = new AtomicBoolean();
        Generator<Void, Integer> outermost = interruptible((yielder, input) -> resumeNested(2, asleep));
        Runner runner = new Runner(virtual, () -> outermost.resume(null));
        while (!asleep.get()) {
            assertTrue(runner.thread.isAlive());
            Thread.onSpinWait();
        }
        runner.interrupt();
        assertInstanceOf(InterruptedException.class, runner.end());
        assertFalse(runner.interruptedAtEnd.get()); // thrown by the innermost, so taken
    }

    @Test
    void reachesABodyThatStandsInForAnothers() throws Exception {
        AtomicReference<Generator<?, ?>> delegate = new AtomicReference<>();
        Generator<Void, Integer> outer = interruptible((yielder, input) -> {
            Generator<Void, Integer> inner = Generator.builder().interruptible().build((in, ignored) -> {
                in.suspend(1);
                try {
                    Thread.sleep(1_000_000);
                } catch (InterruptedException e) {
                    in.suspend(2);
                }
            });
            delegate.set(inner);
            yielder.suspendAll(inner, null);
            if (Thread.interrupted()) {
                throw new AssertionError("the inner body has taken it");
            }
            Thread.sleep(1_000_000);
        });
        assertEquals(1, outer.resume(null).orElseThrow());
        AtomicReference<Integer> got = new AtomicReference<>();
        Runner first = new Runner(false, () -> got.set(outer.resume(null).orElseThrow()))
                .untilIn(delegate.get(), "sleep").interrupt();
        assertNull(first.end());
        assertEquals(2, got.get());
        assertFalse(first.interruptedAtEnd.get());
        Runner second = new Runner(false, () -> outer.resume(null)).untilIn(outer, "sleep").interrupt();
        assertInstanceOf(InterruptedException.class, second.end());
    }

    @Test
    void reachesFinallyBlocksAndWhatIsThrownInto() throws Exception {
        AtomicInteger interrupted = new AtomicInteger();
        Generator.Body<Void, Integer> body = (yielder, input) -> {
            try {
                yielder.suspend(1);
            } finally {
                try {
                    Thread.sleep(1_000_000);
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                }
            }
        };
        Generator<Void, Integer> closed = interruptible(body);
        closed.resume(null);
        assertNull(new Runner(false, closed::close).untilIn(closed, "sleep").interrupt().end());
        Generator<Void, Integer> thrownInto = interruptible(body);
        thrownInto.resume(null);
        RuntimeException thrown = new RuntimeException("into");
        assertSame(thrown, new Runner(false, () -> thrownInto.throwInto(thrown)).untilIn(thrownInto, "sleep")
                .interrupt().end());
        assertEquals(2, interrupted.get());
    }

    @Test
    void isOffUnlessAskedFor() throws Exception {
        AtomicBoolean go = new AtomicBoolean();
        AtomicReference<Boolean> seen = new AtomicReference<>();
        Generator<Void, Integer> generator = Generator.ofShared((yielder, input) -> {
            while (!go.get()) {
                Thread.onSpinWait();
            }
            seen.set(Thread.currentThread().isInterrupted());
        });
        Runner runner = new Runner(false, () -> generator.resume(null)).interrupt();
        go.set(true);
        assertNull(runner.end());
        assertEquals(false, seen.get());
        assertTrue(runner.interruptedAtEnd.get());
    }

    /** A failed resume: the status is whose it was. */
    @Test
    void aResumeThatDoesNotHappenTakesNothing() throws Exception {
        Generator<Void, Integer> generator = interruptible((yielder, input) -> yielder.suspend(1));
        generator.close();
        Runner runner = new Runner(false, () -> {
            Thread.currentThread().interrupt();
            generator.resume(null);
        });
        assertInstanceOf(IllegalStateException.class, runner.end());
        assertTrue(runner.interruptedAtEnd.get());
    }

    // ---- interrupts that race with switches -------------------------------------------------------------

    private static final int ROUNDS = Scale.of(20_000, 500);
    /** On a busy machine each round takes the operating system's help, so there are fewer, but not less than this. */
    private static final int LEAST_ROUNDS = 500;
    private static final long ENOUGH_NANOS = 60_000_000_000L;

    /** Waits for the runner to make progress, and leaves it the processor. */
    private static void letRun(Runner runner) {
        assertTrue(runner.thread.isAlive(), () -> "" + runner.task);
        Thread.yield();
    }

    private static void suspendForEver(Yielder<Void, Integer> yielder, AtomicInteger taken) {
        while (true) {
            if (Thread.interrupted()) {
                taken.incrementAndGet();
            }
            yielder.suspend(1);
        }
    }

    // Each interrupt is seen once: by the body or by who resumes, whenever it comes.
    @Test
    void nothingIsLostAndNothingIsSeenTwiceIfAVirtualThreadResumes() throws Exception {
        nothingIsLostAndNothingIsSeenTwice(true);
    }

    @Test
    void nothingIsLostAndNothingIsSeenTwiceIfAPlatformThreadResumes() throws Exception {
        nothingIsLostAndNothingIsSeenTwice(false);
    }

    /**
     * Waits until the resumer has gone through what it does once more: until it has left the {@code resume} whose body has
     * taken the last interrupt. A platform thread may lose a second one in the same {@code resume}: {@link
     * Generator.Builder#interruptible} says when. It takes an interrupter that gets no processor in the middle of {@code
     * Thread.interrupt}, which a busy machine sees to.
     */
    private static void awaitRound(Runner runner, AtomicInteger rounds) {
        int before = rounds.get();
        while (rounds.get() == before) {
            letRun(runner);
        }
    }

    private static void nothingIsLostAndNothingIsSeenTwice(boolean virtual) throws Exception {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger rounds = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        Generator<Void, Integer> generator = interruptible((yielder, input) -> suspendForEver(yielder, taken));
        Runner runner = new Runner(virtual, () -> {
            while (!stop.get()) {
                generator.resume(null);
                if (Thread.interrupted()) {
                    taken.incrementAndGet();
                }
                rounds.incrementAndGet();
            }
        });
        int interrupts = 0;
        long enough = System.nanoTime() + ENOUGH_NANOS;
        while (interrupts < ROUNDS && (interrupts < LEAST_ROUNDS || System.nanoTime() < enough)) {
            int i = ++interrupts;
            runner.interrupt(); // returns when all that it does has been done
            while (taken.get() < i) {
                letRun(runner);
            }
            if (!virtual) {
                awaitRound(runner, rounds);
            }
            assertEquals(i, taken.get());
        }
        stop.set(true);
        assertNull(runner.end());
        assertEquals(interrupts, taken.get());
        assertFalse(runner.interruptedAtEnd.get());
        generator.close();
    }

    /** Nested, and on pooled stacks: an interrupt never shows in a body whose resumer is not interrupted. */
    @Test
    void nothingLeaksIntoOtherBodies() throws Exception {
        AtomicInteger leaks = new AtomicInteger();
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger rounds = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicBoolean carried = new AtomicBoolean();
        Runner runner = new Runner(false, () -> {
            while (!stop.get()) {
                Generator<Void, Integer> outer = interruptible((yielder, input) -> {
                    Generator<Void, Integer> inner = interruptible((in, ignored) -> {
                        in.suspend(1);
                        if (Thread.interrupted()) {
                            taken.incrementAndGet();
                        }
                    });
                    inner.resume(null);
                    inner.resume(null);
                    yielder.suspend(1);
                });
                outer.resume(null);
                outer.resume(null);
                if (Thread.interrupted()) {
                    taken.incrementAndGet();
                }
                for (int i = 0; i < 2; i++) {
                    Generator.of((yielder, input) -> { // on the stacks that those had
                        carried.set(Thread.currentThread().isVirtual());
                        if (Thread.currentThread().isInterrupted()) {
                            leaks.incrementAndGet();
                        }
                    }).resume(null);
                }
                rounds.incrementAndGet();
            }
        });
        int interrupts = 0;
        long enough = System.nanoTime() + ENOUGH_NANOS;
        while (interrupts < ROUNDS && (interrupts < LEAST_ROUNDS || System.nanoTime() < enough)) {
            int i = ++interrupts;
            runner.interrupt();
            while (taken.get() < i) {
                letRun(runner);
            }
            // One that has been seen twice counts for this one, which may still be on its way: until the end of a whole
            // round no other may follow, see awaitRound.
            awaitRound(runner, rounds);
            awaitRound(runner, rounds);
        }
        stop.set(true);
        assertNull(runner.end());
        assertEquals(0, leaks.get());
        int more = taken.get() - interrupts;
        // Between the interruptible ones the thread carries others, and then it may see one twice: docs/semantics.md.
        assertTrue(carried.get() ? more >= 0 : more == 0, () -> more + " more than there were");
    }
}
