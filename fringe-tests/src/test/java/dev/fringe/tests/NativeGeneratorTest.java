// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.NativeGenerator;
import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are C functions; they are in bodies.c. */
@Tag("native")
class NativeGeneratorTest {

    private static final SymbolLookup BODIES = load();

    private static SymbolLookup load() {
        NativeGenerator.yieldFunction(); // before what is linked against it
        return SymbolLookup.libraryLookup(library(), Arena.global());
    }

    private static Path library() {
        try {
            return Path.of(NativeGeneratorTest.class.getResource("libbodies.so").toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static MemorySegment body(String name) {
        return BODIES.findOrThrow(name);
    }

    private static void checkSquares(NativeGenerator squares) {
        for (long i = 1; i < 100; i++) {
            assertEquals(OptionalLong.of(i * i), squares.resume(i));
        }
        assertEquals(Generator.State.SUSPENDED, squares.state());
        assertEquals(OptionalLong.empty(), squares.resume(0));
        assertEquals(Generator.State.FINISHED, squares.state());
        assertEquals(OptionalLong.empty(), squares.resume(5));
    }

    @Test
    void valuesPassBothWays() {
        try (NativeGenerator squares = NativeGenerator.of(body("squares"))) {
            checkSquares(squares);
        }
    }

    @Test
    void zeroIsNotTheEnd() {
        try (NativeGenerator zeros = NativeGenerator.of(body("zeros"))) {
            for (int i = 0; i < 2; i++) {
                assertEquals(OptionalLong.of(0), zeros.resume(7));
            }
            assertEquals(OptionalLong.empty(), zeros.resume(7));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2048, 4096, 8192, 1 << 20})
    void runsOnAnyStack(int size) {
        try (OsStack stack = OsStack.ofSize(size); var squares = NativeGenerator.builder().stack(stack).build(body("squares"))) {
            checkSquares(squares);
        }
        try (OwnedStack stack = OwnedStack.ofSize(size); var squares = NativeGenerator.builder().stack(stack).build(body("squares"))) {
            checkSquares(squares);
        }
        try (Arena arena = Arena.ofConfined();
                var squares = NativeGenerator.builder().stack(SliceStack.of(arena.allocate(size + 32, 1)))
                        .build(body("squares"))) {
            checkSquares(squares);
        }
    }

    /** It touches nothing outside of its stack. */
    @Test
    void staysWithinItsStack() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(3 * 4096, 4096).fill((byte) 0x5a);
            try (var squares = NativeGenerator.builder().stack(SliceStack.of(all.asSlice(4096, 4096)))
                        .build(body("squares"))) {
                checkSquares(squares);
            }
            for (int i = 0; i < 4096; i++) {
                assertEquals(0x5a, all.get(ValueLayout.JAVA_BYTE, i));
                assertEquals(0x5a, all.get(ValueLayout.JAVA_BYTE, 2 * 4096 + i));
            }
        }
    }

    @Test
    void yieldsFromDeepWithin() {
        try (NativeGenerator deep = NativeGenerator.of(body("deep"))) {
            assertEquals(-1, deep.resume(500).orElseThrow());
            assertEquals(7 + 500 * 501 / 2, deep.resume(7).orElseThrow());
        }
    }

    @Test
    void yieldsFromQsort() {
        try (NativeGenerator sorts = NativeGenerator.of(body("sorts"))) {
            int comparisons = 0;
            long value = sorts.resume(0).orElseThrow();
            for (; value > 0; value = sorts.resume(0).orElseThrow()) {
                comparisons++;
                assertTrue(value / 1000 <= 9 && value % 1000 <= 9, "compared " + value);
            }
            List<Long> sorted = new ArrayList<>();
            for (OptionalLong each = OptionalLong.of(value); each.isPresent(); each = sorts.resume(0)) {
                sorted.add(-each.getAsLong());
            }
            assertEquals(List.of(1L, 2L, 3L, 5L, 7L, 8L, 9L), sorted);
            assertTrue(comparisons >= 6);
        }
    }

    @Test
    void roundingModeBelongsToTheBody() {
        try (NativeGenerator rounds = NativeGenerator.of(body("rounds_up"))) {
            double near = 1.0 / 3;
            for (int i = 0; i < 1000; i++) {
                assertEquals(10 + i, rounds.resume(10).orElseThrow());
                assertEquals(near, (i + 1.0) / (3 * (i + 1.0)));
            }
        }
    }

    @Test
    void codeThatIsNotLinkedGetsTheAddress() {
        try (NativeGenerator sums = NativeGenerator.of(body("by_address"))) {
            assertEquals(0, sums.resume(NativeGenerator.yieldFunction().address()).orElseThrow());
            assertEquals(3, sums.resume(3).orElseThrow());
            assertEquals(7, sums.resume(4).orElseThrow());
        }
    }

    @Test
    void thousandsInterleaveWhileTheHeapIsCollected() {
        int count = Scale.of(2000, 50);
        List<NativeGenerator> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(NativeGenerator.of(body("squares")));
        }
        for (int round = 1; round <= 5; round++) {
            for (int i = 0; i < count; i++) {
                assertEquals((long) (i + round) * (i + round), all.get(i).resume(i + round).orElseThrow());
            }
            System.gc();
        }
        all.forEach(NativeGenerator::close);
    }

