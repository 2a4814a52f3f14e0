// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import dev.fringe.management.GeneratorDeadlock;
import dev.fringe.management.GeneratorInfo;
import dev.fringe.management.Generators;
import dev.fringe.management.GeneratorsMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import javax.management.JMX;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What people and monitoring tools can learn of the generators of a virtual machine. */
@Tag("semantics")
class DiagnosticsTest {

    private static Optional<GeneratorInfo> find(String name) {
        return Generators.list().stream().filter(info -> info.name().equals(name)).findFirst();
    }

    private static void suspendHere(Yielder<Void, Integer> yielder) {
        yielder.suspend(1);
    }

    @Test
    void listsAGeneratorThroughItsLife() {
        List<GeneratorInfo> inside = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.builder().name("listed")
                .build((yielder, input) -> {
                    inside.add(find("listed").orElseThrow());
                    suspendHere(yielder);
                });
        GeneratorInfo created = find("listed").orElseThrow();
        assertEquals(Generator.State.NEW, created.state());
        assertFalse(created.started());
        assertFalse(created.shared());
        assertNull(created.resumer());
        assertNull(created.creationSite());

        generator.resume(null);
        GeneratorInfo running = inside.getFirst();
        assertEquals(Generator.State.RUNNING, running.state());
        assertEquals(Thread.currentThread().getName(), running.resumer());
        assertEquals(Thread.currentThread().threadId(), running.resumerThreadId());
        GeneratorInfo suspended = find("listed").orElseThrow();
        assertTrue(suspended.started());

        String dump = Generators.dump();
        assertTrue(dump.contains("\"listed\" #"), dump);
        assertTrue(dump.contains("suspendHere"), dump);
        generator.resume(null);
        assertTrue(find("listed").isEmpty());
    }

    @Test
    @Needs(Capability.STACK_SIZE)
    void tellsTheSizeOfAStackThatHasOne() {
        try (Generator<Void, Integer> generator = Generator.builder().name("sized").stackSize(512 * 1024)
                .build((yielder, input) -> suspendHere(yielder))) {
            generator.resume(null);
            GeneratorInfo info = find("sized").orElseThrow();
            assertTrue(info.stackSize() >= 512 * 1024, info.toString());
            assertTrue(info.stackUsed() == -1 || info.stackUsed() > 500 && info.stackUsed() < info.stackSize(),
                    info.toString());
        }
    }

    /** While and after the body runs. */
    @Test
    @Tag("platform-bodies")
    void threadDumpsShowTheName() {
        List<String> seen = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.builder().name("in the dump").build((yielder, input) -> {
            seen.add(Thread.currentThread().getName());
            suspendHere(yielder);
        });
        generator.resume(null);
        assertEquals(List.of("in the dump"), seen);
        StackTraceElement[] stack = stackOf("in the dump").orElseThrow();
        assertTrue(Arrays.stream(stack).anyMatch(frame -> frame.getMethodName().equals("suspend")), Arrays.toString(stack));
        generator.close();
        assertTrue(stackOf("in the dump").isEmpty());
    }

    /** Its thread has been there before it. */
    @Test
    @Tag("platform-bodies")
    @Tag("pooled-threads")
    void threadDumpsShowTheNameOfABodyThatHasNotStarted() {
        Generator<Void, Integer> unused = Generator.builder().name("never started").build((yielder, input) -> { });
        assertTrue(stackOf("never started").isPresent());
        unused.close();
        assertTrue(stackOf("never started").isEmpty());
    }

