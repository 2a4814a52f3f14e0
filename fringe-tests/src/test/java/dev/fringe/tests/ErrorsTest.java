// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import dev.fringe.internal.library.LibraryFile;
import dev.fringe.spi.Backend;
import dev.fringe.spi.Machine;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each bad call, what it throws, and what the message must say: what was wrong, the value, and what to do.
 * After each a good generator shows that nothing broke.
 */
@Tag("child")
class ErrorsTest {

    private static final long SIZE = 256 * 1024;

    /** Something that must fail. */
    private interface Bad {
        void call() throws Exception;
    }

    private record Row(String title, Class<? extends Throwable> type, List<String> words, Bad call) {
        @Override
        public String toString() {
            return title;
        }
    }

    private static final List<Row> ROWS = new ArrayList<>();

    private static void row(String title, Class<? extends Throwable> type, Bad call, String... words) {
        ROWS.add(new Row(title, type, List.of(words), call));
    }

    private static void run() {
        try (Generator<Integer, Integer> good = Generator.of((yielder, input) -> yielder.suspend(input + 1))) {
            assertEquals(Optional.of(2), good.resume(1));
            assertEquals(Optional.empty(), good.resume(1));
        }
    }

    private static Generator<Integer, Integer> counter() {
        return Generator.of(ErrorsTest::count);
    }

    private static void count(Yielder<Integer, Integer> yielder, Integer input) {
        for (int i = 0; ; i++) {
            yielder.suspend(i);
        }
    }

    private static void nothing(Yielder<Integer, Integer> yielder, Integer input) {
        // ends at once
    }

