// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How generators end: closed, abandoned, or against their will. */
@Tag("semantics")
class LifecycleTest {

    @AfterEach
    void nothingIsBroken() {
        try (Generator<Integer, Integer> good = Generator.of((yielder, input) -> yielder.suspend(input + 1))) {
            assertEquals(Optional.of(2), good.resume(1));
            assertEquals(Optional.empty(), good.resume(1));
        }
    }

    private record Resource(List<String> log, String name) implements AutoCloseable {
        @Override
        public void close() {
            log.add("close " + name);
        }
    }

    // ---- close -------------------------------------------------------------------------------------

    @Test
    @SuppressWarnings("try") // the resources are there to be closed
    void closeRunsFinallyBlocksFromTheInside() {
        List<String> log = new ArrayList<>();
        AtomicReference<Thread> body = new AtomicReference<>();
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            try (Resource outer = new Resource(log, "outer"); Resource inner = new Resource(log, "inner")) {
                body.set(Thread.currentThread());
                yielder.suspend(log.size());
                log.add("not reached");
            } catch (Exception e) {
                log.add("not an exception: " + e);
            } finally {
                assertSame(body.get(), Thread.currentThread());
                log.add("finally");
            }
        });
        generator.resume(null);
        generator.close();
        assertEquals(List.of("close inner", "close outer", "finally"), log);
        assertEquals(Generator.State.CLOSED, generator.state());
        generator.close();
        assertEquals(3, log.size());
    }

    @Test
    void aBodyThatHasNotStartedIsNotRun() {
        AtomicBoolean ran = new AtomicBoolean();
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> ran.set(true));
        generator.close();
        assertFalse(ran.get());
        assertEquals(Generator.State.CLOSED, generator.state());
    }

    /** It is unwound from each of its attempts, until it lets that pass. */
    @Test
    void aBodyThatSwallowsTheUnwindingCannotSuspend() {
        List<Object> log = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            for (int i = 0; i < 5; i++) {
                try {
                    yielder.suspend(i);
                } catch (Throwable t) {
                    log.add(t instanceof Error ? "unwound" : t.getClass());
                    log.add(i);
                }
            }
        });
        generator.resume(null);
        generator.close();
        assertEquals(List.of("unwound", 0, IllegalStateException.class, 1, IllegalStateException.class, 2,
                IllegalStateException.class, 3, IllegalStateException.class, 4), log);
        assertEquals(Generator.State.CLOSED, generator.state());
    }

    @Test
    void anExceptionDuringUnwindingLeavesClose() {
        IllegalArgumentException thrown = new IllegalArgumentException("in finally");
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            try {
                yielder.suspend(1);
            } finally {
                throwIt(thrown);
            }
        });
        generator.resume(null);
        assertSame(thrown, assertThrows(IllegalArgumentException.class, generator::close));
        assertEquals(Generator.State.CLOSED, generator.state());
        generator.close();
    }

    private static void throwIt(RuntimeException e) {
        throw e;
    }

    /** Code that writes when it is closed, such as a compressing stream, finds that it can't, and that is no failure. */
    @Test
    void suspendingInAFinallyBlockWhileClosingIsRefusedAndNoFailure() {
        List<String> log = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            try {
                yielder.suspend(1);
            } finally {
                try {
                    yielder.suspend(2);
                } catch (IllegalStateException e) {
                    log.add(e.getMessage() + Generator.isUnwinding(e));
                    throw e;
                }
            }
        });
        generator.resume(null);
        generator.close();
        assertEquals(List.of("this generator is being closed and can't suspend any moretrue"), log);
        assertEquals(Generator.State.CLOSED, generator.state());
    }

    /** Its stack is kept, because there are live frames on it; everything else goes on. */
    @Test
    @Needs(Capability.GIVEN_STACK)
    void aBodyThatNeverGivesUpKeepsTheStackThatItWasGiven() {
        OsStack stack = OsStack.ofSize(256 * 1024);
        Generator<Void, Integer> generator = Generator.of(stack, LifecycleTest::stubborn);
        generator.resume(null);
        IllegalStateException e = assertThrows(IllegalStateException.class, generator::close);
        assertTrue(e.getMessage().contains("could not be unwound"), e.getMessage());
        assertEquals(Generator.State.CLOSED, generator.state());
        generator.close();
        assertThrows(IllegalStateException.class, generator::unwrap);
        assertThrows(IllegalStateException.class, stack::close);
        assertThrows(IllegalStateException.class, () -> generator.resume(null));
        assertThrows(IllegalStateException.class, () -> Generator.of(stack, (yielder, input) -> { }));
    }

    @Test
    void aBodyThatNeverGivesUpIsLeftWhereItIs() {
        Generator<Void, Integer> generator = Generator.of(LifecycleTest::stubborn);
        generator.resume(null);
        IllegalStateException e = assertThrows(IllegalStateException.class, generator::close);
        assertTrue(e.getMessage().contains("could not be unwound"), e.getMessage());
        assertEquals(Generator.State.CLOSED, generator.state());
        generator.close();
        assertThrows(IllegalStateException.class, () -> generator.resume(null));
        System.gc();
    }

    private static void stubborn(Yielder<Void, Integer> yielder, Void input) {
        while (true) {
            try {
                yielder.suspend(1);
            } catch (Throwable t) {
                // never
            }
        }
    }

    @Test
    void aBodyCannotCloseItsOwnGenerator() {
        AtomicReference<Generator<Void, Integer>> self = new AtomicReference<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        try (Generator<Void, Integer> generator = Generator.ofShared((yielder, input) -> {
            thrown.set(assertThrows(IllegalStateException.class, () -> self.get().close()));
            yielder.suspend(1);
        })) {
            self.set(generator);
            assertEquals(Optional.of(1), generator.resume(null));
            assertTrue(thrown.get().getMessage().contains("its own body has closed it"), thrown.get().getMessage());
        }
    }

    @Test
    void aSharedGeneratorIsClosedByAnyThread() throws InterruptedException {
        AtomicReference<Thread> unwound = new AtomicReference<>();
        Generator<Void, Thread> generator = Generator.ofShared((yielder, input) -> {
            try {
                yielder.suspend(Thread.currentThread());
            } finally {
                unwound.set(Thread.currentThread());
            }
        });
        Thread body = generator.resume(null).orElseThrow();
        Thread closer = Thread.ofPlatform().start(generator::close);
        closer.join();
        assertSame(body, unwound.get());
        assertEquals(Generator.State.CLOSED, generator.state());
    }

    @Test
    void innerGeneratorsAreClosedWithTheOuter() {
        List<String> log = new ArrayList<>();
        Generator<Void, Integer> outer = Generator.of((yielder, input) -> {
            try (Generator<Void, Integer> inner = Generator.of((y, i) -> {
                try {
                    y.suspend(1);
                } finally {
                    log.add("inner");
                }
            })) {
                yielder.suspend(inner.resume(null).orElseThrow());
            } finally {
                log.add("outer");
            }
        });
        outer.resume(null);
        outer.close();
        assertEquals(List.of("inner", "outer"), log);
    }

    // ---- abandoned ---------------------------------------------------------------------------------

    @Test
    void anAbandonedGeneratorIsUnwound() {
        CountDownLatch unwound = new CountDownLatch(1);
        WeakReference<Object> generator = abandon(unwound);
        Collect.until(() -> unwound.getCount() == 0 && generator.refersTo(null));
    }

    /** Its body refers to its yielder, as bodies do, and that must not keep it alive. */
    private static WeakReference<Object> abandon(CountDownLatch unwound) {
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            Yielder<Void, Integer> local = yielder;
            try {
                while (true) {
                    local.suspend(1);
                }
            } finally {
                unwound.countDown();
            }
        });
        assertEquals(Optional.of(1), generator.resume(null));
        return new WeakReference<>(generator);
    }

    @Test
    void anAbandonedGeneratorThatHasNotStartedIsFreed() {
        WeakReference<Object> body = abandonNew();
        Collect.until(() -> body.refersTo(null));
    }

    private static WeakReference<Object> abandonNew() {
        Generator.Body<Void, Integer> body = new Generator.Body<>() {
            @Override
            public void run(Yielder<Void, Integer> yielder, Void input) {
                throw new AssertionError("must not be run");
            }
        };
        Generator.of(body);
        return new WeakReference<>(body);
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void anAbandonedGeneratorGivesItsOwnStackBack() {
        OsStack stack = OsStack.ofSize(256 * 1024);
        abandonOn(stack);
        Collect.until(() -> {
            try {
                stack.close();
                return true;
            } catch (IllegalStateException e) { // still in use
                return false;
            }
        });
    }

    private static void abandonOn(OsStack stack) {
        Generator.of(stack, (yielder, input) -> yielder.suspend(1)).resume(null);
    }

    /** One that blocks while it is unwound holds up nobody but itself. */
    @Test
    void anAbandonedBodyThatBlocksHoldsUpNoOther() throws InterruptedException {
        CountDownLatch blocked = new CountDownLatch(3);
        CountDownLatch release = new CountDownLatch(1);
        for (int i = 0; i < 3; i++) {
            abandonBlocking(blocked, release, i > 0);
        }
        Collect.until(() -> blocked.getCount() == 0);
        CountDownLatch unwound = new CountDownLatch(1);
        abandon(unwound);
        Collect.until(() -> unwound.getCount() == 0);
        release.countDown();
    }

    /** One that runs will come to its end; a thread for each would take the processors from it. */
    @Test
    void bodiesThatComputeWhileTheyAreUnwoundGetNoThreadEach() {
        int count = 12;
        CountDownLatch unwound = new CountDownLatch(count);
        long before = unwinders();
        for (int i = 0; i < count; i++) {
            abandonComputing(unwound);
        }
        AtomicLong most = new AtomicLong();
        Collect.until(() -> {
            most.accumulateAndGet(unwinders(), Math::max);
            return unwound.getCount() == 0;
        });
        assertTrue(most.get() <= before + 4, () -> most + " threads, " + before + " before");
    }

    private static long unwinders() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("fringe-unwinder")).count();
    }

    private static void abandonComputing(CountDownLatch unwound) {
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            try {
                yielder.suspend(1);
            } finally {
                for (long until = System.nanoTime() + 400_000_000; System.nanoTime() < until; ) {
                    Thread.onSpinWait();
                }
                unwound.countDown();
            }
        });
        generator.resume(null);
    }

    private static void abandonBlocking(CountDownLatch blocked, CountDownLatch release, boolean delegating) {
        Generator.<Void, Integer>of((yielder, input) -> {
            try {
                if (delegating) {
                    yielder.suspendAll(Generator.of(y -> y.suspend(1)));
                } else {
                    yielder.suspend(1);
                }
            } finally {
                blocked.countDown();
                release.await();
            }
        }).resume(null);
    }

    @Test
    void anExceptionOfAnAbandonedBodyHarmsNobody() {
        CountDownLatch thrown = new CountDownLatch(1);
        abandonThrowing(thrown);
        Collect.until(() -> thrown.getCount() == 0);
        anAbandonedGeneratorIsUnwound();
    }

    private static void abandonThrowing(CountDownLatch thrown) {
        Generator.<Void, Integer>of((yielder, input) -> {
            try {
                yielder.suspend(1);
            } finally {
                thrown.countDown();
                throwIt(new IllegalArgumentException("abandoned"));
            }
        }).resume(null);
    }

    /** As documented: a suspended body is alive, and so is what it refers to. */
    @Test
    void aBodyThatRefersToItsGeneratorKeepsIt() {
        WeakReference<Generator<Void, Integer>> generator = captureItself();
        for (int i = 0; i < 5; i++) {
            System.gc();
        }
        Generator<Void, Integer> alive = generator.get();
        assertNotNull(alive);
        alive.close();
    }

    private static WeakReference<Generator<Void, Integer>> captureItself() {
        AtomicReference<Generator<Void, Integer>> self = new AtomicReference<>();
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            Generator<Void, Integer> mine = self.get();
            yielder.suspend(1);
            mine.state();
        });
        self.set(generator);
        generator.resume(null);
        return new WeakReference<>(generator);
    }

    // ---- what a pooled thread keeps and what not ----------------------------------------------------

    /** Of a size, and so from a pool, that no other test uses. */
    private static Generator.Builder ours() {
        return Generator.builder().stackSize(300 * 1024);
    }

    private static final ThreadLocal<String> LOCAL = new ThreadLocal<>();

    /** Dirties its thread in every way, and says which thread it was. */
    private static Thread dirty(Generator.Builder builder) {
        Thread[] thread = new Thread[1];
        try (Generator<Void, Integer> generator = builder.<Void, Integer>build((yielder, input) -> {
            Thread me = Thread.currentThread();
            thread[0] = me;
            me.setName("dirty");
            me.setContextClassLoader(new ClassLoader() { });
            me.setPriority(Thread.MAX_PRIORITY);
            me.setUncaughtExceptionHandler((t, e) -> { });
            LOCAL.set("dirty");
            me.interrupt();
        })) {
            generator.resume(null);
        }
        return thread[0];
    }

    @Test
    @Tag("pooled-threads")
    void aPooledThreadIsResetBetweenBodies() {
        Thread dirty = dirty(ours());
        String local = null;
        Thread thread = null;
        try (Generator<Void, String> generator = ours().build((yielder, input) -> {
            Thread me = Thread.currentThread();
            assertSame(dirty, me, "the last stack given back is the first used");
            assertTrue(me.getName().startsWith("fringe-"), me.getName());
            assertSame(ClassLoader.getSystemClassLoader(), me.getContextClassLoader());
            assertEquals(Thread.NORM_PRIORITY, me.getPriority());
            assertSame(me.getThreadGroup(), me.getUncaughtExceptionHandler());
            assertFalse(me.isInterrupted());
            String value = LOCAL.get();
            LOCAL.remove();
            yielder.suspend(value);
        })) {
            local = generator.resume(null).orElse(null);
        }
        assertEquals("dirty", local, "thread-locals stay, as documented");
        assertFalse(Thread.currentThread().isInterrupted());
    }

    /** What another thread does to the thread of an idle stack is not for the body that runs there next. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Tag("pooled-threads")
    void whatIsDoneToAnIdleThreadReachesNoBody(boolean interruptible) {
        Thread idle = dirty(ours());
        for (int outsider = 0; outsider < 5; outsider++) {
            switch (outsider) {
                case 0 -> idle.interrupt();
                case 1 -> idle.setName("outsider");
                case 2 -> idle.setPriority(Thread.MAX_PRIORITY);
                case 3 -> idle.setUncaughtExceptionHandler((thread, failure) -> { });
                default -> idle.setContextClassLoader(new ClassLoader() { });
            }
            Generator.Builder builder = interruptible ? ours().interruptible() : ours();
            try (Generator<Void, Thread> generator = builder.build((yielder, input) -> {
                Thread me = Thread.currentThread();
                assertFalse(me.isInterrupted());
                assertTrue(me.getName().startsWith("fringe-"), me.getName());
                assertEquals(Thread.NORM_PRIORITY, me.getPriority());
                assertSame(me.getThreadGroup(), me.getUncaughtExceptionHandler());
                assertSame(ClassLoader.getSystemClassLoader(), me.getContextClassLoader());
                yielder.suspend(me);
            })) {
                assertSame(idle, generator.resume(null).orElseThrow(), "the last stack given back is the first used");
                assertFalse(Thread.currentThread().isInterrupted(), "nor its resumer");
                assertEquals(Optional.empty(), generator.resume(null));
            }
            assertFalse(Thread.currentThread().isInterrupted());
        }
    }

    @Test
    void aFreshThreadHasSeenNoOtherBody() throws InterruptedException {
        Thread dirty = dirty(Generator.builder());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (Generator<Void, Thread> generator = Generator.builder().freshThread().build((yielder, input) -> {
                assertSame(null, LOCAL.get());
                LOCAL.set("fresh");
                yielder.suspend(Thread.currentThread());
            })) {
                threads.add(generator.resume(null).orElseThrow());
            }
        }
        assertFalse(threads.contains(dirty));
        assertFalse(threads.get(0) == threads.get(1));
        for (Thread thread : threads) {
            thread.join(); // it ends with its generator
        }
    }

    @Test
    void aNameIsTheThreadsWhileTheBodyRuns() {
        Thread thread;
        try (Generator<Void, Thread> generator = Generator.builder().name("parser").build((yielder, input) ->
                yielder.suspend(Thread.currentThread()))) {
            thread = generator.resume(null).orElseThrow();
            assertEquals("parser", thread.getName());
        }
        assertTrue(thread.getName().startsWith("fringe-"), thread.getName());
    }

    @Test
    void interruptionOfAResumerIsItsOwn() {
        Thread.currentThread().interrupt();
        try (Generator<Void, Boolean> generator = Generator.of((yielder, input) -> {
            while (true) {
                yielder.suspend(Thread.currentThread().isInterrupted());
            }
        })) {
            assertEquals(Optional.of(false), generator.resume(null));
            assertTrue(Thread.interrupted());
            assertEquals(Optional.of(false), generator.resume(null));
        }
    }
}
