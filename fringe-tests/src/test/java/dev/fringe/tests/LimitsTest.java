// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.Yielder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.commons.lang3.ArrayUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As many generators as a machine can have, and one more. Each in a virtual machine of its own. */
@Tag("native")
class LimitsTest {

    private static final Path MAX_MAP_COUNT = Path.of("/proc/sys/vm/max_map_count");

    private static long maximum() throws IOException {
        // Not readString, which asks for one byte first; the kernel gives the whole number at once or not at all.
        return Long.parseLong(Files.readAllLines(MAX_MAP_COUNT).getFirst());
    }

    private static long number(ChildJvm.Result result, String start) {
        return Long.parseLong(result.line(start).substring(start.length()).trim());
    }

    @Test
    void thirtyThousandGeneratorsAndAClearRefusal() throws IOException {
        assumeTrue(Scale.FACTOR >= 1, "takes too long here");
        long maximum = maximum();
        assumeTrue(maximum < 200_000, "the limit is so high that it would take too long to reach");
        ChildJvm.Result result = new ChildJvm().with("-Xmx512m").run(Many.class, "1000000").succeeds();
        long created = number(result, "created ");
        assertTrue(created >= 30_000 || maximum < 65_530, result.output());
        assertTrue(number(result, "kernel threads ") < 40, result.output());
        assertTrue(number(result, "bytes each ") <= 24 * 1024, result.output());
        String refusal = result.line("refused ");
        for (String part : new String[] {"OutOfMemoryError", "vm.max_map_count", Long.toString(maximum),
            Long.toString(created), "sysctl", "close generators"}) {
            assertTrue(refusal.contains(part), refusal);
        }
    }

    /** As many as a slow machine makes in time, or as there are addresses for where they have 32 bits. */
    @Test
    void asManyAsASlowMachineCanHave() {
        assumeTrue(Scale.FACTOR < 1, "there are more of them in the other test");
        boolean wide = ValueLayout.ADDRESS.byteSize() == 8;
        int most = wide ? Scale.of(30_000, 1_000) : 1_000_000;
        ChildJvm.Result result = new ChildJvm().with("-Xmx128m").run(Many.class, "" + most).succeeds();
        long created = number(result, "created ");
        assertTrue(wide ? created == most : created > 1_500, result.output());
        assertTrue(number(result, "kernel threads ") < 40, result.output());
        if (!wide) {
            String refusal = result.line("refused ");
            for (String part : new String[] {"OutOfMemoryError", "ENOMEM", "address space", "ulimit -v"}) {
                assertTrue(refusal.contains(part), refusal);
            }
        }
    }

    /** Interpreted code that comes a little deeper each time: the virtual machine touches 20 pages below it each time. */
    @Test
    void whatComesDeeperEachTimeKeepsOnlyThePagesThatItUses() {
        ChildJvm.Result result = new ChildJvm().with("-Xint", "-Xmx64m", "-XX:+UseSerialGC").run(Deeper.class).succeeds();
        assertTrue(number(result, "bytes each ") <= 48 * 1024, result.output());
    }

    /** Many generators, whose bodies suspend one call deeper each time. */
    static final class Deeper {

        private static final int MANY = 500;
        private static final int DEPTH = 12;

        private static void descend(Yielder<Void, Integer> yielder, int levels) {
            yielder.suspend(levels);
            if (levels > 0) {
                descend(yielder, levels - 1);
            }
        }

