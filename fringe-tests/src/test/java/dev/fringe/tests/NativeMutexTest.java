// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.Generator;
import dev.fringe.NativeGenerator;
import dev.fringe.Yielder;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What becomes of a mutex of the C library that native code holds across a suspension: the table in
 * docs/semantics.md. A confined generator is switched by words where there is that way, a shared one by the thread
 * pointer.
 */
@Tag("native")
class NativeMutexTest {

    private static final int EPERM = 1;
    private static final int EBUSY = 16;
    private static final int EDEADLK = 35;

    /** In the order of the native code. */
    private enum Kind { NORMAL, RECURSIVE, ERROR_CHECKING, ROBUST, PRIORITY_INHERITANCE }

    private static final FunctionDescriptor OF_MUTEX =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    private static final MethodHandle MAKE =
            find("mutex_of", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle LOCK = find("mutex_lock", OF_MUTEX);
    private static final MethodHandle TRY = find("mutex_try", OF_MUTEX);
    private static final MethodHandle UNLOCK = find("mutex_unlock", OF_MUTEX);
    private static final MethodHandle AROUND = find("mutex_around",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

    private static MethodHandle find(String name, FunctionDescriptor type) {
        try {
            NativeGenerator.yieldFunction(); // loads what the library was linked against
            Path library = Path.of(NativeMutexTest.class.getResource("libbodies.so").toURI());
            return Linker.nativeLinker().downcallHandle(
                    SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(name), type);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static MemorySegment make(Kind kind) {
        try {
            MemorySegment mutex = (MemorySegment) MAKE.invokeExact(kind.ordinal());
            assumeTrue(mutex.address() != 0, "there is no such mutex here");
            return mutex;
        } catch (Throwable t) {
            throw rethrown(t);
        }
    }

    private static int call(MethodHandle function, MemorySegment mutex) {
        try {
            return (int) function.invokeExact(mutex);
        } catch (Throwable t) {
            throw rethrown(t);
        }
    }

    private static RuntimeException rethrown(Throwable t) {
        if (t instanceof Error error) {
            throw error;
        }
        return t instanceof RuntimeException exception ? exception : new IllegalStateException(t);
    }

    /** A body that suspends with -1 while native code holds the mutex, and then with what unlocking it has said. */
    private static Generator<Void, Integer> holder(boolean shared, MemorySegment mutex) {
        Generator.Producer<Integer> body = yielder -> hold(yielder, mutex);
        return shared ? Generator.ofShared(body) : Generator.of(body);
    }

    private static void hold(Yielder<Void, Integer> yielder, MemorySegment mutex) {
        Runnable suspend = () -> yielder.suspend(-1);
        int unlocked;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment callback = Linker.nativeLinker().upcallStub(MethodHandles.lookup().findVirtual(Runnable.class,
                    "run", MethodType.methodType(void.class)).bindTo(suspend), FunctionDescriptor.ofVoid(), arena);
            unlocked = (int) AROUND.invokeExact(callback, mutex);
        } catch (Throwable t) {
            throw rethrown(t);
        }
        yielder.suspend(unlocked);
    }

    private static <T> T elsewhere(Callable<T> task) throws Exception {
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            return thread.submit(task).get();
        }
    }

    private static int next(Generator<Void, Integer> generator) {
        return generator.resume(null).orElseThrow();
    }

    // ---- one kernel thread ---------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Kind.class)
    void isHeldAcrossASuspensionAndReleasedByOneThread(Kind kind) throws Exception {
        for (boolean shared : new boolean[] {false, true}) {
            MemorySegment mutex = make(kind);
            Generator<Void, Integer> generator = holder(shared, mutex);
            assertEquals(-1, next(generator));
            assertEquals(EBUSY, elsewhere(() -> call(TRY, mutex)), "another thread can't have it");
            assertEquals(0, next(generator), "it is released");
            assertEquals(0, elsewhere(() -> call(TRY, mutex) + call(UNLOCK, mutex)), "and can be had");
            assertTrue(generator.resume(null).isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRecursiveOneIsAcquiredByTheResumerToo(boolean shared) throws Exception {
        MemorySegment mutex = make(Kind.RECURSIVE);
        Generator<Void, Integer> generator = holder(shared, mutex);
        assertEquals(-1, next(generator));
        assertEquals(0, call(LOCK, mutex), "its owner is the kernel thread that it was locked on");
        assertEquals(0, call(UNLOCK, mutex));
        assertEquals(0, next(generator));
        generator.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorCheckingOneTellsTheResumerThatItWouldWaitForItself(boolean shared) throws Exception {
        MemorySegment mutex = make(Kind.ERROR_CHECKING);
        Generator<Void, Integer> generator = holder(shared, mutex);
        assertEquals(-1, next(generator));
        assertEquals(EDEADLK, call(LOCK, mutex));
        assertEquals(0, next(generator));
        generator.close();
    }

    // ---- another kernel thread -----------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"RECURSIVE", "ERROR_CHECKING", "ROBUST"})
    void anotherResumersKernelThreadCannotReleaseIt(Kind kind) throws Exception {
        MemorySegment mutex = make(kind);
        Generator<Void, Integer> generator = holder(true, mutex);
        assertEquals(-1, next(generator));
        assertEquals(EPERM, elsewhere(() -> next(generator)));
        assertEquals(EBUSY, elsewhere(() -> call(TRY, mutex)), "it stays locked");
        generator.close();
    }

    @Test
    void aNormalOneIsReleasedByAnyKernelThread() throws Exception {
        MemorySegment mutex = make(Kind.NORMAL);
        Generator<Void, Integer> generator = holder(true, mutex);
        assertEquals(-1, next(generator));
        assertEquals(0, elsewhere(() -> next(generator)));
        assertEquals(0, call(TRY, mutex) + call(UNLOCK, mutex));
        generator.close();
    }
}