    /** The body of a Java generator is as good a resumer as any. */
    @Test
    void javaBodyResumesANativeOne() {
        try (Generator<Integer, Long> outer = Generator.of((yielder, first) -> {
            try (NativeGenerator squares = NativeGenerator.of(body("squares"))) {
                for (int next = first; ; ) {
                    next = yielder.suspend(squares.resume(next).orElseThrow());
                }
            }
        })) {
            assertEquals(Optional.of(9L), outer.resume(3));
            assertEquals(Optional.of(16L), outer.resume(4));
        }
    }

    /** Its owner can't close it any more. */
    @Test
    void oneWhoseOwnerHasEndedIsClosedByAnyThread() throws InterruptedException {
        AtomicReference<NativeGenerator> made = new AtomicReference<>();
        CountDownLatch tried = new CountDownLatch(1);
        Thread owner = Thread.ofPlatform().start(() -> {
            NativeGenerator squares = NativeGenerator.of(body("squares"));
            squares.resume(3);
            made.set(squares);
            try {
                tried.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        while (made.get() == null) {
            Thread.onSpinWait();
        }
        NativeGenerator squares = made.get();
        assertThrows(WrongThreadException.class, squares::close);
        tried.countDown();
        owner.join();
        assertThrows(WrongThreadException.class, () -> squares.resume(4));
        squares.close();
        squares.close();
        assertEquals(Generator.State.CLOSED, squares.state());
    }

    @Test
    void sharedByManyThreads() throws InterruptedException {
        try (NativeGenerator squares = NativeGenerator.ofShared(body("squares"))) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            for (int i = 1; i < 50; i++) {
                long value = i;
                Thread.Builder builder = i % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
                builder.uncaughtExceptionHandler((t, e) -> thrown.set(e))
                        .start(() -> assertEquals(value * value, squares.resume(value).orElseThrow())).join();
            }
            assertSame(null, thrown.get());
        }
    }

    @Test
    void confinedOneRefusesAnotherThread() throws InterruptedException {
        try (NativeGenerator squares = NativeGenerator.of(body("squares"))) {
            List<Class<?>> thrown = new ArrayList<>();
            Thread thread = new Thread(() -> {
                thrown.add(assertThrows(WrongThreadException.class, () -> squares.resume(1)).getClass());
                thrown.add(assertThrows(WrongThreadException.class, squares::close).getClass());
            });
            thread.start();
            thread.join();
            assertEquals(2, thrown.size());
            assertEquals(1, squares.resume(1).orElseThrow());
        }
    }

    @Test
    void closedOneRefuses() {
        NativeGenerator squares = NativeGenerator.of(body("squares"));
        squares.resume(1);
        squares.close();
        squares.close();
        assertTrue(assertThrows(IllegalStateException.class, () -> squares.resume(1)).getMessage().contains("closed"));
    }

    @Test
    void stackIsTheCallersAndUsedOnce() {
        OsStack stack = OsStack.ofSize(8192);
        NativeGenerator squares = NativeGenerator.builder().stack(stack).build(body("squares"));
        assertThrows(IllegalStateException.class, () -> NativeGenerator.builder().stack(stack).build(body("squares")));
        assertThrows(IllegalStateException.class, stack::close);
        squares.close();
        NativeGenerator.builder().stack(stack).build(body("squares")).close();
        stack.close();
        assertThrows(IllegalStateException.class, () -> NativeGenerator.builder().stack(stack).build(body("squares")));
    }

    @Test
    void badStacksAreRefused() {
        Stack none = new Stack() {
            @Override
            public long base() {
                return 0x20000;
            }

            @Override
            public long limit() {
                return 0x10000;
            }
        };
        assertTrue(assertThrows(IllegalArgumentException.class, () -> NativeGenerator.builder().stack(none).build(body("squares")))
                .getMessage().contains("no memory at 0x10000"));
        try (OwnedStack small = OwnedStack.ofSize(1024)) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> NativeGenerator.builder().stack(small).build(body("squares")))
                    .getMessage().contains("1024"));
        }
    }

    @Test
    void closedArenaIsNoticed() {
        Arena arena = Arena.ofConfined();
        NativeGenerator squares =
                NativeGenerator.builder().stack(SliceStack.of(arena.allocate(8192, 16)))
                        .build(body("squares"));
        assertEquals(4, squares.resume(2).orElseThrow());
        arena.close();
        assertThrows(IllegalStateException.class, () -> squares.resume(2));
        squares.close();
        Arena code = Arena.ofConfined();
        MemorySegment loaded = SymbolLookup.libraryLookup(library(), code).findOrThrow("squares");
        NativeGenerator gone = NativeGenerator.of(loaded);
        assertEquals(4, gone.resume(2).orElseThrow());
        code.close();
        assertThrows(IllegalStateException.class, () -> gone.resume(2));
        gone.close();
        assertThrows(IllegalStateException.class, () -> NativeGenerator.of(loaded));
    }

    private static void javaCode(MemorySegment yielder, long first) {
        throw new AssertionError("must not be called");
    }

    @Test
    void whatIsNoFunctionIsRefused() throws ReflectiveOperationException {
        assertThrows(IllegalArgumentException.class, () -> NativeGenerator.of(MemorySegment.NULL));
        assertThrows(IllegalArgumentException.class, () -> NativeGenerator.of(body("not_code")));
        assertThrows(IllegalArgumentException.class, () -> NativeGenerator.of(MemorySegment.ofArray(new byte[8])));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stub = Linker.nativeLinker().upcallStub(
                    MethodHandles.lookup().findStatic(NativeGeneratorTest.class, "javaCode",
                            MethodType.methodType(void.class, MemorySegment.class, long.class)),
                    FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG), arena);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> NativeGenerator.of(stub))
                    .getMessage().contains("upcall"));
        }
    }

    private static void forget(int count) {
        for (int i = 0; i < count; i++) {
            NativeGenerator.of(body("squares")).resume(1);
        }
    }

    /** Many times more than there could be at once. */
    @Test
    void unreachableOnesAreFreed() {
        int rounds = Scale.of(20, 2);
        for (int i = 0; i < rounds; i++) {
            forget(3000);
            CountDownLatch cleaned = new CountDownLatch(1);
            java.lang.ref.Cleaner.create().register(new Object(), cleaned::countDown);
            Collect.until(() -> cleaned.getCount() == 0);
        }
    }

    /** In a virtual machine that is sampled every millisecond, on stacks with room for a handler. */
    @Test
    @Tag("flight-recorder")
    void underFlightRecorder() {
        ChildJvm.Result result = new ChildJvm().with("-XX:StartFlightRecording:settings=none,"
                + "+jdk.ExecutionSample#enabled=true,+jdk.ExecutionSample#period=1ms,"
                + "+jdk.NativeMethodSample#enabled=true,+jdk.NativeMethodSample#period=1ms",
                "-Xlog:jfr*=off").run(Loop.class);
        assertTrue(result.succeeds().output().contains("sum 332833500"), result.output());
    }

    /** A second or so of nothing but native bodies. */
    static final class Loop {

        private Loop() {}

        public static void main(String[] arguments) {
            long sum = 0;
            for (int round = 0; round < Scale.of(20_000, 100); round++) {
                sum = 0;
                try (NativeGenerator squares = NativeGenerator.of(body("squares"))) {
                    for (int i = 1; i < 1000; i++) {
                        sum += squares.resume(i).orElseThrow();
                    }
                }
            }
            System.out.println("sum " + sum);
        }
    }

    @Test
    void arraysAreUntouched() {
        byte[] heap = new byte[100_000];
        Arrays.fill(heap, (byte) 3);
        try (NativeGenerator squares = NativeGenerator.of(body("squares"))) {
            for (int i = 1; i < Scale.of(heap.length, 10_000); i++) {
                heap[i] += (byte) (squares.resume(i).orElseThrow() - (long) i * i);
            }
        }
        for (byte b : heap) {
            assertEquals(3, b);
        }
    }

    /** Where there is no room for a call, nothing is made; and closing may be tried again. */
    @Test
    void nothingIsLostAtTheEndOfAStack() throws Exception {
        FutureTask<Void> task = new FutureTask<>(() -> {
            for (int i = 0; i < Scale.of(25, 2); i++) {
                OsStack stack = OsStack.ofSize(64 * 1024);
                NativeGenerator.Builder builder = NativeGenerator.builder().stack(stack);
                NativeGenerator[] made = new NativeGenerator[1];
                atTheEnd(() -> made[0] = builder.build(NativeGenerator.yieldFunction()));
                atTheEnd(made[0]::close);
                assertEquals(Generator.State.CLOSED, made[0].state());
                assertSame(stack, made[0].unwrap());
                stack.close();
            }
        }, null);
        new Thread(null, task, "with a small stack", 512 * 1024).start();
        task.get();
    }

    /** Does something with ever more room, until there is enough. */
    private static void atTheEnd(Runnable action) {
        try {
            atTheEnd(action);
        } catch (StackOverflowError e) {
            action.run();
        }
    }
}
