// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the trace of an exception shows that has left a body, and what a generator says of itself. */
@Tag("semantics")
class BacktraceTest {

    private static final String BOUNDARY = "trampoline";

    /** The methods of a trace, newest first; a boundary as "-- name". Without those of the JDK and JUnit. */
    private static List<String> outline(StackTraceElement[] trace) {
        List<String> outline = new ArrayList<>();
        for (StackTraceElement frame : trace) {
            if (frame.getMethodName().equals(BOUNDARY)) {
                outline.add("-- " + frame.getFileName().replaceAll("generator \"(.*?)\".*", "$1"));
            } else if (frame.getClassName().startsWith("dev.fringe.")) {
                outline.add(frame.getMethodName().replaceAll("lambda\\$(.*)\\$\\d+", "$1"));
            }
        }
        return outline;
    }

    private static List<String> outline(Throwable t) {
        return outline(t.getStackTrace());
    }

    private static <I, O> Generator<I, O> named(String name, Generator.Body<I, O> body) {
        return Generator.builder().name(name).build(body);
    }

    private static void fail(String message) {
        throw new IllegalArgumentException(message);
    }

    private static Throwable thrownBy(Generator<?, ?> generator) {
        return assertThrows(Throwable.class, () -> generator.resume(null));
    }

    @Test
    void goesDownToTheOldestFrameOfTheResumer() {
        Generator<Void, Void> generator = named("one", (yielder, input) -> fail("here"));
        Throwable thrown = thrownBy(generator);
        assertEquals(List.of("fail", "goesDownToTheOldestFrameOfTheResumer", "-- one", "resume", "thrownBy", "thrownBy",
                "goesDownToTheOldestFrameOfTheResumer"), outline(thrown));
        StackTraceElement[] own = new Throwable().getStackTrace();
        StackTraceElement[] trace = thrown.getStackTrace();
        assertArrayEquals(Arrays.copyOfRange(own, 1, own.length),
                Arrays.copyOfRange(trace, trace.length - own.length + 1, trace.length), "all of the resumer's frames");
        assertTrue(Arrays.toString(trace).contains("resumed by thread \"" + Thread.currentThread().getName() + '"'),
                Arrays.toString(trace));
        assertTrue(Arrays.stream(trace).noneMatch(frame -> frame.getClassName().startsWith("dev.fringe.internal")),
                Arrays.toString(trace));
    }

    @Test
    void isOfTheResumeThatItLeaves() {
        Generator<Void, Integer> generator = named("later", (yielder, input) -> {
            yielder.suspend(1);
            fail("second");
        });
        generator.resume(null);
        assertEquals(List.of("fail", "isOfTheResumeThatItLeaves", "-- later", "resume", "thrownBy", "thrownBy",
                "isOfTheResumeThatItLeaves"), outline(thrownBy(generator)));
    }

    @Test
    void showsEveryBoundaryOfNestedGenerators() {
        Generator<Void, Void> outer = named("outer", (a, b) -> {
            Generator<Void, Void> middle = named("middle", (c, d) -> {
                Generator<Void, Void> inner = named("inner", (e, f) -> fail("inside"));
                inner.resume(null);
            });
            middle.resume(null);
        });
        String test = "showsEveryBoundaryOfNestedGenerators";
        assertEquals(List.of("fail", test, "-- inner", "resume", test, "-- middle", "resume", test, "-- outer", "resume",
                "thrownBy", "thrownBy", test), outline(thrownBy(outer)));
    }

    /** The same body at every level, as in the walk of a tree, so that no frame tells the levels apart. */
    @Test
    void showsEveryBoundaryOfRecursiveGenerators() {
        List<String> expected = new ArrayList<>(List.of("fail"));
        for (int level = 0; level < 4; level++) {
            expected.addAll(List.of("recurse", "-- level " + level, "resume"));
        }
        expected.addAll(List.of("thrownBy", "thrownBy", "showsEveryBoundaryOfRecursiveGenerators"));
        assertEquals(expected, outline(thrownBy(recurse(3))));
    }

