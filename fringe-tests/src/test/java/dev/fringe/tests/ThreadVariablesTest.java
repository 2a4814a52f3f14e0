// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.NativeGenerator;
import dev.fringe.Yielder;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code errno} and other thread variables are in native code that a body calls, and that they stay what
 * they are for native code in the middle of a call: compiled code keeps their addresses.
 */
@Tag("native")
class ThreadVariablesTest {

    /** Generators that are not to be collected before a test's end. */
    private final Set<Object> kept = new HashSet<>();

    private static final long POINTER = ValueLayout.ADDRESS.byteSize();
    private static final MemoryLayout KEPT = MemoryLayout.sequenceLayout(4 * POINTER + 8, ValueLayout.JAVA_BYTE);
    private static final FunctionDescriptor CALLBACK = FunctionDescriptor.ofVoid();

    private static final MethodHandle ADDRESSES = find("addresses", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    private static final MethodHandle KEEPS =
            find("keeps", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle ROUNDING = find("rounding", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    private static final MethodHandle ROUNDS_UP_AROUND =
            find("rounds_up_around", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    /** Where errno and a thread variable are. */
    private record Variables(long error, long local) {

        private static Variables at(MemorySegment kept, long from) {
            return new Variables(word(kept, from), word(kept, from + POINTER));
        }

        private static long word(MemorySegment memory, long offset) {
            return POINTER == 8 ? memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset)
                    : memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
        }

        /** Those of the caller. */
        static Variables here() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment kept = arena.allocate(KEPT);
                ADDRESSES.invokeExact(kept);
                return at(kept, 0);
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        }
    }

    private static MethodHandle find(String name, FunctionDescriptor type) {
        try {
            NativeGenerator.yieldFunction(); // loads what the library was linked against
            Path library = Path.of(ThreadVariablesTest.class.getResource("libbodies.so").toURI());
            return Linker.nativeLinker().downcallHandle(
                    SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(name), type);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static MemorySegment callback(Runnable action, Arena arena) {
        try {
            return Linker.nativeLinker().upcallStub(MethodHandles.lookup().findVirtual(Runnable.class, "run",
                    MethodType.methodType(void.class)).bindTo(action), CALLBACK, arena);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * A body that suspends five times below native code, with the addresses that this has; and fails if they change
     * meanwhile.
     */
    private static void keeps(Yielder<Integer, Variables> yielder, int first) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment kept = arena.allocate(KEPT);
            MemorySegment callback = callback(() -> yielder.suspend(Variables.here()), arena);
            for (int i = 0; i < 5; i++) {
                KEEPS.invokeExact(callback, kept);
                Variables before = Variables.at(kept, 0);
                assertEquals(before, Variables.at(kept, 2 * POINTER), "after the callback");
                assertEquals(before, Variables.here(), "in the body");
                assertEquals(2000, kept.get(ValueLayout.JAVA_INT, 4 * POINTER + 4), "the thread variable");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private static <T> T in(ExecutorService thread, Callable<T> task) throws Exception {
        Future<T> future = thread.submit(task);
        return future.get();
    }

    /** A thread to run several things on, one after the other. */
    private static ExecutorService thread(String kind) {
        return Executors.newSingleThreadExecutor(
                kind.equals("platform") ? Thread.ofPlatform().factory() : Thread.ofVirtual().factory());
    }

    // ---- whose they are ------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"platform", "virtual"})
    void nativeCodeOfAConfinedBodyKeepsItsVariables(String kind) throws Exception {
        try (ExecutorService owner = thread(kind)) {
            Generator<Integer, Variables> generator = in(owner, () -> Generator.of(ThreadVariablesTest::keeps));
            Set<Variables> seen = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                seen.add(in(owner, () -> generator.resume(0).orElseThrow()));
                in(owner, Variables::here); // leaves something else in errno, maybe
            }
            assertEquals(1, seen.size(), seen::toString);
            assertTrue(in(owner, () -> generator.resume(0).isEmpty()));
            if (kind.equals("platform")) {
                Variables owners = in(owner, Variables::here);
                assertEquals(Way.WORDS, seen.contains(owners), "it has the variables of its resumer");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"platform,platform", "platform,virtual", "virtual,platform", "virtual,virtual"})
    void nativeCodeOfASharedBodyKeepsItsVariables(String one, String other) throws Exception {
        try (ExecutorService first = thread(one); ExecutorService second = thread(other)) {
            Generator<Integer, Variables> generator = in(first, () -> Generator.ofShared(ThreadVariablesTest::keeps));
            Set<Variables> seen = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                seen.add(in(i % 2 == 0 ? first : second, () -> generator.resume(0).orElseThrow()));
            }
            assertEquals(1, seen.size(), seen::toString);
            assertTrue(in(second, () -> generator.resume(0).isEmpty()));
            for (ExecutorService resumer : List.of(first, second)) {
                assertTrue(!seen.contains(in(resumer, Variables::here)), "it has variables of its own");
            }
        }
    }

    @Test
    void aBodyThatABodyOwnsHasTheVariablesOfTheOuterResumer() {
        Generator<Integer, Variables> outer = Generator.of((yielder, first) -> {
            Generator<Integer, Variables> middle = Generator.of((inner, input) -> {
                Generator<Integer, Variables> innermost = Generator.of(ThreadVariablesTest::keeps);
                for (int i = 0; i < 5; i++) {
                    inner.suspend(innermost.resume(0).orElseThrow());
                }
                assertTrue(innermost.resume(0).isEmpty());
            });
            yielder.suspend(middle.resume(0).orElseThrow());
            yielder.suspendAll(middle); // its resumer is the thread that resumes this one
        });
        Set<Variables> seen = new HashSet<>();
        outer.forEach(seen::add);
        assertEquals(1, seen.size(), seen::toString);
        assertEquals(Way.WORDS, seen.contains(Variables.here()));
    }

    @Test
    void whatASharedBodyOwnsHasTheVariablesOfThatBody() throws Exception {
        Generator<Integer, Variables> shared = Generator.ofShared((yielder, first) -> {
            Generator<Integer, Variables> inner = Generator.of(ThreadVariablesTest::keeps);
            for (int i = 0; i < 5; i++) {
                yielder.suspend(inner.resume(0).orElseThrow());
            }
            assertTrue(inner.resume(0).isEmpty());
        });
        Set<Variables> seen = new HashSet<>();
        try (ExecutorService other = thread("platform")) {
            for (int i = 0; i < 5; i++) {
                seen.add(i % 2 == 0 ? shared.resume(0).orElseThrow() : in(other, () -> shared.resume(0).orElseThrow()));
            }
            assertTrue(in(other, () -> shared.resume(0).isEmpty()));
        }
        assertEquals(1, seen.size(), seen::toString);
    }

    /** What the tests expect, on this machine and with these options. */
    private static final class Way {

        static final boolean AMD64 = System.getProperty("os.arch").equals("amd64");

        /** Whether confined generators of platform threads are switched by words. */
        static final boolean WORDS = !System.getProperty("dev.fringe.switch", "words").equals("pointer")
                && Way.AMD64;
    }

    // ---- another kernel thread than it began on ---------------------------------------------------------

    /** A class whose initialiser suspends: below it there are frames of the virtual machine's, which is C++. */
    static final class Suspends {

        static final int VALUE;

        static {
            Initialiser.ACTION.get().run();
            VALUE = 1;
        }
    }

    @Test
    void anAbandonedBodyOfJavaFramesIsUnwoundElsewhere() throws Exception {
        AtomicReference<Variables> unwinding = new AtomicReference<>();
        CountDownLatch unwound = new CountDownLatch(1);
        abandon((yielder, first) -> {
            try {
                yielder.suspend(Variables.here());
            } finally {
                unwinding.set(Variables.here());
                unwound.countDown();
            }
        });
        Collect.until(() -> unwound.getCount() == 0);
        assertNotEquals(Variables.here(), unwinding.get());
    }

    private static void abandon(Generator.Body<Integer, Variables> body) {
        Generator<Integer, Variables> generator = Generator.of(body);
        assertTrue(generator.resume(0).isPresent());
        Reference.reachabilityFence(generator);
    }

    @Test
    void theGeneratorsOfAThreadThatHasEndedAreUnwound() throws Exception {
        CountDownLatch unwound = new CountDownLatch(2);
        Thread owner = Thread.ofPlatform().start(() -> abandon((yielder, first) -> {
            try (Generator<Integer, Variables> inner = Generator.of((innerYielder, input) -> {
                try {
                    innerYielder.suspend(Variables.here());
                } finally {
                    unwound.countDown();
                }
            })) {
                yielder.suspend(inner.resume(0).orElseThrow());
            } finally {
                unwound.countDown();
            }
        }));
        owner.join();
        Collect.until(() -> unwound.getCount() == 0);
    }

    /** In a virtual machine of its own, since the class will never be usable, nor the stack. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAbandonedClassInitialiserIsLeftWhereItIs(boolean ownerEnds) {
        String output = new ChildJvm().run(Initialiser.class, Boolean.toString(ownerEnds)).succeeds().output();
        assertEquals(!Way.WORDS, output.contains("unwound in "), output);
        assertEquals(Way.WORDS, output.contains("can only go on in the thread which it is confined to"), output);
        assertTrue(output.contains("the others are unwound"), output);
    }

    /** A body that is suspended in a class initialiser is abandoned, and many that are not. */
    static final class Initialiser {

        static final AtomicReference<Runnable> ACTION = new AtomicReference<>();
        private static final Logger LOGGER = Logger.getLogger("dev.fringe");
        /** Counts what has become of the initialiser: it has been unwound, or something has been logged about it. */
        private static final CountDownLatch CAME = new CountDownLatch(1);

        public static void main(String[] arguments) throws InterruptedException {
            LOGGER.setUseParentHandlers(false);
            LOGGER.addHandler(new Handler() {
                @Override
                public void publish(LogRecord logged) {
                    System.out.println(logged.getMessage() + " " + logged.getThrown());
                    CAME.countDown();
                }

                @Override
                public void flush() { }

                @Override
                public void close() { }
            });
            if (Boolean.parseBoolean(arguments[0])) {
                Thread owner = Thread.ofPlatform().start(Initialiser::abandonInitialiser);
                owner.join();
            } else {
                abandonInitialiser();
            }
            CountDownLatch others = new CountDownLatch(20);
            for (int i = 0; i < 20; i++) {
                abandon((yielder, first) -> {
                    try {
                        yielder.suspend(Variables.here());
                    } finally {
                        others.countDown();
                    }
                });
            }
            for (int i = 0; i < 30; i++) {
                System.gc();
                Thread.sleep(50);
            }
            Collect.until(() -> others.getCount() == 0);
            System.out.println("the others are unwound");
            Collect.until(() -> CAME.getCount() == 0);
        }

        private static void abandonInitialiser() {
            abandon((yielder, first) -> {
                ACTION.set(() -> {
                    try {
                        yielder.suspend(Variables.here());
                    } finally {
                        System.out.println("unwound in " + Thread.currentThread());
                        CAME.countDown();
                    }
                });
                System.out.println(Suspends.VALUE);
            });
            ACTION.set(null);
        }
    }

    /**
     * A generator is confined to a body's thread, which after the body's end runs another body, for another thread.
     * That one may resume it, on another kernel thread, unless there is native code below.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOrphanOfNativeCodeIsNotResumedElsewhere(boolean belowNativeCode) throws Exception {
        AtomicReference<Generator<Integer, Variables>> orphan = new AtomicReference<>();
        AtomicReference<Thread> its = new AtomicReference<>();
        Generator<Integer, Variables> parent = Generator.of((yielder, first) -> {
            orphan.set(Generator.of(belowNativeCode ? ThreadVariablesTest::keeps : (inner, input) -> {
                inner.suspend(Variables.here());
                inner.suspend(Variables.here());
            }));
            its.set(Thread.currentThread());
            orphan.get().resume(0);
        });
        assertTrue(parent.resume(0).isEmpty());

        AtomicReference<Object> outcome = new AtomicReference<>();
        AtomicReference<Variables> resumers = new AtomicReference<>();
        Thread other = Thread.ofPlatform().start(() -> {
            while (outcome.get() == null) { // until it gets that thread from the pool
                Generator<Integer, Integer> heir = Generator.of((yielder, first) -> {
                    if (Thread.currentThread() == its.get()) {
                        resumers.set(Variables.here());
                        try {
                            outcome.set(orphan.get().resume(0).orElseThrow());
                        } catch (IllegalStateException e) {
                            outcome.set(e);
                        }
                    }
                    yielder.suspend(1);
                });
                heir.resume(0);
                kept.add(heir);
            }
        });
        other.join();
        kept.clear();
        if (belowNativeCode && Way.WORDS) {
            IllegalStateException refused = (IllegalStateException) outcome.get();
            assertTrue(refused.getMessage().contains("native code"), refused::getMessage);
            assertEquals(Generator.State.SUSPENDED, orphan.get().state());
        } else {
            assertNotEquals(Variables.here(), outcome.get());
            assertTrue(outcome.get() instanceof Variables, () -> outcome.get().toString());
        }
        if (Way.WORDS) {
            assertNotEquals(resumers.get(), outcome.get());
        }
    }

    @Test
    void aWayThatDoesNotExistIsNotTaken() {
        String output = new ChildJvm().with("-Ddev.fringe.switch=magic").run(Forced.class).succeeds().output();
        assertTrue(output.contains("dev.fringe.switch is \"magic\""), output);
        assertTrue(output.contains(Way.AMD64 + " false"), output);
    }

    @Test
    void eachWayCanBeForced() {
        assertEquals("false false", new ChildJvm().with("-Ddev.fringe.switch=pointer").run(Forced.class).succeeds()
                .line("false"));
        if (Way.WORDS) {
            assertEquals("true true", new ChildJvm().with("-Ddev.fringe.switch=words").run(Forced.class).succeeds()
                    .line("true"));
        }
    }

    /** Prints whether a confined and a shared body have the variables of their resumer. */
    static final class Forced {

        public static void main(String[] arguments) {
            Generator.Body<Integer, Variables> body = (yielder, first) -> yielder.suspend(Variables.here());
            try (Generator<Integer, Variables> confined = Generator.of(body);
                    Generator<Integer, Variables> shared = Generator.ofShared(body)) {
                System.out.println(confined.resume(0).orElseThrow().equals(Variables.here()) + " "
                        + shared.resume(0).orElseThrow().equals(Variables.here()));
            }
        }
    }

    // ---- the rounding mode ------------------------------------------------------------------------------

    /** Native code changes it below a callback in which the body suspends: the resumer keeps its own, and so does it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theRoundingModeOfNativeCodeIsItsOwn(boolean shared) throws Throwable {
        int usual = (int) ROUNDING.invokeExact();
        Generator.Body<Integer, Integer> body = (yielder, first) -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment callback = callback(() -> yielder.suspend(0), arena);
                for (int i = 0; i < 3; i++) {
                    yielder.suspend((int) ROUNDS_UP_AROUND.invokeExact(callback));
                }
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        };
        try (Generator<Integer, Integer> generator = shared ? Generator.ofShared(body) : Generator.of(body)) {
            for (int i = 0; i < 3; i++) {
                assertEquals(0, generator.resume(0).orElseThrow());
                assertEquals(usual, (int) ROUNDING.invokeExact(), "while the body is suspended in the callback");
                assertEquals(7, generator.resume(0).orElseThrow(), "after the callback");
                assertEquals(usual, (int) ROUNDING.invokeExact(), "after the native code");
            }
            assertTrue(generator.resume(0).isEmpty());
        }
    }
}