    private static Optional<StackTraceElement[]> stackOf(String name) {
        // All of the frames: the Zero VM lists no more than the last of each thread.
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals(name))
                .map(Thread::getStackTrace).findFirst();
    }

    /** jcmd has nothing but names and frames to show, so the names say it all, if they are asked to. */
    @Test
    @Tag("frames-in-dumps")
    @Tag("platform-bodies")
    void threadDumpsSayWhoResumesWhom() {
        String output = new ChildJvm().with("-Ddev.fringe.threadStates=true").run(Dumped.class).succeeds().output();
        assertTrue(output.contains("\"parser (suspended)\" #"), output);
        assertTrue(output.contains("\"lexer (resumed by thread \"main\")\" #"), output);
        assertTrue(output.contains("dev.fringe.tests.DiagnosticsTest.suspendHere"), output);
    }

    /** Has one suspended and one running generator, and prints what jcmd shows. */
    static final class Dumped {
        public static void main(String[] arguments) {
            Generator<Void, Integer> parser = Generator.builder().name("parser").build((yielder, input) -> suspendHere(yielder));
            parser.resume(null);
            Generator.builder().name("lexer").build((yielder, input) -> System.out.println(Jcmd.run("Thread.print")))
                    .resume(null);
        }
    }

    @Test
    void theBeanIsRegisteredIfAPropertySaysSo() {
        new ChildJvm().with("-Ddev.fringe.management=true", "-Ddev.fringe.creationSites=true").run(Managed.class)
                .succeeds().line("all is well");
    }

    /** Looks at itself through the management bean. */
    static final class Managed {
        public static void main(String[] arguments) throws Exception {
            Generator<Void, Integer> generator = Generator.of((yielder, input) -> suspendHere(yielder));
            generator.resume(null);
            var server = ManagementFactory.getPlatformMBeanServer();
            ObjectName name = new ObjectName("dev.fringe:type=Generators");
            GeneratorsMXBean bean = JMX.newMXBeanProxy(server, name, GeneratorsMXBean.class);
            check(bean.getLiveCount() == 1 && bean.getIdleStackCount() == 0, "counts");
            GeneratorInfo info = bean.getGenerators().getFirst();
            check(info.name().startsWith("DiagnosticsTest$Managed.main(DiagnosticsTest.java:"), info.toString());
            check(info.creationSite().contains("Managed.main"), info.toString());
            CompositeData data = ((CompositeData[]) server.getAttribute(name, "Generators"))[0];
            check("SUSPENDED".equals(data.get("state")), data.toString());
            check(bean.dump().contains("suspendHere"), bean.dump());
            check(bean.findDeadlocked().isEmpty(), "no deadlock");
            System.out.println("all is well");
        }

        private static void check(boolean right, String what) {
            if (!right) {
                throw new AssertionError(what);
            }
        }
    }

    // ---- bodies that wait for their own resumers ------------------------------------------------------

    /** Runs something in a thread that will hang, and waits until a deadlock is found. */
    private static GeneratorDeadlock deadlockOf(String generator, Runnable hangs) {
        return deadlockOf(generator, Thread.ofPlatform().daemon(), hangs);
    }

    private static GeneratorDeadlock deadlockOf(String generator, Thread.Builder resumer, Runnable hangs) {
        resumer.name("resumer of " + generator).start(hangs);
        while (true) { // until the body has come to its lock; the timeout of the test is the limit
            for (GeneratorDeadlock deadlock : Generators.findDeadlocked()) {
                if (deadlock.generator().equals(generator)) {
                    return deadlock;
                }
            }
            Thread.onSpinWait();
        }
    }

    @Test
    @Tag("platform-bodies")
    void findsABodyThatWantsAMonitorOfItsResumer() {
        Object lock = new Object();
        GeneratorDeadlock found = deadlockOf("monitor", () -> {
            synchronized (lock) {
                Generator.builder().name("monitor").build((yielder, input) -> {
                    synchronized (lock) {
                        yielder.suspend(1);
                    }
                }).resume(null);
            }
        });
        assertEquals("resumer of monitor", found.holder());
        assertTrue(found.lock().startsWith("java.lang.Object@"), found.lock());
        assertEquals(2, found.chain().size(), found.toString());
    }

    /** The resumer's resumer holds it, and it is a lock of java.util.concurrent. */
    @Test
    @Tag("platform-bodies")
    void findsABodyThatWantsALockOfItsResumersResumer() {
        ReentrantLock lock = new ReentrantLock();
        GeneratorDeadlock found = deadlockOf("inner", () -> {
            lock.lock();
            Generator.builder().name("outer").build((a, b) -> Generator.builder().name("inner").build((c, d) -> {
                lock.lock();
            }).resume(null)).resume(null);
        });
        assertEquals("resumer of inner", found.holder());
        assertTrue(found.lock().contains("ReentrantLock"), found.lock());
        assertEquals(3, found.chain().size(), found.toString());
        assertTrue(found.toString().contains("\"outer\""), found.toString());
    }

    /** In a virtual machine of its own, because the two keep their carriers for ever. */
    @Test
    @Tag("platform-bodies")
    @Tag("pinned-resumers")
    void findsBodiesThatWantLocksOfTheirVirtualResumers() {
        new ChildJvm().with("-Djdk.virtualThreadScheduler.parallelism=2").run(VirtualResumers.class).succeeds()
                .line("all is well");
    }

    /** Makes two deadlocks. */
    static final class VirtualResumers {
        public static void main(String[] arguments) {
            Object monitor = new Object();
            GeneratorDeadlock found = deadlockOf("one", Thread.ofVirtual(), () -> {
                synchronized (monitor) {
                    Generator.builder().name("one").build((yielder, input) -> {
                        synchronized (monitor) {
                            yielder.suspend(1);
                        }
                    }).resume(null);
                }
            });
            assertTrue(found.lock().startsWith("java.lang.Object@"), found.lock());
            // By the carrier, which waits for the thread, where there are carriers: the Zero VM has none.
            boolean bound = Thread.ofVirtual().unstarted(() -> { }).getClass().getSimpleName().contains("Bound");
            assertEquals(bound ? 2 : 3, found.chain().size(), found.toString());
            assertTrue(found.chain().getLast().startsWith("\"resumer of one\" waits for the body"), found.toString());

            ReentrantLock lock = new ReentrantLock();
            GeneratorDeadlock other = deadlockOf("two", Thread.ofVirtual(), () -> {
                lock.lock();
                Generator.builder().name("two").build((yielder, input) -> lock.lock()).resume(null);
            });
            assertEquals("resumer of two", other.holder());
            assertEquals(2, other.chain().size(), other.toString());
            System.out.println("all is well");
        }
    }

    /** The other way round: the body is suspended and holds it, and only the thread that waits may resume the body. */
    @Test
    @Tag("platform-bodies")
    void findsASuspendedBodyThatHoldsWhatItsOwnerWants() {
        Object monitor = new Object();
        ReentrantLock lock = new ReentrantLock();
        for (boolean plain : new boolean[] {true, false}) {
            String name = plain ? "holder of a monitor" : "holder of a lock";
            GeneratorDeadlock found = deadlockOf(name, () -> {
                Generator<Void, Integer> generator = Generator.builder().name(name).build(yielder -> {
                    if (plain) {
                        synchronized (monitor) {
                            yielder.suspend(1);
                        }
                    } else {
                        lock.lock();
                        yielder.suspend(1);
                    }
                });
                generator.resume(null);
                if (plain) {
                    synchronized (monitor) {
                        generator.close();
                    }
                } else {
                    lock.lock();
                    generator.close();
                }
            });
            assertEquals(name, found.holder());
            assertEquals(2, found.chain().size(), found.toString());
            assertTrue(found.chain().getFirst().contains("the only thread that may resume"), found.toString());
        }
    }

    /** A class whose static initialiser iterates a generator made of the class. */
    static final class Initialised {

        static final int SUM = sum();

        private Initialised() {}

        private static int sum() {
            int sum = 0;
            for (int value : Generator.builder().name("in an initialiser").<Integer>build(y -> y.suspend(one()))) {
                sum += value;
            }
            return sum;
        }

        private static int one() {
            return 1;
        }
    }

    /** In a virtual machine of its own, because the class is lost. */
    @Test
    @Tag("platform-bodies")
    void findsABodyThatNeedsAClassWhichItsResumerInitialises() {
        new ChildJvm().run(Initialiser.class).succeeds().line("all is well");
    }

    /** Makes such a deadlock. */
    static final class Initialiser {
        public static void main(String[] arguments) {
            GeneratorDeadlock found = deadlockOf("in an initialiser", () -> System.out.println(Initialised.SUM));
            assertEquals("resumer of in an initialiser", found.holder());
            assertTrue(found.lock().equals("the initialisation of class " + Initialised.class.getName()), found.lock());
            assertEquals(2, found.chain().size(), found.toString());
            System.out.println("all is well");
            System.exit(0);
        }
    }

    @Test
    void aBodyThatWaitsForAnotherThreadIsNoDeadlock() throws InterruptedException {
        ReentrantLock lock = new ReentrantLock();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> {
            lock.lock();
            held.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            } finally {
                lock.unlock();
            }
        });
        held.await();
        Thread resumer = Thread.ofPlatform().start(() -> Generator.builder().name("patient").build((yielder, input) -> {
            lock.lock();
            lock.unlock();
        }).resume(null));
        while (!lock.hasQueuedThreads()) {
            Thread.onSpinWait();
        }
        assertTrue(Generators.findDeadlocked().stream().noneMatch(deadlock -> deadlock.generator().equals("patient")));
        release.countDown();
        holder.join();
        resumer.join();
    }
}
