// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.OwnedStack;
import dev.fringe.Stack;
import dev.fringe.internal.core.Startup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What observers of stacks are told, outside of Valgrind. */
@DisplayName("Observers of stacks")
class StackObserverTest {

    private static final Logger LOGGER = Logger.getLogger("dev.fringe");
    private static final long SIZE = 512 * 1024;

    @AfterEach
    void repair() {
        Announcer.failing = false;
        Announcer.hold = null;
        LOGGER.setLevel(null);
    }

    @Test
    @DisplayName("hear of a stack before it is used and when it no longer is, and of nothing in between")
    void lifeOfStack() {
        // As long as there is another one, the library makes and ends no stack to try out how that is done.
        try (Generator<Void, Integer> other = Generator.of(yielder -> yielder.suspend(1));
                OwnedStack stack = OwnedStack.ofSize(SIZE)) {
            other.resume();
            String range = String.format("%#x %#x", stack.limit(), stack.base());
            for (int round = 0; round < 2; round++) {
                Announcer.SAID.clear();
                String[] thread = new String[1];
                Generator<Integer, Integer> generator = Generator.of(stack, (yielder, first) -> {
                    thread[0] = Thread.currentThread().getName();
                    for (int i = 0; i < 100; i++) {
                        yielder.suspend(i);
                    }
                });
                assertEquals(1, Announcer.SAID.size());
                for (int i = 0; i < 100; i++) {
                    assertEquals(i, generator.resume(0).orElseThrow());
                }
                assertTrue(generator.resume(0).isEmpty());
                assertEquals(List.of("stack " + thread[0] + " " + range), Announcer.SAID);
                generator.unwrap();
                assertEquals(List.of("stack " + thread[0] + " " + range, "gone " + range), Announcer.SAID);
            }
        }
    }

    @Test
    @DisplayName("that take their time are waited for by all who close: then the stack is free")
    void slowObserver() throws Exception {
        try (Generator<Void, Integer> other = Generator.of(yielder -> yielder.suspend(1))) {
            other.resume();
            OwnedStack stack = OwnedStack.ofSize(SIZE);
            Generator<Integer, Integer> generator = Generator.builder().shared().stack(stack)
                    .build((yielder, first) -> yielder.suspend(first + 1));
            assertEquals(2, generator.resume(1).orElseThrow());
            assertTrue(generator.resume(1).isEmpty());
            CountDownLatch hold = new CountDownLatch(1);
            Announcer.hold = hold;
            FutureTask<Void> one = new FutureTask<>(generator::close, null);
            FutureTask<Stack> another = new FutureTask<>(generator::unwrap);
            Thread first = Thread.ofPlatform().start(one);
            Thread second = Thread.ofPlatform().start(another);
            for (Thread closer : List.of(first, second)) {
                while (closer.isAlive() && closer.getState() != Thread.State.TIMED_WAITING) { // for the bystander
                    Thread.onSpinWait();
                }
            }
            hold.countDown();
            one.get();
            assertEquals(stack, another.get());
            stack.close();
        }
    }

    @Test
    @DisplayName("that throw do no harm to generators")
    void failingObserver() {
        LOGGER.setLevel(Level.OFF); // it is told there, which would look like a failure of this test
        try (OwnedStack stack = OwnedStack.ofSize(SIZE)) {
            Announcer.failing = true;
            Generator<Integer, Integer> generator = Generator.of(stack, (yielder, first) -> yielder.suspend(first + 1));
            assertEquals(2, generator.resume(1).orElseThrow());
            generator.close();
            assertEquals(stack, generator.unwrap());
        }
    }

    @Test
    @DisplayName("that have nothing to do are not kept: without Valgrind its observer is gone after one question")
    void withoutValgrind() {
        assertTrue(Startup.describe().endsWith("stack observers: [dev.fringe.valgrind.Announcer]"),
                Startup.describe());
        ValgrindStacks stacks = new ValgrindStacks();
        assertFalse(stacks.isNeeded());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(SIZE, 4096);
            stacks.inUse("nothing", memory.address(), memory.address() + SIZE, true);
            memory.fill((byte) 1); // would end the process if the lowest page were protected
            stacks.gone(memory.address(), memory.address() + SIZE);
            assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, 0));
        }
    }
}
