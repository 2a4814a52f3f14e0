// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Yielder;
import dev.fringe.internal.engine.Capability;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The original's tests of its generators, under their names, and what they take for granted. */
@Tag("semantics")
class GeneratorTest {

    private static final long STACK = 256 * 1024;

    private static void addOne(Yielder<Integer, Integer> yielder, int first) {
        int input = first;
        while (input != 0) {
            input = yielder.suspend(input + 1);
        }
    }

    private static Generator<Integer, Integer> newAddOne() {
        return Generator.of(GeneratorTest::addOne);
    }

    private static void checkAddOne(Generator<Integer, Integer> addOne) {
        assertEquals(Optional.of(2), addOne.resume(1));
        assertEquals(Optional.of(3), addOne.resume(2));
        assertEquals(Optional.empty(), addOne.resume(0));
    }

    @Test
    void generator() {
        checkAddOne(newAddOne());
    }

    /** In the original a generator may move in memory; here it may be moved by the collector. */
    @Test
    void moveAfterNew() {
        Generator<Integer, Integer> addOne = newAddOne();
        assertEquals(Optional.of(2), addOne.resume(1));
        System.gc();
        runMoved(addOne);
    }

    private static void runMoved(Generator<Integer, Integer> addOne) {
        assertEquals(Optional.of(3), addOne.resume(2));
        System.gc();
        assertEquals(Optional.of(4), addOne.resume(3));
        assertEquals(Optional.empty(), addOne.resume(0));
    }

    /** After a body has thrown, resuming it again, as a destructor might, is harmless. */
    @Test
    void panicSafety() {
        IllegalArgumentException foo = new IllegalArgumentException("foo");
        Generator<Void, Void> generator = Generator.of((yielder, input) -> {
            throw foo;
        });
        assertSame(foo, assertThrows(IllegalArgumentException.class, () -> generator.resume(null)));
        assertEquals(Optional.empty(), generator.resume(null));
        assertEquals(Generator.State.FINISHED, generator.state());
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void withSliceStack() {
        try (Arena arena = Arena.ofConfined()) {
            try (var addOne = Generator.of(SliceStack.of(arena.allocate(STACK)), GeneratorTest::addOne)) {
                checkAddOne(addOne);
            }
        }
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void withOwnedStack() {
        try (OwnedStack stack = OwnedStack.ofSize(STACK);
                var addOne = Generator.of(stack, GeneratorTest::addOne)) {
            checkAddOne(addOne);
        }
    }

    /** What is suspended reaches the resumer once, and the generator keeps nothing of it. */
    @Test
    void forgetYielded() {
        Object value = new Object();
        Generator<Void, Object> generator = Generator.of((yielder, input) -> yielder.suspend(value));
        assertSame(value, generator.resume(null).orElseThrow());
        assertEquals(Optional.empty(), generator.resume(null));
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void unwrapReturned() {
        try (OsStack stack = OsStack.ofSize(STACK)) {
            Generator<Void, Void> generator = Generator.of(stack, (yielder, input) -> { });
            assertEquals(Optional.empty(), generator.resume(null));
            assertSame(stack, generator.unwrap());
        }
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void unwrapPanicked() {
        try (OsStack stack = OsStack.ofSize(STACK)) {
            Generator<Void, Void> generator = Generator.of(stack, (yielder, input) -> {
                throw new IllegalArgumentException("unwind");
            });
            assertThrows(IllegalArgumentException.class, () -> generator.resume(null));
            assertSame(stack, generator.unwrap());
        }
    }

    @Test
    @Needs(Capability.GIVEN_STACK)
    void unwrapRunning() {
        try (OsStack stack = OsStack.ofSize(STACK); var addOne = Generator.of(stack, GeneratorTest::addOne)) {
            assertEquals(Optional.of(2), addOne.resume(1));
            IllegalStateException e = assertThrows(IllegalStateException.class, addOne::unwrap);
            assertTrue(e.getMessage().contains("has not ended"), e.getMessage());
            checkAddOne(addOne); // and it still works
        }
    }

    /** The original's iterator test. */
    @Test
    void producer() {
        List<Integer> produced = new ArrayList<>();
        try (Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            for (int i = 0; i < 100; i++) {
                yielder.suspend(i);
            }
        })) {
            for (Optional<Integer> next = generator.resume(null); next.isPresent(); next = generator.resume(null)) {
                produced.add(next.get());
            }
        }
        assertEquals(100, produced.size());
        for (int i = 0; i < 100; i++) {
            assertEquals(i, produced.get(i));
        }
    }

    @Test
    void statesFollowTheBody() {
        List<Generator.State> inside = new ArrayList<>();
        List<Generator<Void, Integer>> self = new ArrayList<>();
        Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            inside.add(self.getFirst().state());
            yielder.suspend(1);
        });
        self.add(generator);
        assertEquals(Generator.State.NEW, generator.state());
        generator.resume(null);
        assertEquals(List.of(Generator.State.RUNNING), inside);
        assertEquals(Generator.State.SUSPENDED, generator.state());
        generator.resume(null);
        assertEquals(Generator.State.FINISHED, generator.state());
        generator.close();
        assertEquals(Generator.State.FINISHED, generator.state(), "closing what has finished changes nothing");
        assertEquals(Optional.empty(), generator.resume(null));
    }

    @Test
    void nullGoesInButNotOut() {
        List<Object> got = new ArrayList<>();
        try (Generator<String, Integer> generator = Generator.of((yielder, input) -> {
            got.add(input);
            got.add(assertThrows(NullPointerException.class, () -> yielder.suspend(null)).getClass());
            got.add(yielder.suspend(1));
            got.add(yielder.suspend(2));
        })) {
            assertEquals(Optional.of(1), generator.resume(null));
            assertEquals(Optional.of(2), generator.resume("two"));
            assertEquals(Optional.empty(), generator.resume(null));
        }
        assertEquals(4, got.size());
        assertEquals(null, got.get(0));
        assertEquals(NullPointerException.class, got.get(1));
        assertEquals("two", got.get(2));
        assertEquals(null, got.get(3));
    }

    @Test
    void checkedExceptionLeavesAsItIs() {
        IOException thrown = new IOException("disk on fire");
        try (Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
            yielder.suspend(1);
            throw thrown;
        })) {
            generator.resume(null);
            assertSame(thrown, assertThrows(IOException.class, () -> generator.resume(null)));
            assertEquals(Optional.empty(), generator.resume(null));
        }
    }
}
