// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the kernel and the C library know of the thread that creates, resumes and closes generators is the
 * same before, between and after.
 */
@Tag("native")
class KernelStateTest {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout WORD =
            ValueLayout.ADDRESS.byteSize() == 8 ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
    private static final MethodHandle SIGALTSTACK = bind("sigaltstack", FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle PTHREAD_SIGMASK = bind("pthread_sigmask", FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle PTHREAD_SELF = bind("pthread_self", FunctionDescriptor.of(WORD));
    private static final MethodHandle GETTID = bind("gettid", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    private static final MethodHandle GETPID = bind("getpid", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    private static final MethodHandle SCHED_GETCPU = bind("sched_getcpu", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    private static final int SIG_BLOCK = 0;

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }

    /** Everything that can be asked about the calling kernel thread. */
    private static Map<String, Object> state() {
        Map<String, Object> state = new TreeMap<>();
        try (Arena arena = Arena.ofConfined(); Stream<String> lines = Files.lines(Path.of("/proc/thread-self/status"))) {
            // Not SigQ, which counts the signals of all processes of the user.
            lines.filter(line -> line.matches("(Pid|Sig(?!Q)\\w+|ShdPnd|Cap\\w+|NoNewPrivs|Seccomp|Cpus_allowed|Mems_allowed):.*"))
                    .forEach(line -> state.put(line.substring(0, line.indexOf(':')), line));
            MemorySegment alternate = arena.allocate(64, 8);
            state.put("sigaltstack", (int) SIGALTSTACK.invokeExact(MemorySegment.NULL, alternate));
            if (ValueLayout.ADDRESS.byteSize() == 8) {
                alternate.set(ValueLayout.JAVA_INT, 12, 0); // between a pointer, an int and a size_t; it may be anything
            }
            state.put("alternate stack", HexFormat.of().formatHex(alternate.toArray(ValueLayout.JAVA_BYTE)));
            MemorySegment mask = arena.allocate(128, 8);
            state.put("pthread_sigmask", (int) PTHREAD_SIGMASK.invokeExact(SIG_BLOCK, MemorySegment.NULL, mask));
            state.put("mask", HexFormat.of().formatHex(mask.toArray(ValueLayout.JAVA_BYTE)));
            state.put("pthread_self", PTHREAD_SELF.invoke());
            state.put("gettid", (int) GETTID.invokeExact());
            state.put("getpid", (int) GETPID.invokeExact());
            state.put("knows its processor", (int) SCHED_GETCPU.invokeExact() >= 0);
            Path children = Path.of("/proc/thread-self/children");
            if (Files.exists(children)) {
                state.put("children", Files.readAllLines(children));
            }
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        return state;
    }

    private static void createResumeAndClose(boolean fresh) {
        createResumeAndClose(fresh, false);
        createResumeAndClose(fresh, true);
    }

    private static void createResumeAndClose(boolean fresh, boolean shared) {
        Map<String, Object> before = state();
        Generator.Builder builder = fresh ? Generator.builder().freshThread() : Generator.builder();
        if (shared) {
            builder.shared();
        }
        AtomicReference<Map<String, Object>> inside = new AtomicReference<>();
        Generator<Void, Integer> generator = builder.build((yielder, input) -> {
            inside.set(state());
            yielder.suspend(1);
            yielder.suspend(2);
        });
        assertEquals(before, state(), "after creation");
        generator.resume(null);
        assertEquals(before, state(), "after resume");
        generator.resume(null);
        assertEquals(before, state(), "after another resume");
        generator.close();
        assertEquals(before, state(), "after close");
        // The body is run by the same kernel thread.
        for (String key : new String[] {"gettid", "getpid", "Pid", "mask", "SigBlk", "SigIgn", "SigCgt", "alternate stack"}) {
            assertEquals(before.get(key), inside.get().get(key), key);
        }
        // To the C library it is another thread, unless what HotSpot knows it by is exchanged and nothing else.
        String way = System.getProperty("dev.fringe.switch");
        boolean words = System.getProperty("os.arch").equals("amd64") && (way == null ? !shared : way.equals("words"));
        assertEquals(words, before.get("pthread_self").equals(inside.get().get("pthread_self")));
    }

    private static void inThread(Runnable task) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().unstarted(task);
        thread.setUncaughtExceptionHandler((t, e) -> thrown.set(e));
        thread.start();
        thread.join();
        if (thrown.get() != null) {
            throw new AssertionError(thrown.get());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aResumerIsLeftAsItWas(boolean fresh) throws InterruptedException {
        createResumeAndClose(fresh);
        inThread(() -> createResumeAndClose(fresh));
    }

    /** A mask that the creator happens to have is neither lost nor passed on. */
    @Test
    void aSignalMaskIsItsOwners() throws InterruptedException {
        Object usual = state().get("mask");
        AtomicReference<Generator<Void, Object>> created = new AtomicReference<>();
        inThread(() -> {
            block(10 /* SIGUSR1 */);
            assertNotEquals(usual, state().get("mask"));
            createResumeAndClose(true);
            created.set(Generator.ofShared((yielder, input) -> {
                while (true) {
                    yielder.suspend(state().get("mask"));
                }
            }));
            assertEquals(state().get("mask"), created.get().resume(null).orElseThrow());
        });
        assertEquals(usual, created.get().resume(null).orElseThrow());
        created.get().close();
    }

    private static void block(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(128, 8);
            set.set(ValueLayout.JAVA_BYTE, (signal - 1) / 8, (byte) (1 << (signal - 1) % 8));
            assertEquals(0, (int) PTHREAD_SIGMASK.invokeExact(SIG_BLOCK, set, MemorySegment.NULL));
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** All that is left of a thousand births and deaths. */
    @Test
    void noKernelThreadIsLeft() throws InterruptedException {
        createResumeAndClose(true);
        long before = ChildJvm.status("Threads");
        int births = Scale.of(1000, 40);
        for (int i = 0; i < births; i++) {
            Generator<Integer, Integer> generator =
                    Generator.builder().freshThread().build((yielder, input) -> yielder.suspend(input));
            generator.resume(i);
            generator.close();
        }
        // The virtual machine may have begun some, and those of tests before may have ended, or be about to.
        long most = before + 10;
        for (int i = 0; i < 1000 && ChildJvm.status("Threads") > most; i++) {
            Thread.sleep(10);
        }
        long after = ChildJvm.status("Threads");
        assertTrue(after <= most, "there were " + before + " threads, and are " + after);
    }
}
