// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pool of stacks. Its properties are read once, so each test has a virtual machine of its own. */
@Tag("native")
class PoolTest {

    /** Makes so many at once, closes them, and says on which threads they ran. */
    private static Set<Thread> use(int count, long stackSize) {
        List<Generator<Void, Thread>> generators = new ArrayList<>();
        Set<Thread> threads = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Generator.Builder builder = Generator.builder();
            if (stackSize > 0) {
                builder.stackSize(stackSize);
            }
            Generator<Void, Thread> generator =
                    builder.build((yielder, input) -> yielder.suspend(Thread.currentThread()));
            threads.add(generator.resume(null).orElseThrow());
            generators.add(generator);
        }
        generators.forEach(Generator::close);
        assertEquals(count, threads.size());
        return threads;
    }

    private static long alive(Set<Thread> threads) {
        return threads.stream().filter(Thread::isAlive).count();
    }

    @Test
    void stacksAreUsedAgain() {
        Set<Thread> first = use(10, 320 * 1024);
        Set<Thread> second = use(10, 320 * 1024);
        assertEquals(first, second);
        assertEquals(10, alive(first));
    }

    @Test
    void eachSizeHasStacksOfItsOwn() {
        Set<Thread> large = use(3, 2 << 20);
        Set<Thread> small = use(3, 256 * 1024);
        small.retainAll(large);
        assertEquals(Set.of(), small);
    }

    /** Stacks outlive the threads whose generators ran on them; a minute, if nothing else uses them. */
    @Test
    @Timeout(50)
    void aThreadThatHasMadeGeneratorsIsCollected() throws InterruptedException {
        WeakReference<Thread> maker = makeElsewhere();
        Collect.until(() -> maker.refersTo(null));
    }

    private static WeakReference<Thread> makeElsewhere() throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 3; i++) {
                try (Generator<Void, Integer> generator = Generator.of((yielder, input) -> yielder.suspend(1))) {
                    assertEquals(Optional.of(1), generator.resume(null));
                }
            }
        });
        thread.join();
        return new WeakReference<>(thread);
    }

    /** Sizes that are the same number of pages share a pool, and its stacks; or there would be a pool for each. */
    @Test
    void sizesWithinAPageShareAPool() {
        new ChildJvm().run(Sizes.class).succeeds();
    }

    /** A program. */
    static final class Sizes {

        private static final long LARGEST = 512 * 1024;
        private static final int COUNT = 4000;

        private static int pools(String kind) throws ReflectiveOperationException {
            Field field = Class.forName("dev.fringe.nativestacks.StackPool").getDeclaredField(kind);
            field.setAccessible(true);
            return ((Map<?, ?>) field.get(null)).size();
        }

        public static void main(String[] arguments) throws ReflectiveOperationException {
            use(1, 0);
            int pooled = pools("POOLS");
            int fresh = pools("FRESH");
            Set<Thread> threads = new HashSet<>();
            for (int less = 0; less < COUNT; less++) {
                threads.addAll(use(1, LARGEST - less));
                if (less % 100 == 0) {
                    Generator.builder().freshThread().stackSize(LARGEST - less).build((yielder, input) -> { }).close();
                }
            }
            assertEquals(1, threads.size(), "stacks");
            assertEquals(pooled + 1, pools("POOLS"));
            assertEquals(fresh + 1, pools("FRESH"));
        }
    }

    @Test
    void thePoolIsBounded() {
        new ChildJvm().with("-Ddev.fringe.pool.size=5").run(Bounded.class).succeeds();
    }

    /** A program. */
    static final class Bounded {
        public static void main(String[] arguments) {
            Set<Thread> threads = use(20, 0);
            awaitAlive(5, threads);
            awaitAlive(5, use(20, 512 * 1024)); // each size has its own bound
            assertEquals(5, alive(threads));
        }
    }

    /** Those that are more than the pool keeps end in the background. */
    private static void awaitAlive(int count, Set<Thread> threads) {
        while (alive(threads) > count) { // the test's timeout ends this
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(count, alive(threads));
    }

    /** What has been in use at once stays for the next time, and is forgotten bit by bit if there is none. */
    @Test
    void thePoolFollowsThePeak() {
        new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=100000").run(Peak.class).succeeds();
    }

    /** A program. */
    static final class Peak {
        public static void main(String[] arguments) {
            Set<Thread> threads = use(400, 0);
            assertEquals(400, alive(threads));
            assertEquals(threads, use(400, 0));
            awaitAlive(256, threads);
            Set<Thread> rest = use(256, 0);
            assertTrue(threads.containsAll(rest), "what stays is used");
            assertEquals(256, alive(rest));
        }
    }

    @Test
    void aPoolOfSizeZeroKeepsNothing() {
        new ChildJvm().with("-Ddev.fringe.pool.size=0").run(Off.class).succeeds();
    }

    /** A program. */
    static final class Off {
        public static void main(String[] arguments) {
            Set<Thread> threads = use(3, 0);
            assertEquals(0, alive(threads));
            assertNotSame(threads.iterator().next(), use(1, 0).iterator().next());
        }
    }

    @Test
    void idleStacksAreFreed() {
        new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=1").run(Idle.class).succeeds();
    }

    /** A program. */
    static final class Idle {
        public static void main(String[] arguments) throws InterruptedException {
            long before = ChildJvm.status("Threads");
            Set<Thread> threads = use(20, 0);
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(0, alive(threads));
            try (Generator<Void, Thread> other = Generator.of(yielder -> yielder.suspend(Thread.currentThread()))) {
                Thread made = other.resume().orElseThrow();
                assertTrue(made.isAlive() && !threads.contains(made), "and others are made");
            }
            assertTrue(ChildJvm.status("Threads") < before + 10);
        }
    }

    /**
     * An abandoned generator is found while stacks are idle, and before any of those is freed: what watches the ones
     * does not wait for the others' time.
     */
    @Test
    void anAbandonedOneIsFoundWhileStacksAreIdle() {
        new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=100000").run(Watched.class).succeeds();
    }

    /** A program. */
    static final class Watched {
        public static void main(String[] arguments) {
            Set<Thread> idle = use(5, 0);
            for (int i = 0; i < 3; i++) {
                CountDownLatch unwound = new CountDownLatch(1);
                abandon(unwound);
                Collect.until(() -> unwound.getCount() == 0);
                assertEquals(5, alive(idle), "stacks that are idle still");
            }
        }

        private static void abandon(CountDownLatch unwound) {
            Generator.builder().stackSize(512 << 10).build((Generator.Producer<Integer>) yielder -> {
                try {
                    yielder.suspend(1);
                } finally {
                    unwound.countDown();
                }
            }).resume();
        }
    }

    /** Numbers that make no sense are as good as none. */
    @Test
    void oddPropertiesDoNoHarm() {
        new ChildJvm().with("-Ddev.fringe.pool.size=-7", "-Ddev.fringe.pool.idleSeconds=never").run(Off.class).succeeds();
        new ChildJvm().with("-Ddev.fringe.pool.size=many", "-Ddev.fringe.pool.idleSeconds=-1").run(Idle.class).succeeds();
    }

    /** Threads take stacks and give them back while the housekeeper, which is in a hurry here, looks after them. */
    @Test
    void noStackHasTwoBodiesAtOnceAndNoneIsLost() {
        new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=1", "-Ddev.fringe.pool.size=8").run(Contended.class).succeeds();
    }

    /** A program. */
    static final class Contended {

        private static final int LIVES = Scale.of(300_000, 3_000);
        private static final Map<Thread, Object> BUSY = new ConcurrentHashMap<>();
        private static final Queue<String> WRONG = new ConcurrentLinkedQueue<>();

        private static Generator<Void, Thread> generator() {
            return Generator.of(yielder -> {
                Thread mine = Thread.currentThread();
                if (BUSY.putIfAbsent(mine, mine) != null) {
                    WRONG.add(mine + " runs two bodies");
                }
                try {
                    yielder.suspend(mine);
                    if (Thread.currentThread() != mine) {
                        WRONG.add(mine + " goes on as " + Thread.currentThread());
                    }
                } finally {
                    BUSY.remove(mine);
                }
            });
        }

        private static void live() {
            Deque<Generator<Void, Thread>> lasting = new ArrayDeque<>();
            for (int life = 0; life < LIVES; life++) {
                Generator<Void, Thread> generator = generator();
                generator.resume(null);
                if (life % 1000 == 0) { // some are suspended for several rounds of the housekeeper
                    lasting.addLast(generator);
                    if (lasting.size() > 5) {
                        lasting.removeFirst().close();
                    }
                    pause();
                } else if (life % 3 == 0) {
                    generator.close();
                } else {
                    generator.resume(null);
                }
            }
            lasting.forEach(Generator::close);
        }

        /** Long enough for the housekeeper to come by now and then. */
        private static void pause() {
            LockSupport.parkNanos(5_000_000);
        }

        public static void main(String[] arguments) throws InterruptedException {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                threads.add(Thread.ofPlatform().start(Contended::live));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(List.of(), List.copyOf(WRONG));
            assertEquals(Map.of(), BUSY);
            while (Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().matches("fringe-\\d+"))) {
                pause(); // idle ones are freed in the end, which none is that was lost; the test's timeout ends this
            }
        }
    }
}