        public static void main(String[] arguments) {
            Generator.of((Yielder<Void, Integer> yielder) -> descend(yielder, 1)).forEach(level -> { });
            long before = ChildJvm.status("RssAnon") * 1024;
            List<Generator<Void, Integer>> generators = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                generators.add(Generator.of(yielder -> descend(yielder, DEPTH)));
            }
            for (int i = 0; i < DEPTH; i++) {
                generators.forEach(Generator::resume);
            }
            System.out.println("bytes each " + (ChildJvm.status("RssAnon") * 1024 - before) / MANY);
            generators.forEach(Generator::close);
        }
    }

    /** Programs that create many. */
    abstract static class Program {

        static Generator<Integer, Integer> create() {
            Generator<Integer, Integer> generator = Generator.ofShared((yielder, input) -> {
                int next = input;
                while (true) {
                    next = yielder.suspend(next + 1);
                }
            });
            assertEquals(2, generator.resume(1).orElseThrow());
            return generator;
        }

        static long mappings() throws IOException {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
                return lines.count();
            }
        }
    }

    /** A program. */
    static final class Many extends Program {

        private static final int FIRST = 500;
        private static final int MEASURED = 10_000;

        public static void main(String[] arguments) throws IOException {
            List<Generator<Integer, Integer>> generators = new ArrayList<>(40_000);
            long before = 0;
            String refused = null;
            int most = Integer.parseInt(arguments[0]);
            while (refused == null && generators.size() < most) {
                if (generators.size() == FIRST || generators.size() == FIRST + MEASURED) {
                    System.gc();
                    long now = ChildJvm.status("RssAnon") * 1024;
                    if (before != 0) {
                        System.out.println("bytes each " + (now - before) / MEASURED);
                    }
                    before = now;
                }
                try {
                    generators.add(create());
                } catch (OutOfMemoryError e) {
                    refused = e.toString();
                }
            }
            System.out.println("kernel threads " + ChildJvm.status("Threads"));
            System.out.println("created " + generators.size());
            System.out.println("refused " + refused);
            long mappings = mappings();
            assertTrue(mappings < maximum(), mappings + " mappings");
            int more = 0;
            for (int i = 0; i < 25 && refused != null; i++) { // refusals leak nothing; each takes a collection
                try {
                    generators.add(create());
                    more++;
                } catch (OutOfMemoryError e) {
                    assertEquals(withoutCounts(refused), withoutCounts(e.toString()));
                }
            }
            // A thread of the virtual machine's that has ended meanwhile leaves room for one more.
            assertTrue(more < 10, more + " more were possible");
            assertTrue(mappings() <= mappings + 2 * more + 10, mappings() + " mappings");
            check(generators);
            System.gc();
            check(generators);
            int some = Math.min(1000, generators.size() / 2);
            for (int i = 0; i < some; i++) { // what is closed can be made again
                generators.removeLast().close();
            }
            // But for addresses that the virtual machine has taken since.
            int again = ValueLayout.ADDRESS.byteSize() == 8 ? some : some / 2;
            for (int i = 0; i < again; i++) {
                generators.add(create());
            }
            check(generators);
        }

        /** What the rest of the process has mapped is counted again from time to time, and changes. */
        private static String withoutCounts(String message) {
            return message.replaceAll("about \\d+", "about some").replaceAll("\\d+ stacks exist", "some stacks exist");
        }

        private static void check(List<Generator<Integer, Integer>> generators) {
            for (int i = 0; i < generators.size(); i++) {
                assertEquals(i + 1, generators.get(i).resume(i).orElseThrow());
            }
        }
    }

    /** Stacks without generators take mappings too. */
    @Test
    @Tag("many-mappings")
    void stacksAloneReachTheLimit() throws IOException {
        assumeTrue(maximum() < 200_000, "the limit is so high that it would take too long to reach");
        new ChildJvm().with("-Xmx128m").run(Stacks.class).succeeds();
    }

    /** A program. */
    static final class Stacks extends Program {

        private static final List<MappedByteBuffer> MAPPED = new ArrayList<>();

        public static void main(String[] arguments) throws IOException {
            OsStack usable = OsStack.ofSize(256 * 1024);
            List<OsStack> stacks = new ArrayList<>();
            try {
                while (true) { // small ones, for which there are addresses enough in 32 bits too
                    stacks.add(OsStack.ofSize(8 * 1024));
                }
            } catch (OutOfMemoryError e) {
                assertTrue(e.getMessage().contains("too many generators"), e.getMessage());
                assertTrue(e.getMessage().contains("vm.max_map_count"), e.getMessage());
            }
            assertTrue(mappings() < maximum());
            mapMore(stacks); // which the library sees before it makes the first thread, for which it needs a stack itself
            try (OwnedStack owned = OwnedStack.ofSize(256 * 1024)) {
                Generator.of(owned, (yielder, input) -> { });
                throw new AssertionError("was possible");
            } catch (OutOfMemoryError e) {
                assertTrue(e.getMessage().contains("vm.max_map_count"), e.getMessage());
            }
            try (Generator<Integer, Integer> generator = Generator.of(usable,
                    (yielder, input) -> yielder.suspend(input))) {
                assertEquals(7, generator.resume(7).orElseThrow());
            }
            usable.close();
            stacks.forEach(OsStack::close);
            create().close();
        }

        /** Has the rest of the process take more mappings, until that has been noticed. */
        private static void mapMore(List<OsStack> stacks) throws IOException {
            int before = othersNow(stacks);
            Path file = Files.createTempFile("fringe", null);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
                for (int i = 0; i < 200; i++) {
                    MAPPED.add(channel.map(FileChannel.MapMode.READ_WRITE, 0, 1));
                }
            } finally {
                Files.delete(file);
            }
            while (othersNow(stacks) < before + 100) {
                Thread.onSpinWait();
            }
        }

        /** What the rest of the process uses, as the library has counted it; if that is less, one more can be made. */
        private static int othersNow(List<OsStack> stacks) {
            while (true) {
                try {
                    stacks.add(OsStack.ofSize(8 * 1024));
                } catch (OutOfMemoryError e) {
                    return Integer.parseInt(e.getMessage().replaceAll(".* uses about (\\d+) .*", "$1"));
                }
            }
        }
    }

    /** A full heap is an OutOfMemoryError in the one who creates; attaching a thread takes memory of the heap. */
    @Test
    void aFullHeapIsAnError() {
        new ChildJvm().with("-Xmx24m", "-XX:+UseSerialGC").run(FullHeap.class).succeeds();
    }

    /** A program. */
    static final class FullHeap extends Program {

        private static Object[] hoard;

        public static void main(String[] arguments) {
            create().close();
            List<Generator<Integer, Integer>> generators = new ArrayList<>(10_000);
            Generator.Builder builder = Generator.builder().shared().freshThread();
            int refused = 0;
            for (int round = 0; round < Scale.of(20, 5); round++) {
                fill();
                try {
                    for (int i = 0; i < 100; i++) {
                        generators.add(builder.build((yielder, input) -> {
                            while (true) {
                                yielder.suspend(1);
                            }
                        }));
                    }
                } catch (OutOfMemoryError e) {
                    refused++;
                }
                hoard = null;
                System.gc();
                for (Generator<Integer, Integer> generator : generators) {
                    assertEquals(1, generator.resume(0).orElseThrow());
                }
            }
            assertTrue(refused > 0, "the heap was never full");
            generators.forEach(Generator::close);
            create().close();
        }

        /** Leaves nothing. */
        private static void fill() {
            for (int size = 1 << 20; size > 8; size /= 2) {
                try {
                    while (true) {
                        Object[] more = new Object[size / 4];
                        more[0] = hoard;
                        hoard = more;
                    }
                } catch (OutOfMemoryError e) {
                    // with smaller ones
                }
            }
        }
    }

    @Test
    void noAddressSpaceIsAnError() {
        // The heap, the class space and the code cache are reserved before; what is left is for stacks.
        new ChildJvm().shell("ulimit -v 4000000").with("-Xmx64m", "-XX:CompressedClassSpaceSize=64m",
                "-XX:ReservedCodeCacheSize=64m").run(NoAddressSpace.class).succeeds();
    }

    /** A program. */
    static final class NoAddressSpace extends Program {

        public static void main(String[] arguments) {
            create().close();
            List<OsStack> stacks = new ArrayList<>();
            try {
                while (true) {
                    stacks.add(OsStack.ofSize(16 << 20));
                }
            } catch (OutOfMemoryError e) {
                assertTrue(e.getMessage().contains("ulimit -v") && e.getMessage().contains("ENOMEM"), e.getMessage());
            }
            // What has been made works, and when there is room again, so does creation.
            try (Generator<Integer, Integer> generator = Generator.of(stacks.getLast(),
                    (yielder, input) -> yielder.suspend(input))) {
                assertEquals(7, generator.resume(7).orElseThrow());
            }
            stacks.forEach(OsStack::close);
            create().close();
        }
    }

    /** What others have mapped is counted, not guessed: the reserve is for the virtual machine, which goes on. */
    @Test
    @Tag("many-mappings")
    void whatTheProgramMapsIsNoRoomForStacks() throws IOException {
        assumeTrue(Scale.FACTOR >= 1, "takes too long here");
        assumeTrue(maximum() < 200_000, "the limit is so high that it would take too long to reach");
        ChildJvm.Result result = new ChildJvm().with("-Xmx512m").run(Mapped.class).succeeds();
        assertTrue(result.line("refused ").contains("vm.max_map_count"), result.output());
        long reserve = maximum() - number(result, "mappings ");
        assertTrue(reserve >= 2048 && reserve < 3 * 4096, "left for the virtual machine: " + reserve);
    }

    /** A program. */
    static final class Mapped extends Program {

        private static int endless(int n) {
            return endless(n + 1) + 1;
        }

        private static Generator<Void, Integer> deep() {
            return Generator.of(yielder -> {
                yielder.suspend(1);
                try {
                    endless(0);
                } catch (StackOverflowError e) {
                    yielder.suspend(2);
                }
            });
        }

        public static void main(String[] arguments) throws Exception {
            long others = maximum() * 6 / 10;
            Path file = Files.createTempFile("limits", null);
            List<Generator<Void, Integer>> generators = new ArrayList<>();
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE); Arena arena = Arena.ofShared()) {
                channel.write(ByteBuffer.allocate(8192));
                for (int i = 0; i < others; i++) { // of two kinds, or the kernel would make one mapping of neighbours
                    channel.map(i % 2 == 0 ? FileChannel.MapMode.READ_ONLY : FileChannel.MapMode.READ_WRITE, 0, 4096,
                            arena);
                }
                try {
                    while (true) {
                        Generator<Void, Integer> generator = deep();
                        generator.resume();
                        generators.add(generator);
                    }
                } catch (OutOfMemoryError e) {
                    System.out.println("refused " + e);
                }
                System.out.println("mappings " + mappings());
                // Now the virtual machine needs some: for overflows, collections and threads.
                for (int i = 0; i < generators.size(); i += 97) {
                    assertEquals(2, generators.get(i).resume().orElseThrow());
                }
                System.gc();
                for (int i = 0; i < 200; i++) {
                    Thread.ofPlatform().start(() -> { }).join();
                }
                generators.forEach(Generator::close);
            }
            create().close();
        }
    }

    /** Memory without access is not counted by this limit, and is when the virtual machine opens it. */
    @Test
    void noDataIsAnError() {
        assumeTrue(ValueLayout.ADDRESS.byteSize() == 8, "there are no addresses left before");
        new ChildJvm().shell("ulimit -d 800000").with("-Xmx64m", "-XX:CompressedClassSpaceSize=64m",
                "-XX:ReservedCodeCacheSize=32m").run(NoData.class).succeeds();
    }

    /** A program. */
    static final class NoData extends Program {

        public static void main(String[] arguments) throws InterruptedException {
            create().close();
            List<Generator<Integer, Integer>> generators = new ArrayList<>();
            try {
                while (true) {
                    generators.add(create());
                }
            } catch (OutOfMemoryError e) {
                assertTrue(e.getMessage().contains("ENOMEM") && e.getMessage().contains("ulimit -d"), e.getMessage());
            }
            // The virtual machine has what it needs: for threads, code and collections.
            for (int i = 0; i < 50; i++) {
                Thread.ofPlatform().start(() -> { }).join();
            }
            List<byte[]> garbage = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                garbage.add(new byte[10_000]);
            }
            System.gc();
            for (Generator<Integer, Integer> generator : generators) {
                assertEquals(6, generator.resume(5).orElseThrow());
                generator.close();
            }
            create().close();
        }
    }

    /** What is garbage does not count: creation asks for a collection, and waits for what comes of it. */
    @ParameterizedTest
    @ValueSource(strings = {"Serial", "Parallel", "G1"})
    void forgottenOnesAreReclaimedBeforeOneIsRefused(String collector) {
        new ChildJvm().shell("ulimit -v 4000000").with("-Xmx64m", "-XX:CompressedClassSpaceSize=64m",
                "-XX:ReservedCodeCacheSize=64m", "-XX:+Use" + collector + "GC").run(Forgetful.class).succeeds();
    }

    /** A program. It makes several times as many as there is room for, and too few objects for a collection. */
    static final class Forgetful extends Program {

        public static void main(String[] arguments) {
            int room = 4_000_000 / (32 << 10);
            int refused = 0;
            for (int i = 0; i < 5 * room; i++) {
                try {
                    forget();
                } catch (OutOfMemoryError e) { // on a busy machine the threads that reclaim may get no processor
                    refused++;
                }
            }
            assertTrue(refused <= 3, "refused: " + refused);
            create().close();
        }

        private static void forget() {
            Generator<Void, Integer> generator = Generator.builder().stackSize(32 << 20)
                    .build((Generator.Producer<Integer>) yielder -> yielder.suspend(1));
            assertEquals(1, generator.resume().orElseThrow());
        }
    }

    /** Limits of threads do not bind root, so it takes another user, if there is one and a way to be it. */
    @Test
    void noKernelThreadIsAnError(@TempDir Path directory) throws IOException {
        int nobodys = ThreadLocalRandom.current().nextInt(20_000, 60_000); // the threads of a user are counted together
        String[] asAnother = {"/usr/bin/setpriv", "--reuid=" + nobodys, "--clear-groups",
                "--inh-caps=+dac_override,+dac_read_search", "--ambient-caps=+dac_override,+dac_read_search"};
        assumeTrue(ChildJvm.canRun(ArrayUtils.add(asAnother, "/bin/true")), "limits of threads can't be tried here");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        String line = new ChildJvm().as(asAnother)
                .shell("ulimit -u 60")
                .with("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                        "-XX:-UseDynamicNumberOfCompilerThreads", "-Ddev.fringe.library.directory=" + directory)
                .run(NoThread.class).succeeds().line("refused ");
        assertTrue(line.contains("ulimit -u") && line.contains("EAGAIN"), line);
    }

    /** A program. */
    static final class NoThread extends Program {

        private static final int GIVEN = 100;

        public static void main(String[] arguments) throws Exception {
            List<Generator<Integer, Integer>> generators = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                generators.add(create());
            }
            List<OsStack> stacks = new ArrayList<>();
            List<Generator<Integer, Integer>> given = new ArrayList<>();
            for (int i = 0; i < GIVEN; i++) {
                stacks.add(OsStack.ofSize(256 * 1024));
                given.add(Generator.builder().shared().stack(stacks.get(i)).build((yielder, input) -> { }));
                assertTrue(given.get(i).resume(1).isEmpty());
            }
            CyclicBarrier together = new CyclicBarrier(2);
            AtomicInteger closed = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            Object lock = new Object();
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                closed.addAndGet(closeAll(given, together));
                meet(together);
                synchronized (lock) { // if this one ended, there would be room for a thread
                    lock.notifyAll();
                }
            }));
            synchronized (lock) {
                String refused = null;
                for (int i = 0; refused == null && i < 10; i++) { // a kernel thread may still be on its way to its end
                    startAll(threads, lock);
                    try {
                        generators.add(create());
                    } catch (OutOfMemoryError e) {
                        refused = e.getMessage();
                    }
                }
                System.out.println("refused " + refused);
                // Nobody's stack is given back, whoever asks for it at the same time.
                closed.addAndGet(closeAll(given, together));
                meet(together);
                assertEquals(0, closed.get());
                for (OsStack stack : stacks) {
                    assertThrows(IllegalStateException.class, stack::close);
                }
                // A generator has no kernel thread, so those that there are work; freeing one is put off.
                for (Generator<Integer, Integer> generator : generators) {
                    assertEquals(6, generator.resume(5).orElseThrow());
                    generator.close();
                }
            }
            for (Thread thread : threads) {
                thread.join();
            }
            create().close();
            for (int i = 0; i < GIVEN; i++) {
                given.get(i).unwrap();
                stacks.get(i).close();
            }
        }

        /** Starts as many threads as there can be, which wait for a lock. */
        private static void startAll(List<Thread> threads, Object lock) {
            try {
                while (true) {
                    Thread thread = new Thread(() -> {
                        synchronized (lock) {
                            lock.notifyAll();
                        }
                    });
                    thread.setDaemon(true);
                    thread.start();
                    threads.add(thread);
                }
            } catch (OutOfMemoryError e) {
                return;
            }
        }

        /** Closes generators whose threads can't end; returns how many have been closed nevertheless. */
        private static int closeAll(List<Generator<Integer, Integer>> generators, CyclicBarrier together) {
            int closed = 0;
            for (Generator<Integer, Integer> generator : generators) {
                meet(together);
                try {
                    generator.close();
                    closed++;
                } catch (OutOfMemoryError e) {
                    continue;
                }
            }
            return closed;
        }

        private static void meet(CyclicBarrier together) {
            try {
                together.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }
}