    /** Does something in another thread, and throws what it throws. */
    private static void elsewhere(Bad call) throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().name("elsewhere").start(() -> {
            try {
                call.call();
            } catch (Throwable t) {
                thrown.set(t);
            }
        });
        thread.join();
        raise(thrown.get());
    }

    private static void raise(Throwable t) throws Exception {
        switch (t) {
            case null -> { }
            case Exception e -> throw e;
            case Error e -> throw e;
            default -> throw new AssertionError(t);
        }
    }

    /** Does something with a generator that is suspended, and closes it. */
    private static void suspended(Generator<Integer, Integer> generator, Use use) throws Exception {
        try (generator) {
            generator.resume(0);
            use.of(generator);
        }
    }

    private interface Use {
        void of(Generator<Integer, Integer> generator) throws Exception;
    }

    /** Does something with a generator in its own body, and throws what that throws. */
    private static void inside(boolean shared, Use use) throws Exception {
        AtomicReference<Generator<Integer, Integer>> self = new AtomicReference<>();
        Generator.Body<Integer, Integer> body = (yielder, input) -> use.of(self.get());
        try (Generator<Integer, Integer> generator = shared ? Generator.ofShared(body) : Generator.of(body)) {
            self.set(generator);
            generator.resume(0);
        }
    }

    /** Does something with a shared generator while another thread is in its body. */
    private static void running(Use use) throws Exception {
        CountDownLatch in = new CountDownLatch(1);
        CountDownLatch out = new CountDownLatch(1);
        Generator<Integer, Integer> generator = Generator.ofShared((yielder, input) -> {
            in.countDown();
            out.await();
        });
        Thread runner = Thread.ofPlatform().start(() -> generator.resume(0));
        in.await();
        try {
            use.of(generator);
        } finally {
            out.countDown();
            runner.join();
            generator.close();
        }
    }

    private record Foreign(long base, long limit) implements Stack {}

    private static void on(long base, long limit) {
        Generator.of(new Foreign(base, limit), ErrorsTest::nothing);
    }

    private static void quarantined(Use use) throws Exception {
        Generator<Integer, Integer> generator = Generator.of(OsStack.ofSize(SIZE), (yielder, input) -> {
            while (true) {
                try {
                    yielder.suspend(1);
                } catch (Throwable t) {
                    // never gives up
                }
            }
        });
        generator.resume(0);
        IllegalStateException e = assertThrows(IllegalStateException.class, generator::close);
        assertTrue(e.getMessage().contains("could not be unwound"), e.getMessage());
        use.of(generator);
    }

    /** An address at which there is certainly nothing. */
    private static long hole() {
        OsStack stack = OsStack.ofSize(64 << 20);
        long limit = stack.limit();
        stack.close();
        return limit;
    }

    private static MemorySegment closedSegment() {
        try (Arena arena = Arena.ofConfined()) {
            return arena.allocate(SIZE);
        }
    }

    static Stream<Row> rows() {
        ROWS.clear();
        nulls();
        sizes();
        shapes();
        segments();
        lifetimes();
        threads();
        states();
        return ROWS.stream();
    }

    private static void nulls() {
        Class<? extends Throwable> npe = NullPointerException.class;
        row("of: no body", npe, () -> Generator.of((Generator.Body<Integer, Integer>) null), "body");
        row("ofShared: no body", npe, () -> Generator.ofShared((Generator.Body<Integer, Integer>) null), "body");
        row("of: no producer", npe, () -> Generator.of((Generator.Producer<Integer>) null), "body");
        row("ofShared: no producer", npe, () -> Generator.ofShared((Generator.Producer<Integer>) null), "body");
        row("builder: no producer", npe, () -> Generator.builder().build((Generator.Producer<Integer>) null), "body");
        row("of: no stack", npe, () -> Generator.of(null, ErrorsTest::nothing), "stack");
        row("of: a stack and no body", npe, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE)) {
                Generator.of(stack, null);
            }
        }, "body");
        row("builder: no body", npe, () -> Generator.builder().build((Generator.Body<Integer, Integer>) null), "body");
        row("builder: no stack", npe, () -> Generator.builder().stack(null), "stack");
        row("builder: no name", npe, () -> Generator.builder().name(null), "name");
        row("SliceStack: no segment", npe, () -> SliceStack.of(null), "memory");
        row("suspend: no value", npe, () -> {
            try (Generator<Integer, Integer> generator = Generator.of((yielder, input) -> yielder.suspend(null))) {
                generator.resume(0);
            }
        }, "null", "Optional");
    }

    private static void sizes() {
        Class<? extends Throwable> bad = IllegalArgumentException.class;
        for (long size : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            row("builder: stackSize " + size, bad, () -> Generator.builder().stackSize(size), "" + size, "at least 1");
            row("OwnedStack: size " + size, bad, () -> OwnedStack.ofSize(size), "" + size, "at least 1");
        }
        for (long size : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            row("OsStack: size " + size, bad, () -> OsStack.ofSize(size), "" + size, "at least 0");
        }
        row("builder: stack of one page", bad, () -> Generator.builder().stackSize(4096).build(ErrorsTest::nothing),
                "4096", "at least", "Builder.stackSize");
        row("builder: stack of 64 KiB", bad, () -> Generator.builder().stackSize(65536).build(ErrorsTest::nothing),
                "65536", "StackShadowPages", "larger stack");
        row("builder: fresh thread on one page", bad,
                () -> Generator.builder().freshThread().stackSize(1).build(ErrorsTest::nothing), "4096", "larger stack");
        for (long size : new long[] {0, 1, 4096, 65536}) {
            row("a generator on an OsStack of " + size, bad, () -> {
                try (OsStack stack = OsStack.ofSize(size)) {
                    Generator.of(stack, ErrorsTest::nothing);
                }
            }, "too small", "" + Math.max(size, 4096) / 4096 * 4096, "larger stack");
        }
        for (long size : new long[] {1, 4096, 65536}) {
            row("a generator on an OwnedStack of " + size, bad, () -> {
                try (OwnedStack stack = OwnedStack.ofSize(size)) {
                    Generator.of(stack, ErrorsTest::nothing);
                }
            }, "too small", "" + Math.max(size, 16), "larger stack");
        }
        row("a generator on a SliceStack of 4096", bad, () -> {
            try (Arena arena = Arena.ofConfined()) {
                Generator.of(SliceStack.of(arena.allocate(4096, 16)), ErrorsTest::nothing);
            }
        }, "too small", "4096", "larger stack");
        row("OsStack: more than there are addresses", OutOfMemoryError.class, () -> OsStack.ofSize(1L << 55),
                "" + (1L << 55), "ENOMEM", "address space");
        row("OwnedStack: more than there are addresses", OutOfMemoryError.class, () -> OwnedStack.ofSize(1L << 55),
                "" + (1L << 55), "address space");
        row("builder: more than there are addresses", OutOfMemoryError.class,
                () -> Generator.builder().stackSize(1L << 55).build(ErrorsTest::nothing), "" + (1L << 55), "address space");
    }

    private static void shapes() {
        Class<? extends Throwable> bad = IllegalArgumentException.class;
        row("a stack upside down", bad, () -> on(0x10000000L, 0x20000000L), "0x20000000", "above its limit");
        row("a stack of nothing", bad, () -> on(0x10000000L, 0x10000000L), "0x10000000", "above its limit");
        row("a stack at address 0", bad, () -> on(0x10000000L, 0), "0x0", "above its limit");
        row("a stack at a negative address", bad, () -> on(0x10000000L, -4096), "not valid");
        row("a misaligned base", bad, () -> on(0x20000008L, 0x10000000L), "0x20000008", "Stack.alignment()");
        row("a misaligned limit", bad, () -> on(0x20000000L, 0x10000001L), "0x10000001", "Stack.alignment()");
        row("a stack where there is no memory", bad, () -> {
            long address = hole();
            on(address + SIZE, address);
        }, "no memory at", "map it");
        row("a stack with a hole", bad, () -> {
            try (OsStack one = OsStack.ofSize(SIZE)) { // its guard page is the hole
                on(one.limit() + SIZE, one.limit() - 4096);
            }
        }, "no memory at", "map it");
        row("a stack in memory that is read-only", bad, () -> {
            Path file = Files.createTempFile("errors", null);
            try (FileChannel channel = FileChannel.open(file); Arena arena = Arena.ofConfined()) {
                Files.write(file, new byte[(int) SIZE]);
                MemorySegment memory = channel.map(FileChannel.MapMode.READ_ONLY, 0, SIZE, arena);
                on(memory.address() + SIZE, memory.address());
            } finally {
                Files.delete(file);
            }
        }, "no memory at", "written");
        IllegalCallerException own = new IllegalCallerException("a stack of one's own may throw anything");
        row("a stack that throws", IllegalCallerException.class, () -> Generator.of(new Stack() {
            @Override
            public long base() {
                throw own;
            }

            @Override
            public long limit() {
                throw own;
            }
        }, ErrorsTest::nothing), "may throw anything");
    }

    private static void segments() {
        row("SliceStack: on the heap", IllegalArgumentException.class,
                () -> SliceStack.of(MemorySegment.ofArray(new byte[100_000])), "heap", "Arena");
        row("SliceStack: read-only", IllegalArgumentException.class,
                () -> SliceStack.of(Arena.ofAuto().allocate(SIZE).asReadOnly()), "read-only", "pass the segment");
        row("SliceStack: arena closed", IllegalStateException.class,
                () -> SliceStack.of(closedSegment()), "has been closed", "keep it open");
        row("SliceStack: another thread's", WrongThreadException.class, () -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(SIZE);
                elsewhere(() -> SliceStack.of(memory));
            }
        }, "confined", "elsewhere", "ofShared");
        row("SliceStack: too small", IllegalArgumentException.class,
                () -> SliceStack.of(Arena.ofAuto().allocate(16, 16).asSlice(1, 1)), "SliceStack too small", "1 bytes", "KiB");
        row("SliceStack: empty and misaligned", IllegalArgumentException.class,
                () -> SliceStack.of(Arena.ofAuto().allocate(16, 16).asSlice(1, 0)), "SliceStack too small", "0 bytes");
    }

    private static void lifetimes() {
        Class<? extends Throwable> bad = IllegalStateException.class;
        row("OsStack: base of a closed one", bad, () -> {
            OsStack stack = OsStack.ofSize(SIZE);
            stack.close();
            stack.base();
        }, "closed", "make another");
        row("OwnedStack: limit of a closed one", bad, () -> {
            OwnedStack stack = OwnedStack.ofSize(SIZE);
            stack.close();
            stack.limit();
        }, "closed", "make another");
        row("a generator on a closed OsStack", bad, () -> {
            OsStack stack = OsStack.ofSize(SIZE);
            stack.close();
            Generator.of(stack, ErrorsTest::nothing);
        }, "closed", "make another");
        row("a generator on a closed OwnedStack", bad, () -> {
            OwnedStack stack = OwnedStack.ofSize(SIZE);
            stack.close();
            stack.close();
            Generator.of(stack, ErrorsTest::nothing);
        }, "closed", "make another");
        row("a generator on a SliceStack whose arena is closed", bad, () -> {
            SliceStack stack;
            try (Arena arena = Arena.ofConfined()) {
                stack = SliceStack.of(arena.allocate(SIZE));
            }
            Generator.of(stack, ErrorsTest::nothing);
        }, "freed", "arena");
        row("a stack in use", bad, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE); Generator<?, ?> first = Generator.of(stack, ErrorsTest::count)) {
                assertEquals(Generator.State.NEW, first.state());
                Generator.of(stack, ErrorsTest::nothing);
            }
        }, "in use", "unwrap()", "another stack");
        row("a stack that is finished but not given back", bad, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE);
                    Generator<Integer, Integer> first = Generator.of(stack, ErrorsTest::nothing)) {
                first.resume(0);
                Generator.of(stack, ErrorsTest::nothing);
            }
        }, "in use", "unwrap()");
        row("closing an OsStack in use", bad, () -> {
            OsStack stack = OsStack.ofSize(SIZE);
            try {
                suspended(Generator.of(stack, ErrorsTest::count), g -> stack.close());
            } finally {
                stack.close();
            }
        }, "in use", "close the generator first");
        row("closing an OwnedStack in use", bad, () -> {
            OwnedStack stack = OwnedStack.ofSize(SIZE);
            try {
                suspended(Generator.of(stack, ErrorsTest::count), g -> stack.close());
            } finally {
                stack.close();
            }
        }, "in use", "close the generator first");
        row("unwrap of a suspended generator", bad, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE)) {
                suspended(Generator.of(stack, ErrorsTest::count), Generator::unwrap);
            }
        }, "has not ended", "close it");
        row("unwrap of a new generator", bad, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE);
                    Generator<Integer, Integer> generator = Generator.of(stack, ErrorsTest::count)) {
                generator.unwrap();
            }
        }, "has not ended");
        row("unwrap of a generator on a stack of the library's", bad, () -> {
            Generator<Integer, Integer> generator = counter();
            generator.close();
            generator.unwrap();
        }, "library's");
        row("unwrap twice", bad, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE)) {
                Generator<Integer, Integer> generator = Generator.of(stack, ErrorsTest::nothing);
                generator.close();
                generator.unwrap();
                generator.unwrap();
            }
        }, "given back already");
        row("unwrap of what could not be unwound", bad, () -> quarantined(Generator::unwrap), "could not be unwound", "stays in use");
        row("resume of what could not be unwound", bad, () -> quarantined(g -> g.resume(0)), "closed");
    }

    private static void threads() {
        Class<? extends Throwable> bad = WrongThreadException.class;
        row("resume by another thread", bad, () -> suspended(counter(), g -> elsewhere(() -> g.resume(0))),
                "confined", "elsewhere", "ofShared");
        row("first resume by another thread", bad, () -> {
            try (Generator<Integer, Integer> generator = counter()) {
                elsewhere(() -> generator.resume(0));
            }
        }, "confined", "elsewhere", "ofShared");
        row("close by another thread", bad, () -> suspended(counter(), g -> elsewhere(g::close)),
                "confined", "elsewhere", "ofShared");
        row("close of a finished one by another thread", bad, () -> {
            Generator<Integer, Integer> generator = Generator.of(ErrorsTest::nothing);
            generator.resume(0);
            elsewhere(generator::close);
        }, "confined", "elsewhere");
        row("unwrap by another thread", bad, () -> {
            try (OsStack stack = OsStack.ofSize(SIZE)) {
                Generator<Integer, Integer> generator = Generator.of(stack, ErrorsTest::nothing);
                try (generator) {
                    generator.resume(0);
                    elsewhere(generator::unwrap);
                }
            }
        }, "confined", "elsewhere");
        row("resume by the body of a confined one", IllegalStateException.class,
                () -> inside(false, g -> g.resume(0)), "running", "its own body");
        row("close by the body of a confined one", IllegalStateException.class,
                () -> inside(false, Generator::close), "running", "its own body", "let the body");
        row("resume by a virtual thread", bad, () -> suspended(counter(), g -> {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread.ofVirtual().name("virtual").start(() -> thrown.set(
                    assertThrows(Throwable.class, () -> g.resume(0)))).join();
            raise(thrown.get());
        }), "confined", "VirtualThread", "ofShared");
    }

    private static void states() {
        Class<? extends Throwable> bad = IllegalStateException.class;
        row("resume of a closed generator", bad, () -> {
            Generator<Integer, Integer> generator = counter();
            generator.close();
            generator.close();
            generator.resume(0);
        }, "closed");
        row("resume by its own body", bad, () -> inside(true, g -> g.resume(0)), "running", "its own body");
        row("close by its own body", bad, () -> inside(true, Generator::close), "its own body", "let the body return");
        row("unwrap by its own body", bad, () -> inside(true, Generator::unwrap), "has not ended");
        row("resume while another thread does", bad, () -> running(g -> g.resume(0)), "running", "another thread");
        row("close while another thread resumes", bad, () -> running(Generator::close), "running", "suspends or ends");
        row("unwrap while another thread resumes", bad, () -> running(Generator::unwrap), "has not ended");
        row("suspend from outside", bad, () -> {
            AtomicReference<Yielder<Integer, Integer>> leaked = new AtomicReference<>();
            suspended(Generator.of((yielder, input) -> {
                leaked.set(yielder);
                yielder.suspend(1);
            }), g -> leaked.get().suspend(2));
        }, "suspended already", "outside");
        row("suspend after the end", bad, () -> {
            AtomicReference<Yielder<Integer, Integer>> leaked = new AtomicReference<>();
            Generator<Integer, Integer> generator = Generator.of((yielder, input) -> leaked.set(yielder));
            generator.resume(0);
            leaked.get().suspend(1);
        }, "has ended");
        row("suspend by another thread", bad, () -> {
            try (Generator<Integer, Integer> generator =
                    Generator.of((yielder, input) -> elsewhere(() -> yielder.suspend(1)))) {
                generator.resume(0);
            }
        }, "only the body", "elsewhere");
        row("suspend of the outer by the inner", bad, () -> {
            try (Generator<Integer, Integer> outer = Generator.of((yielder, input) -> {
                try (Generator<Integer, Integer> inner = Generator.of((y, i) -> yielder.suspend(1))) {
                    inner.resume(0);
                }
            })) {
                outer.resume(0);
            }
        }, "another generator's body");
    }

    @ParameterizedTest
    @MethodSource("rows")
    void badCall(Row row) {
        Throwable thrown = assertThrows(Throwable.class, row.call()::call);
        assertEquals(row.type(), thrown.getClass(), () -> "not " + thrown);
        for (String word : row.words()) {
            assertTrue(thrown.getMessage().contains(word), () -> "\"" + word + "\" is not in: " + thrown.getMessage());
        }
        run();
    }

    @Test
    void thereAreSixtyOfThem() {
        assertTrue(rows().count() + SETTINGS.length >= 60, rows().count() + " rows");
    }

    // ---- what is wrong from the start ----------------------------------------------------------------

    /** A program: tries to make a generator, twice, and says what happened. */
    static final class Attempt {
        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try {
                    run();
                    System.out.println("good");
                } catch (Throwable t) {
                    System.out.println("bad " + t);
                }
            }
        }
    }

    private static final String NO_BACKEND = "UnsupportedOperationException";
    private static final String BROKEN = "IllegalStateException";

    /** A way to start a virtual machine, and what a generator says there. */
    private record Setting(String title, Preparation preparation, String... words) {
        @Override
        public String toString() {
            return title;
        }
    }

    private interface Preparation {
        void prepare(ChildJvm child, Path directory) throws IOException;
    }

    /** Without the engine that is used where that on native stacks does not work. */
    private static final Predicate<Path> NATIVE_ONLY = entry -> !entry.toString().contains("fringe-portable");

    /** Replaces the backend by another. */
    private static void provide(ChildJvm child, Path directory, boolean alone, Class<?>... providers) throws IOException {
        Path services = Files.createDirectories(directory.resolve("META-INF/services"));
        Files.write(services.resolve(Backend.class.getName()), Arrays.stream(providers).map(Class::getName).toList());
        child.alsoWith(directory);
        if (alone) {
            child.onlyWith(entry -> !Architectures.isBackend(entry));
        }
    }

    private static byte[] library() throws IOException {
        URL url = ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get)
                .filter(backend -> backend.fits(Machine.current())).findFirst().orElseThrow().library();
        try (InputStream in = url.openStream()) {
            return in.readAllBytes();
        }
    }

    private static void load(ChildJvm child, Path directory, byte[] library) throws IOException {
        provide(child, directory, true, OddBackend.Loading.class);
        child.with("-Dodd.library=" + Files.write(directory.resolve("odd.so"), library));
    }

    private static byte[] withByte(byte[] library, int index, int value) {
        byte[] copy = library.clone();
        copy[index] = (byte) value;
        return copy;
    }

    private static final Setting[] SETTINGS = {
        new Setting("no backend", (child, dir) -> child.onlyWith(entry -> !Architectures.isBackend(entry)),
                NO_BACKEND, "found: none", "Add the artefact dev.fringe:fringe-"),
        new Setting("a backend for another machine", (child, dir) -> provide(child, dir, true, OddBackend.Elsewhere.class),
                NO_BACKEND, "found: odd", "Add the artefact"),
        new Setting("a provider that throws", (child, dir) -> provide(child, dir, true, OddBackend.Throwing.class),
                NO_BACKEND, "could not be made", "OddBackend$Throwing", "same version"),
        new Setting("a provider that does not exist", (child, dir) -> {
            Files.write(Files.createDirectories(dir.resolve("META-INF/services")).resolve(Backend.class.getName()),
                    List.of("no.such.Provider"));
            child.alsoWith(dir).onlyWith(entry -> !Architectures.isBackend(entry));
        }, NO_BACKEND, "could not be made", "no.such.Provider"),
        new Setting("a backend that is asked for but not there", (child, dir) -> child.with("-Ddev.fringe.backend=vax"),
                NO_BACKEND, "dev.fringe.backend", "\"vax\"", "fringe-vax", "remove the property"),
        new Setting("a backend that is asked for but does not fit", (child, dir) -> {
            provide(child, dir, true, OddBackend.Elsewhere.class);
            child.with("-Ddev.fringe.backend=odd");
        }, NO_BACKEND, "\"odd\"", "does not fit", "remove the property"),
        new Setting("an artefact without its library", (child, dir) -> provide(child, dir, true, OddBackend.Loading.class),
                BROKEN, "\"odd\"", "does not contain its library"),
        new Setting("a library for another architecture",
                (child, dir) -> load(child, dir, withByte(library(), 18, 0x5c /* OpenRISC, in e_machine */)),
                BROKEN, "can't load", "another architecture"),
        new Setting("a library that is cut short", (child, dir) -> load(child, dir, Arrays.copyOf(library(), 100)),
                BROKEN, "can't load", "artefact is broken"),
        new Setting("a library that is none", (child, dir) -> load(child, dir, new byte[5000]),
                BROKEN, "can't load", "artefact is broken"),
        new Setting("a library that is empty", (child, dir) -> load(child, dir, new byte[0]),
                BROKEN, "can't load", "artefact is broken"),
        new Setting("a library that is missing", (child, dir) -> {
            provide(child, dir, true, OddBackend.Loading.class);
            child.with("-Dodd.library=" + dir.resolve("missing.so"));
        }, BROKEN, "can't read the library", "missing.so"),
        new Setting("a library without the functions", (child, dir) -> load(child, dir, library()),
                BROKEN, "can't load", "no function fringe_init"),
        new Setting("a file in place of the directory",
                (child, dir) -> child.with("-Ddev.fringe.library.directory=" + Files.createFile(dir.resolve("file"))),
                BROKEN, "can't write", "dev.fringe.library.directory"),
        new Setting("a directory that can't be made", (child, dir) -> child.with("-Djava.io.tmpdir=/proc/nowhere"),
                BROKEN, "can't write", "/proc/nowhere", "dev.fringe.library.directory"),
        new Setting("a directory that others can write to", (child, dir) -> {
            Path open = Files.createDirectory(dir.resolve("fringe-" + System.getProperty("user.name")));
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
            child.with("-Ddev.fringe.library.directory=" + dir);
        }, BROKEN, "open to other users", "rwxrwxrwx", "chmod 700"),
        new Setting("a link in place of the directory", (child, dir) -> {
            Files.createSymbolicLink(dir.resolve("fringe-" + System.getProperty("user.name")),
                    Files.createDirectory(dir.resolve("elsewhere")));
            child.with("-Ddev.fringe.library.directory=" + dir);
        }, BROKEN, "is not a directory"),
        new Setting("native access denied",
                (child, dir) -> child.withoutNativeAccess().with("--illegal-native-access=deny"),
                "IllegalCallerException", "--enable-native-access=ALL-UNNAMED"),
        new Setting("a default size that is too small", (child, dir) -> child.with("-Ddev.fringe.stackSize=4096"),
                "IllegalArgumentException", "4096", "dev.fringe.stackSize"),
    };

    static Stream<Setting> settings() {
        return Stream.of(SETTINGS);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void badSetting(Setting setting, @TempDir Path directory) throws IOException {
        ChildJvm child = new ChildJvm().with("-Xshare:auto", "-XX:TieredStopAtLevel=1").onlyWith(NATIVE_ONLY);
        setting.preparation().prepare(child, directory);
        ChildJvm.Result result = child.run(Attempt.class).succeeds();
        List<String> lines = result.output().lines().filter(line -> line.startsWith("bad ")).toList();
        assertEquals(2, lines.size(), result.output());
        assertEquals(lines.getFirst(), lines.getLast(), "the second time it says the same");
        for (String word : setting.words()) {
            assertTrue(lines.getFirst().contains(word), () -> "\"" + word + "\" is not in: " + lines.getFirst());
        }
    }

    // ---- what is odd, but works ----------------------------------------------------------------------

    private static void works(ChildJvm child) {
        String output = child.run(Attempt.class).succeeds().output();
        assertEquals(2, output.lines().filter("good"::equals).count(), output);
    }

    @Test
    void aBrokenProviderBesideAGoodOne(@TempDir Path directory) throws IOException {
        ChildJvm child = new ChildJvm();
        provide(child, directory, false, OddBackend.Throwing.class, OddBackend.Elsewhere.class);
        works(child);
    }

    @Test
    void twoClassLoaders() {
        String output = new ChildJvm().run(TwoLoaders.class).succeeds().output();
        assertEquals(6, output.lines().filter("good"::equals).count(), output);
    }

    /**
     * The JDK does not release the lock of a file's name again if there is no memory when it unloads the file, as when
     * an application is redeployed with a full heap; a later copy of the library must not wait for it.
     */
    @Test
    void aLibraryWhoseNameIsLockedForEver(@TempDir Path directory) {
        String output = new ChildJvm().with("--add-opens=java.base/jdk.internal.loader=ALL-UNNAMED",
                "-Ddev.fringe.library.directory=" + directory).run(LockedName.class).succeeds().output();
        assertEquals(6, output.lines().filter("good"::equals).count(), output);
    }

    /** A program: locks the file of the first copy of the library, and makes two more copies then. */
    static final class LockedName {
        public static void main(String[] arguments) throws Exception {
            Attempt.main(arguments);
            Path file = LibraryFile.directory();
            try (Stream<Path> files = Files.list(file)) {
                file = files.findFirst().orElseThrow();
            }
            var lock = Class.forName("jdk.internal.loader.NativeLibraries")
                    .getDeclaredMethod("acquireNativeLibraryLock", String.class);
            lock.setAccessible(true);
            String name = file.toRealPath().toString();
            Thread.ofPlatform().start(() -> {
                try {
                    lock.invoke(null, name);
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
            }).join();
            TwoLoaders.load(arguments);
        }
    }

    /** A program: two copies of the library, and of this class, beside the first. */
    static final class TwoLoaders {
        public static void main(String[] arguments) throws Exception {
            Attempt.main(arguments);
            load(arguments);
        }

        /** Another copy of the library and of the tests. */
        static URLClassLoader copy() throws IOException {
            List<URL> path = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                path.add(Path.of(entry).toUri().toURL());
            }
            return new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        }

        static void load(String[] arguments) throws Exception {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) { // never closed: its native library is in use
                ClassLoader loader = copy();
                var main = Class.forName(Attempt.class.getName(), true, loader).getDeclaredMethod("main", String[].class);
                main.setAccessible(true);
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        main.invoke(null, (Object) arguments);
                    } catch (ReflectiveOperationException e) {
                        throw new AssertionError(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** What a program, or a stripped-down system, has not: the JDK has read it before, and nothing needs it again. */
    @ParameterizedTest
    @ValueSource(strings = {"user.name", "java.io.tmpdir",
        "user.name java.io.tmpdir java.vm.name java.vm.info java.class.path"})
    void aPropertyThatIsMissing(String names, @TempDir Path directory) throws IOException {
        ChildJvm child = new ChildJvm().with("-Xint"); // of which java.vm.info tells
        if (!names.contains("java.io.tmpdir")) {
            child.with("-Ddev.fringe.library.directory=" + directory);
        }
        String output = child.run(Without.class, names.split(" ")).succeeds().output();
        assertEquals(2, output.lines().filter("good"::equals).count(), output);
        if (names.equals("user.name")) {
            try (Stream<Path> files = Files.list(directory.resolve("fringe-unknown"))) {
                assertEquals(1, files.count());
            }
        }
    }

    /** Without these nothing is known of the machine, and it is said what is missing. */
    @ParameterizedTest
    @ValueSource(strings = {"os.name", "os.arch"})
    void aPropertyOfTheMachineThatIsMissing(String name) {
        String line = new ChildJvm().onlyWith(NATIVE_ONLY).run(Without.class, name).succeeds().line("bad ");
        assertTrue(line.contains(NO_BACKEND) && line.contains("fits this machine"), line);
    }

    /** A program. */
    static final class Without {
        public static void main(String[] arguments) {
            for (String name : arguments) {
                System.clearProperty(name);
            }
            Attempt.main(arguments);
        }
    }

    @Test
    void aPropertyThatIsNoSize() {
        works(new ChildJvm().with("-Ddev.fringe.stackSize=large"));
        works(new ChildJvm().with("-Ddev.fringe.stackSize=-5"));
    }

    @Test
    void aDamagedFileIsReplaced(@TempDir Path directory) throws IOException {
        ChildJvm child = new ChildJvm().with("-Ddev.fringe.library.directory=" + directory);
        works(child);
        Path made = directory.resolve("fringe-" + System.getProperty("user.name"));
        List<Path> files;
        try (Stream<Path> list = Files.list(made)) {
            files = list.toList();
        }
        assertEquals(1, files.size(), files.toString());
        Files.write(files.getFirst(), new byte[1000]);
        works(child);
        try (Stream<Path> list = Files.list(made)) {
            assertEquals(files, list.toList());
        }
    }

    @Test
    @Tag("noexec")
    void aFileSystemWithoutExecution(@TempDir Path directory) {
        assumeTrue(ChildJvm.canRun("/usr/bin/unshare", "--mount", "/bin/true"), "no way to mount anything here");
        String line = new ChildJvm().onlyWith(NATIVE_ONLY).as("/usr/bin/unshare", "--mount")
                .shell("mount -t tmpfs -o noexec fringe-test " + directory)
                .with("-Ddev.fringe.library.directory=" + directory).run(Attempt.class).succeeds().line("bad ");
        assertTrue(line.contains("noexec") && line.contains("dev.fringe.library.directory"), line);
    }

    @Test
    void memoryClosedUnderASuspendedGenerator() {
        FreedMemory.tryIt();
        run();
    }

    /** The same where the body would have to be asked whether it can be unwound. */
    @Test
    void memoryClosedUnderASuspendedGeneratorOfWhichLittleIsKnown() {
        new ChildJvm().with("-Ddev.fringe.kernelThreadIds=false").run(FreedMemory.class).succeeds();
    }

    /**
     * The arena is closed, but the memory stays: if that were gone too, the virtual machine would stop as soon
     * as it looked for the frames.
     */
    static final class FreedMemory {

        public static void main(String[] arguments) {
            tryIt();
        }

        private static void tryIt() {
            OwnedStack memory = OwnedStack.ofSize(SIZE);
            Generator<Integer, Integer> generator;
            try (Arena arena = Arena.ofConfined()) {
                generator = Generator.of(SliceStack.of(
                        MemorySegment.ofAddress(memory.limit()).reinterpret(SIZE, arena, null)), ErrorsTest::count);
                generator.resume(0);
            }
            for (Executable bad : new Executable[] {() -> generator.resume(0), generator::close}) {
                String message = assertThrows(IllegalStateException.class, bad).getMessage();
                assertTrue(message.contains("has been freed") && message.contains("arena"), message);
            }
            assertThrows(IllegalStateException.class, memory::close);
        }
    }
}
