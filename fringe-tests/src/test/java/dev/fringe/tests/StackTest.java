// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.fringe.Generator;
import dev.fringe.GuardedStack;
import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The original's tests of its stacks, under their names, and what a virtual machine adds. */
@Tag("native")
class StackTest {

    private static final long SIZE = 256 * 1024;
    private static final long CANARY = 64 * 1024;
    private static final byte MARK = 0x5a;

    private static void assertAligned(Stack stack) {
        assertEquals(0, stack.base() % Stack.alignment());
        assertEquals(0, stack.limit() % Stack.alignment());
    }

    private static MemorySegment at(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    // ---- the original's ---------------------------------------------------------------------------

    @Test
    void sliceAligned() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16384, Stack.alignment());
            SliceStack stack = SliceStack.of(memory.asSlice(4096, 4096));
            assertAligned(stack);
            assertEquals(4096, stack.size());
        }
    }

    @Test
    void sliceUnaligned() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16384, Stack.alignment());
            SliceStack stack = SliceStack.of(memory.asSlice(4097, 4096));
            assertAligned(stack);
            assertTrue(stack.limit() >= memory.address() + 4097 && stack.base() <= memory.address() + 8193);
            assertEquals(4096 - Stack.alignment(), stack.size());
        }
    }

    /** Nothing is left of it, which is a stack still. */
    @Test
    void sliceTooSmall() {
        try (Arena arena = Arena.ofConfined()) {
            SliceStack stack = SliceStack.of(arena.allocate(Stack.alignment(), Stack.alignment()).asSlice(0, 1));
            assertAligned(stack);
            assertEquals(0, stack.size());
        }
    }

    @Test
    void sliceTooSmallUnaligned() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(Stack.alignment(), Stack.alignment()).asSlice(1, 1);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> SliceStack.of(memory));
            assertTrue(e.getMessage().contains("SliceStack too small"), e.getMessage());
        }
    }

    @Test
    void sliceStack() {
        try (Arena arena = Arena.ofConfined()) {
            SliceStack stack = SliceStack.of(arena.allocate(1024, 1));
            assertAligned(stack);
            assertTrue(stack.base() - stack.limit() > 1024 - Stack.alignment() * 2);
        }
    }

    @Test
    void ownedStack() {
        try (OwnedStack stack = OwnedStack.ofSize(1024)) {
            assertAligned(stack);
            assertEquals(1024, stack.base() - stack.limit());
        }
    }

    @Test
    void defaultOsStack() {
        try (OsStack stack = OsStack.ofSize(0)) {
            assertAligned(stack);
            at(stack.base() - 1, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 0); // its topmost page is accessible
        }
        try (OsStack stack = OsStack.ofDefaultSize()) {
            assertAligned(stack);
            assertEquals(OsStack.defaultSize(), stack.size());
            at(stack.limit(), stack.size()).fill((byte) 1);
        }
    }

    @Test
    void onePageOsStack() {
        try (OsStack stack = OsStack.ofSize(4096)) {
            assertAligned(stack);
            assertEquals(4096, stack.size());
            at(stack.base() - 1, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
        }
    }

    // ---- memory -----------------------------------------------------------------------------------

    @Test
    void osStackIsRoundedUpToPages() {
        try (OsStack stack = OsStack.ofSize(4097)) {
            assertEquals(2 * 4096, stack.size());
        }
    }

    /** What /proc/self/maps says of an address: the permissions, or "" if there is nothing. */
    private static String permissions(long address) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.map(line -> line.split("[- ]", 3))
                    .filter(part -> Long.parseUnsignedLong(part[0], 16) <= address
                            && address < Long.parseUnsignedLong(part[1], 16))
                    .map(part -> part[2].substring(0, 4)).findFirst().orElse("");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void osStackHasAGuardPage() {
        OsStack stack = OsStack.ofSize(SIZE);
        long limit = stack.limit();
        assertTrue(GuardedStack.class.isInstance(stack));
        assertEquals("---p", permissions(limit - 1));
        assertEquals("rw-p", permissions(limit));
        try (Generator<Void, Integer> generator = Generator.of(stack, (yielder, input) -> yielder.suspend(1))) {
            generator.resume(null);
            assertEquals("---p", permissions(limit - 1));
            assertEquals("---p", permissions(limit), "the virtual machine's guard pages");
        }
        assertEquals("---p", permissions(limit - 1));
        assertEquals("rw-p", permissions(limit));
        stack.close();
        stack.close();
        assertEquals("", permissions(limit));
        assertThrows(IllegalStateException.class, stack::base);
        assertThrows(IllegalStateException.class, stack::limit);
        assertThrows(IllegalStateException.class, stack::size);
    }

    private static int endless(int n) {
        return n + endless(n + 1);
    }

    private static void overflow(Yielder<Void, String> yielder, Void nothing) {
        for (int i = 0; i < 3; i++) {
            try {
                endless(0);
            } catch (StackOverflowError e) {
                yielder.suspend("overflow");
            }
        }
    }

    private static void checkOverflow(Generator<Void, String> generator) {
        for (int i = 0; i < 3; i++) {
            assertEquals(Optional.of("overflow"), generator.resume(null));
        }
        assertEquals(Optional.empty(), generator.resume(null));
    }

    private static void assertMarked(MemorySegment memory) {
        assertEquals(-1, memory.mismatch(fill(memory.byteSize())));
    }

    private static MemorySegment fill(long size) {
        return MemorySegment.ofArray(new byte[(int) size]).fill(MARK);
    }

    /** Also when neither end is on a page boundary, so that the guard pages lie inside of the stack. */
    @ParameterizedTest
    @ValueSource(longs = {0, 16, 2048, 4080})
    void overflowOnASliceStackLeavesItsNeighboursAlone(long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(CANARY + SIZE + CANARY, 4096).fill(MARK);
            SliceStack stack = SliceStack.of(memory.asSlice(CANARY + offset, SIZE));
            Generator<Void, String> generator = Generator.of(stack, StackTest::overflow);
            checkOverflow(generator);
            assertMarked(memory.asSlice(0, CANARY + offset));
            assertMarked(memory.asSlice(CANARY + offset + SIZE));
            assertSame(stack, generator.unwrap());
            memory.fill((byte) 0);
        }
    }

    @Test
    void overflowOnAnOwnedStackIsAStackOverflowError() {
        try (OwnedStack stack = OwnedStack.ofSize(SIZE)) {
            try (Generator<Void, String> generator = Generator.of(stack, StackTest::overflow)) {
                checkOverflow(generator);
            }
            at(stack.limit(), stack.size()).fill((byte) 1);
        }
    }

    @Test
    void overflowOnAnOsStackIsAStackOverflowError() {
        try (OsStack stack = OsStack.ofSize(SIZE);
                Generator<Void, String> generator = Generator.of(stack, StackTest::overflow)) {
            checkOverflow(generator);
        }
    }

    /** Whatever a generator did on it, its memory is memory again. */
    @Test
    void unwrapGivesTheMemoryBack() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(SIZE, 4096);
            SliceStack stack = SliceStack.of(memory);
            for (int round = 0; round < 20; round++) {
                Generator<Integer, Integer> generator = Generator.builder().shared().stack(stack).build((yielder, input) -> {
                    yielder.suspend(input + 1);
                    try {
                        endless(0);
                    } catch (StackOverflowError e) {
                        yielder.suspend(-1);
                    }
                });
                assertEquals(Optional.of(round + 1), generator.resume(round));
                assertEquals(Optional.of(-1), generator.resume(0));
                if (round % 2 == 0) {
                    assertEquals(Optional.empty(), generator.resume(0));
                } else {
                    generator.close();
                }
                assertSame(stack, generator.unwrap());
                memory.fill(MARK);
                if (round % 5 == 0) {
                    System.gc();
                }
                assertMarked(memory);
            }
        }
    }

    @Test
    void unwrapHappensOnce() {
        try (OsStack stack = OsStack.ofSize(SIZE)) {
            Generator<Void, Integer> generator = Generator.of(stack, (yielder, input) -> { });
            generator.resume(null);
            assertSame(stack, generator.unwrap());
            assertThrows(IllegalStateException.class, generator::unwrap);
            generator.close();
        }
    }

    // ---- stacks of somebody else's -----------------------------------------------------------------

    private record Foreign(long base, long limit) implements Stack {}

    @Test
    void anyoneMayImplementAStack() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(SIZE, 4096);
            Foreign stack = new Foreign(memory.address() + SIZE, memory.address());
            Generator<Integer, Integer> generator =
                    Generator.of(stack, (yielder, input) -> yielder.suspend(input + 1));
            assertEquals(Optional.of(2), generator.resume(1));
            assertEquals(Optional.empty(), generator.resume(1));
            assertSame(stack, generator.unwrap());
            memory.fill(MARK);
        }
    }

    /** That there is memory is looked up in a file. Of which kind the stack is makes no difference to an interrupt. */
    @Test
    void aThreadThatIsInterruptedMayGiveAStack() {
        try (Arena arena = Arena.ofConfined(); OsStack os = OsStack.ofSize(SIZE);
                OwnedStack owned = OwnedStack.ofSize(SIZE)) {
            MemorySegment memory = arena.allocate(2 * SIZE, 4096);
            Foreign foreign = new Foreign(memory.address() + SIZE, memory.address());
            for (Stack stack : new Stack[] {foreign, SliceStack.of(memory.asSlice(SIZE)), os, owned}) {
                Thread.currentThread().interrupt();
                try (Generator<Integer, Boolean> generator = Generator.of(stack,
                        (yielder, input) -> yielder.suspend(Thread.currentThread().isInterrupted()))) {
                    assertEquals(Optional.of(false), generator.resume(1));
                    assertEquals(Optional.empty(), generator.resume(1));
                    assertTrue(Thread.currentThread().isInterrupted(), "the status stays");
                } finally {
                    Thread.interrupted();
                }
            }
        }
    }

    @Test
    void overlappingStacksAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(3 * SIZE, 4096);
            SliceStack first = SliceStack.of(memory.asSlice(SIZE, SIZE));
            try (Generator<Void, Integer> generator = Generator.of(first, (yielder, input) -> yielder.suspend(1))) {
                for (long offset : new long[] {SIZE, SIZE + 4096, SIZE - 4096, SIZE / 2}) {
                    SliceStack second = SliceStack.of(memory.asSlice(offset, SIZE));
                    IllegalStateException e = assertThrows(IllegalStateException.class,
                            () -> Generator.of(second, (yielder, input) -> { }));
                    assertTrue(e.getMessage().contains("in use"), e.getMessage());
                }
                // Side by side is fine.
                Generator.of(SliceStack.of(memory.asSlice(0, SIZE)), (yielder, input) -> { }).close();
                Generator.of(SliceStack.of(memory.asSlice(2 * SIZE, SIZE)), (yielder, input) -> { }).close();
                assertEquals(Optional.of(1), generator.resume(null));
            }
            Generator.of(SliceStack.of(memory), (yielder, input) -> { }).close();
        }
    }

    @Test
    void stacksInUseCannotBeClosed() {
        OsStack os = OsStack.ofSize(SIZE);
        OwnedStack owned = OwnedStack.ofSize(SIZE);
        try (Generator<Void, Integer> one = Generator.of(os, (yielder, input) -> yielder.suspend(1));
                Generator<Void, Integer> two = Generator.of(owned, (yielder, input) -> yielder.suspend(2))) {
            assertThrows(IllegalStateException.class, os::close);
            assertThrows(IllegalStateException.class, owned::close);
            assertEquals(Optional.of(1), one.resume(null));
            assertEquals(Optional.of(2), two.resume(null));
            assertThrows(IllegalStateException.class, os::close);
        }
        os.close();
        owned.close();
        owned.close();
    }

    /** Looks the same to the collector as in use: the generator refers to its stack. */
    @Test
    void unreachableStacksAreFreed() {
        long[] limit = new long[1];
        WeakReference<Stack> stack = abandon(limit);
        Collect.until(() -> stack.get() == null && permissions(limit[0]).isEmpty());
    }

    private static WeakReference<Stack> abandon(long[] limit) {
        OsStack stack = OsStack.ofSize(64 << 20); // of a size that nothing else has, so that nobody maps there
        limit[0] = stack.limit();
        return new WeakReference<>(stack);
    }

    // ---- sizes -------------------------------------------------------------------------------------

    @Test
    void tooSmallStacksAreRefusedNamingTheParts() {
        try (OsStack stack = OsStack.ofSize(64 * 1024)) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                    () -> Generator.of(stack, (yielder, input) -> { }));
            for (String part : new String[] {"65536", "StackRedPages", "StackYellowPages", "StackReservedPages",
                "StackShadowPages", "control block", "larger"}) {
                assertTrue(e.getMessage().contains(part), e.getMessage());
            }
        }
    }

    /** What the message says is the least that works, works. */
    @ParameterizedTest
    @ValueSource(strings = {"-XX:+TieredCompilation", "-Xint", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"})
    void theLeastStackIsEnough(String flag) {
        ChildJvm.Result result = new ChildJvm().with(flag, "-Xmx64m").run(LeastStack.class).succeeds();
        assertEquals(LeastStack.least(), number(result, "least "));
    }

    /** The same with more of the pages that the virtual machine protects, or keeps for native code. */
    @ParameterizedTest
    @CsvSource({"StackShadowPages, 15", "StackYellowPages, 4", "StackReservedPages, 3"})
    void theLeastStackGrowsWithTheZones(String flag, int pages) {
        long usual = Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption(flag).getValue());
        // The Zero VM has no reserved zone: it ignores the flag, with a warning.
        boolean ignored = flag.equals("StackReservedPages") && usual == 0;
        String option = "-XX:" + flag + "=" + (usual + pages);
        ChildJvm.Result result = new ChildJvm().with(option, "-Xmx64m").run(LeastStack.class).succeeds();
        long zones = number(result, "zones ");
        assertEquals(LeastStack.zones() + (ignored ? 0 : pages * 4096L), zones);
        // The C library's own least size of a thread's stack may be more than the usual zones need.
        assertTrue(number(result, "least ") >= Math.max(LeastStack.least(), zones + 24 * 1024), result.output());
    }

    /**
     * The same where no module tells the flags. A stack that is large enough by the usual flags, and is not by these,
     * is refused for its size; if it were taken, the virtual machine could not start a thread on it, and would blame
     * memory.
     */
    @Test
    void theZonesAreKnownWithoutManagement() {
        ChildJvm.Result result = new ChildJvm().with("-XX:StackShadowPages=50", "--limit-modules=java.base", "-Xmx64m")
                .run(LeastStack.class).succeeds();
        long zones = number(result, "zones ");
        long usual = Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("StackShadowPages").getValue());
        assertEquals(LeastStack.zones() + (50 - usual) * 4096L, zones);
        assertTrue(number(result, "least ") > LeastStack.least(), result.output());
    }

    private static long number(ChildJvm.Result result, String start) {
        return Long.parseLong(result.line(start).substring(start.length()));
    }

    /** A program. */
    static final class LeastStack {

        private static long fromRefusal(String pattern) {
            try (OsStack stack = OsStack.ofSize(1)) {
                String message = assertThrows(IllegalArgumentException.class,
                        () -> Generator.of(stack, (yielder, input) -> { })).getMessage();
                return Long.parseLong(message.replaceAll(".*" + pattern + ".*", "$1"));
            }
        }

        static long least() {
            return fromRefusal("at least (\\d+)");
        }

        /** Of that, what the flags of the virtual machine say. */
        static long zones() {
            return fromRefusal(": (\\d+) for guard pages") + fromRefusal(", (\\d+) for StackShadowPages");
        }

        private static void run(Stack stack) {
            Generator<Integer, Integer> generator = Generator.of(stack, (yielder, input) -> {
                int next = input;
                while (next > 0) {
                    next = yielder.suspend(next + 1);
                }
                try {
                    endless(0);
                } catch (StackOverflowError e) {
                    yielder.suspend(-1);
                }
            });
            for (int i = 1; i < Scale.of(20_000, 1_000); i++) {
                assertEquals(i + 1, generator.resume(i).orElseThrow());
            }
            System.gc();
            assertEquals(-1, generator.resume(0).orElseThrow());
            generator.close();
            generator.unwrap();
        }

        public static void main(String[] arguments) {
            long least = least();
            try (OsStack stack = OsStack.ofSize(least)) {
                run(stack);
            }
            try (OsStack stack = OsStack.ofSize(least - 4096)) {
                assertThrows(IllegalArgumentException.class, () -> Generator.of(stack, (yielder, input) -> { }));
            }
            try (Arena arena = Arena.ofConfined()) { // the part below the first page boundary does not count
                MemorySegment memory = arena.allocate(least + 4096, 4096);
                run(SliceStack.of(memory.asSlice(16, least + 4096 - 16)));
                SliceStack small = SliceStack.of(memory.asSlice(16, least - 16));
                assertThrows(IllegalArgumentException.class, () -> Generator.of(small, (yielder, input) -> { }));
            }
            System.out.println("least " + least);
            System.out.println("zones " + zones());
        }
    }
}