    private static Generator<Void, Void> recurse(int level) {
        return named("level " + level, (yielder, input) -> {
            if (level == 0) {
                fail("bottom");
            }
            recurse(level - 1).resume(null);
        });
    }

    @Test
    void leavesCausesAndSuppressedAsTheyAre() {
        AtomicReference<List<String>> cause = new AtomicReference<>();
        AtomicReference<List<String>> suppressed = new AtomicReference<>();
        Generator<Void, Void> generator = named("wraps", (yielder, input) -> {
            Exception inner = new Exception("cause");
            Exception other = new Exception("suppressed");
            cause.set(frames(inner));
            suppressed.set(frames(other));
            RuntimeException thrown = new RuntimeException(inner);
            thrown.addSuppressed(other);
            throw thrown;
        });
        Throwable thrown = thrownBy(generator);
        assertTrue(outline(thrown).contains("-- wraps"));
        assertEquals(cause.get(), frames(thrown.getCause()));
        assertEquals(suppressed.get(), frames(thrown.getSuppressed()[0]));
    }

    private static List<String> frames(Throwable t) {
        return Arrays.stream(t.getStackTrace()).map(StackTraceElement::toString).toList();
    }

    @Test
    void leavesAnExceptionFromOutsideAsItIs() {
        RuntimeException made = new RuntimeException("made by the resumer");
        List<String> before = frames(made);
        Generator<Void, Void> generator = named("passes on", (yielder, input) -> {
            throw made;
        });
        assertSame(made, thrownBy(generator));
        assertEquals(before, frames(made));
    }

    @Test
    void isNotSplicedTwiceWhenRethrownThroughAnother() {
        Throwable thrown = thrownBy(named("first", (yielder, input) -> fail("once")));
        List<String> before = frames(thrown);
        Generator<Void, Void> second = named("second", (yielder, input) -> {
            throw (Exception) thrown;
        });
        assertSame(thrown, thrownBy(second));
        assertEquals(before, frames(thrown));
    }

    /** Created in the outer body, thrown by the inner one: only the outer boundary is between it and here. */
    @Test
    void boundariesAreThoseBetweenTheCreationAndHere() {
        Generator<Void, Void> outer = named("outer", (a, b) -> {
            RuntimeException made = new RuntimeException("made by the outer body");
            Generator<Void, Void> inner = named("inner", (c, d) -> {
                throw made;
            });
            inner.resume(null);
        });
        String test = "boundariesAreThoseBetweenTheCreationAndHere";
        assertEquals(List.of(test, "-- outer", "resume", "thrownBy", "thrownBy", test), outline(thrownBy(outer)));
    }

    @Test
    void catchingAndRethrowingBetweenTwoBodiesIsRight() {
        Generator<Void, Void> outer = named("outer", (a, b) -> {
            Generator<Void, Void> inner = named("inner", (c, d) -> fail("inside"));
            try {
                inner.resume(null);
            } catch (IllegalArgumentException e) {
                throw new IllegalStateException("around", e);
            }
        });
        String test = "catchingAndRethrowingBetweenTwoBodiesIsRight";
        Throwable thrown = thrownBy(outer);
        assertEquals(List.of(test, "-- outer", "resume", "thrownBy", "thrownBy", test), outline(thrown));
        assertEquals(List.of("fail", test, "-- inner", "resume", test),
                outline(thrown.getCause()).subList(0, 5));
    }

    @Test
    void exceptionsWithoutTracesPass() {
        @SuppressWarnings("serial")
        class Traceless extends RuntimeException {
            Traceless() {
                super("no trace", null, false, false);
            }
        }
        Traceless made = new Traceless();
        assertSame(made, thrownBy(named("quiet", (yielder, input) -> {
            throw made;
        })));
        assertEquals(0, made.getStackTrace().length);
    }

    @Test
    void exceptionsThatMisbehavePass() {
        @SuppressWarnings("serial")
        class Hostile extends RuntimeException {
            @Override
            public StackTraceElement[] getStackTrace() {
                throw new UnsupportedOperationException("none of your business");
            }
        }
        assertEquals(Hostile.class, thrownBy(named("hostile", (yielder, input) -> {
            throw new Hostile();
        })).getClass());
    }

