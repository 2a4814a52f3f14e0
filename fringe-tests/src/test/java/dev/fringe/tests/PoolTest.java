// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The pool of stacks. Its properties are read once, so each test has a virtual machine of its own. */
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

    @Test
    void thePoolIsBounded() {
        new ChildJvm().with("-Ddev.fringe.pool.size=5").run(Bounded.class).succeeds();
    }

    /** A program. */
    static final class Bounded {
        public static void main(String[] arguments) {
            Set<Thread> threads = use(20, 0);
            assertEquals(5, alive(threads));
            assertEquals(5, alive(use(20, 512 * 1024)), "each size has its own bound");
            assertEquals(5, alive(threads));
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
            assertEquals(1, alive(use(1, 0)), "and others are made");
            assertTrue(ChildJvm.status("Threads") < before + 10);
        }
    }

    /** Numbers that make no sense are as good as none. */
    @Test
    void oddPropertiesDoNoHarm() {
        new ChildJvm().with("-Ddev.fringe.pool.size=-7", "-Ddev.fringe.pool.idleSeconds=never").run(Off.class).succeeds();
        new ChildJvm().with("-Ddev.fringe.pool.size=many", "-Ddev.fringe.pool.idleSeconds=-1").run(Idle.class).succeeds();
    }
}