    /** The virtual machine cuts such traces; what it has kept is from the body. */
    @Test
    void stackOverflowSaysWhereItWasResumed() {
        Throwable thrown = thrownBy(named("deep", (yielder, input) -> overflow(0)));
        assertEquals(StackOverflowError.class, thrown.getClass());
        List<String> outline = outline(thrown);
        assertEquals("overflow", outline.getFirst());
        assertEquals(List.of("-- deep", "resume", "thrownBy", "thrownBy", "stackOverflowSaysWhereItWasResumed"),
                outline.subList(outline.size() - 5, outline.size()));
    }

    private static int overflow(int depth) {
        return overflow(depth + 1) + 1;
    }

    @Test
    void closingSplicesWhatTheUnwoundBodyThrows() {
        Generator<Void, Integer> generator = named("closed", (yielder, input) -> {
            try {
                yielder.suspend(1);
            } finally {
                fail("while unwinding");
            }
        });
        generator.resume(null);
        List<String> outline = outline(assertThrows(IllegalArgumentException.class, generator::close));
        assertEquals(List.of("fail", "closingSplicesWhatTheUnwoundBodyThrows", "-- closed", "close"), outline.subList(0, 4));
    }

    @Test
    void namesAVirtualResumer() throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread.ofVirtual().name("flyweight").start(() -> thrown.set(
                thrownBy(named("carried", (yielder, input) -> fail("here"))))).join();
        assertTrue(Arrays.toString(thrown.get().getStackTrace()).contains(
                "generator \"carried\", resumed by virtual thread \"flyweight\""));
    }

    // ---- bodies that delegate -----------------------------------------------------------------------

    private static void delegateTo(Yielder<Void, Integer> yielder, Generator<Void, Integer> inner) {
        yielder.suspendAll(inner, null);
    }

    /** A body that waits for another is on a stack that nobody switches to, and yet it is what called the other. */
    @Test
    void showsTheBodyThatDelegates() {
        Generator<Void, Integer> outer = named("outer", (yielder, input) ->
                delegateTo(yielder, named("inner", (y, i) -> fail("inside"))));
        String test = "showsTheBodyThatDelegates";
        Throwable thrown = thrownBy(outer);
        assertEquals(List.of("fail", test, "-- inner", "suspendAll", "delegateTo", test, "-- outer", "resume", "thrownBy",
                "thrownBy", test), outline(thrown));
        String text = Arrays.toString(thrown.getStackTrace());
        assertTrue(text.contains("generator \"inner\", delegated to by generator \"outer\""), text);
        assertTrue(text.contains("generator \"outer\", resumed by thread \""), text);
        assertTrue(Arrays.stream(thrown.getStackTrace()).noneMatch(
                frame -> frame.getClassName().startsWith("dev.fringe.internal")), text);
    }

    private static Generator<Void, Integer> chain(int level) {
        return named("level " + level, (yielder, input) -> {
            if (level == 0) {
                yielder.suspend(1);
                fail("bottom");
            }
            delegateTo(yielder, chain(level - 1));
        });
    }

    @Test
    void showsEveryBodyOfAChain() {
        Generator<Void, Integer> outermost = chain(3);
        outermost.resume(null);
        List<String> expected = new ArrayList<>(List.of("fail", "chain", "-- level 0"));
        for (int level = 1; level <= 3; level++) {
            expected.addAll(List.of("suspendAll", "delegateTo", "chain", "-- level " + level));
        }
        List<String> suspended = new ArrayList<>(expected);
        suspended.set(0, "suspend");
        assertEquals(suspended, outline(outermost.backtrace()));
        expected.addAll(List.of("resume", "thrownBy", "thrownBy", "showsEveryBodyOfAChain"));
        assertEquals(expected, outline(thrownBy(outermost)));
    }

    /** Each body takes a walk of its stack, so there is an end to it. */
    @Test
    void longChainsAreLeftOutInTheMiddle() {
        Generator<Void, Integer> outermost = chain(80);
        outermost.resume(null);
        List<String> outline = outline(thrownBy(outermost));
        assertEquals(List.of("fail", "chain", "-- level 0", "suspendAll"), outline.subList(0, 4));
        assertTrue(outline.contains("-- level 63"), outline.toString());
        assertTrue(outline.contains("-- more generators that delegate are left out"), outline.toString());
        assertEquals(List.of("-- level 80", "resume", "thrownBy", "thrownBy", "longChainsAreLeftOutInTheMiddle"),
                outline.subList(outline.size() - 5, outline.size()));
    }

    @Test
    void aBodyThatWrapsWhatItsDelegateThrows() {
        Generator<Void, Integer> outer = named("outer", (yielder, input) -> {
            try {
                delegateTo(yielder, named("inner", (y, i) -> fail("inside")));
            } catch (IllegalArgumentException e) {
                throw new IllegalStateException("around", e);
            }
        });
        String test = "aBodyThatWrapsWhatItsDelegateThrows";
        Throwable thrown = thrownBy(outer);
        assertEquals(List.of(test, "-- outer", "resume", "thrownBy", "thrownBy", test), outline(thrown));
        assertEquals(List.of("fail", test, "-- inner", "suspendAll", "delegateTo", test, "-- outer", "resume"),
                outline(thrown.getCause()).subList(0, 8));
    }

    /** What the delegate resumes has its own boundary, then come the delegate and who waits for it. */
    @Test
    void aDelegateThatResumesAnother() {
        Generator<Void, Integer> outer = named("outer", (yielder, input) ->
                delegateTo(yielder, named("middle", (y, i) -> named("inner", (a, b) -> fail("inside")).resume(null))));
        String test = "aDelegateThatResumesAnother";
        assertEquals(List.of("fail", test, "-- inner", "resume", test, "-- middle", "suspendAll", "delegateTo", test,
                "-- outer", "resume", "thrownBy", "thrownBy", test), outline(thrownBy(outer)));
    }

    /** One that anyone may resume: who does is in the trace, whether a body that delegates or not. */
    @Test
    void aSharedDelegate() {
        Generator<Void, Integer> inner = Generator.builder().name("inner").shared().build((yielder, input) -> {
            yielder.suspend(1);
            yielder.suspend(2);
            fail("inside");
        });
        Generator<Void, Integer> outer = named("outer", (yielder, input) -> delegateTo(yielder, inner));
        String test = "aSharedDelegate";
        outer.resume(null);
        assertEquals(List.of("suspend", test, "-- inner", "suspendAll", "delegateTo", test, "-- outer"),
                outline(inner.backtrace()));
        inner.resume(null);
        assertEquals(List.of("suspend", test, "-- inner"), outline(inner.backtrace()));
        assertEquals(List.of("fail", test, "-- inner", "suspendAll", "delegateTo", test, "-- outer", "resume", "thrownBy",
                "thrownBy", test), outline(thrownBy(outer)));
    }

    @Test
    void backtracesInsideADelegate() {
        List<List<String>> inside = new ArrayList<>();
        AtomicReference<Generator<Void, Integer>> self = new AtomicReference<>();
        AtomicReference<Generator<Void, Integer>> other = new AtomicReference<>();
        self.set(named("outer", (yielder, input) -> {
            other.set(named("inner", (y, i) -> {
                inside.add(outline(other.get().backtrace()));
                inside.add(outline(self.get().backtrace()));
            }));
            delegateTo(yielder, other.get());
            inside.add(outline(self.get().backtrace()));
        }));
        self.get().resume(null);
        String test = "backtracesInsideADelegate";
        List<String> both = List.of(test, "-- inner", "suspendAll", "delegateTo", test, "-- outer", "resume", test);
        assertEquals(List.of(both, both, List.of(test, "-- outer", "resume", test)), inside);
    }

    // ---- Generator.backtrace() ----------------------------------------------------------------------

    private static void suspendHere(Yielder<Void, Integer> yielder) {
        yielder.suspend(1);
    }

    @Test
    void backtraceFollowsTheBody() {
        List<String> inside = new ArrayList<>();
        AtomicReference<Generator<Void, Integer>> self = new AtomicReference<>();
        Generator<Void, Integer> generator = named("observed", (yielder, input) -> {
            inside.addAll(outline(self.get().backtrace()));
            suspendHere(yielder);
        });
        self.set(generator);
        assertEquals(List.of("-- observed"), outline(generator.backtrace()));
        assertTrue(generator.backtrace()[0].toString().contains("not started"));
        generator.resume(null);
        assertEquals(List.of("backtraceFollowsTheBody", "-- observed", "resume", "backtraceFollowsTheBody"), inside);
        StackTraceElement[] suspended = generator.backtrace();
        assertEquals(List.of("suspend", "suspendHere", "backtraceFollowsTheBody", "-- observed"), outline(suspended));
        assertTrue(suspended[suspended.length - 1].toString().contains("suspended"));
        generator.resume(null);
        assertEquals(0, generator.backtrace().length);
    }

    /** Two nested generators, the inner one waiting, seen from another thread. */
    @Test
    void backtraceOfARunningGeneratorFromAnotherThread() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicReference<Generator<Void, Void>> inner = new AtomicReference<>();
        Thread resumer = Thread.ofPlatform().name("resumer").start(() -> named("outer", (a, b) -> {
            inner.set(Generator.builder().name("inner").shared().build((c, d) -> {
                running.countDown();
                awaitHere(go);
            }));
            inner.get().resume(null);
        }).resume(null));
        running.await();
        StackTraceElement[] trace = inner.get().backtrace();
        go.countDown();
        resumer.join();
        String test = "backtraceOfARunningGeneratorFromAnotherThread";
        List<String> outline = outline(trace);
        assertEquals(List.of(test, "-- inner", "resume", test, "-- outer", "resume", test),
                outline.subList(outline.indexOf(test), outline.size()));
        assertTrue(Arrays.toString(trace).contains("resumed by thread \"resumer\""), Arrays.toString(trace));
    }

    /** Whoever has started it: the thread that resumes it now is the one to be named. */
    @Test
    void backtraceNamesTheResumerOfADelegatingGenerator() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Generator<Void, Integer> outer = Generator.builder().shared().build(yielder ->
                yielder.suspendAll(Generator.builder().shared().build(inner -> {
                    inner.suspend(1);
                    running.countDown();
                    awaitHere(go);
                })));
        Thread.ofPlatform().name("first").start(() -> outer.resume(null)).join();
        Thread second = Thread.ofPlatform().name("second").start(() -> outer.resume(null));
        running.await();
        String trace = Arrays.toString(outer.backtrace());
        go.countDown();
        second.join();
        assertTrue(trace.contains("resumed by thread \"second\""), trace);
    }

    private static void awaitHere(CountDownLatch latch) throws InterruptedException {
        latch.await();
    }

    /** Whatever it finds while the generator switches, it is never a mixture of two. */
    @Test
    void backtraceOfAGeneratorThatSwitchesFast() throws InterruptedException {
        Generator<Void, Integer> generator = Generator.builder().name("fast").shared().build((yielder, input) -> {
            while (true) {
                suspendHere(yielder);
            }
        });
        int rounds = Scale.of(2_000, 50);
        CountDownLatch done = new CountDownLatch(1);
        Thread resumer = Thread.ofPlatform().name("fast resumer").start(() -> {
            while (done.getCount() > 0) {
                generator.resume(null);
            }
        });
        try {
            for (int i = 0; i < rounds; i++) {
                StackTraceElement[] trace = generator.backtrace();
                long boundaries = Arrays.stream(trace).filter(frame -> frame.getMethodName().equals(BOUNDARY)).count();
                assertEquals(1, boundaries, () -> Arrays.toString(trace));
            }
        } finally {
            done.countDown();
            resumer.join();
            generator.close();
        }
    }

    @Test
    void creationSitesNameGenerators() {
        String output = new ChildJvm().with("-Ddev.fringe.creationSites=true").run(Sites.class).succeeds().output();
        assertTrue(output.contains("generator \"BacktraceTest$Sites.main(BacktraceTest.java:"), output);
    }

    /** Prints the trace of a generator without a name. */
    static final class Sites {
        public static void main(String[] arguments) {
            System.out.println(Arrays.toString(Generator.of((yielder, input) -> { }).backtrace()));
        }
    }
}
