// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.nativestacks.linux.Libc;
import java.lang.StackWalker.StackFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Finds callbacks of native code on the stack. An exception that leaves one ends the process.
 *
 * <p>Walking the stack tells, but takes a microsecond. HotSpot gives each callback a block of its own for the
 * references that native code gets ({@code JavaThread::_active_handles}), and takes it back at its end. It does
 * the same whenever it calls Java code itself ({@code JavaCallWrapper}): for a class initialiser, a class
 * loader, a bootstrap method, or native code that calls through JNI. So
 * while the block is the one that the thread has had between two bodies, there is no callback on its stack,
 * and no need to walk; nor is there a frame of compiled C or C++ among the body's. Where the field is HotSpot tells debuggers; that it does what it is said to do here
 * is tried out, once, by the bystander, before anybody relies on it.
 */
public final class UpcallDetector {

    /** Classes are enough, and walking them takes little more than half as long as walking methods. */
    private static final StackWalker ALL_CLASSES = StackWalker.getInstance(Set.of(
            StackWalker.Option.SHOW_HIDDEN_FRAMES, StackWalker.Option.DROP_METHOD_INFO,
            StackWalker.Option.RETAIN_CLASS_REFERENCE));

    private static final long UNKNOWN = -1;
    /** Where in the virtual machine's record of a thread the field is. */
    private static final long FIELD = find();

    /** Whether the block can be relied on; null until that has been tried out. */
    private static volatile Boolean reliable;

    private UpcallDetector() {}

    private static long find() {
        try (Arena arena = Arena.ofConfined()) {
            return VmStructs.in(arena).offset("JavaThread", "_active_handles");
        } catch (RuntimeException | LinkageError e) { // another virtual machine
            return UNKNOWN;
        }
    }

    /**
     * The block of a thread; 0 if nobody knows.
     *
     * @param vmThread the virtual machine's record of a thread that is alive; 0 if nobody knows
     */
    public static long block(long vmThread) {
        return vmThread == 0 || FIELD == UNKNOWN ? 0 : Libc.getWord(vmThread + FIELD);
    }

    /**
     * Whether a body, which calls this, is in a callback. The one that all bodies are in is older than
     * they. A body that runs Java code and has a frame of the linker on its stack has called native code
     * which has called back.
     *
     * @param oldest the class of the frame that has called the body
     */
    public static boolean isOnStack(Class<?> oldest) {
        return ALL_CLASSES.walk(frames -> frames.map(StackFrame::getDeclaringClass)
                .takeWhile(type -> type != oldest)
                .anyMatch(type -> type.getPackageName().startsWith("jdk.internal.foreign.abi")));
    }

    // ---- whether the block can be relied on -------------------------------------------------------

    /** Whether {@link #block} can be known in this virtual machine. */
    public static boolean canTell() {
        return FIELD != UNKNOWN;
    }

    /** Whether {@link #block} is known to tell callbacks. */
    public static boolean isReliable() {
        return reliable == Boolean.TRUE;
    }

    /**
     * The same, after it has been tried out if it had not been.
     *
     * @param starter starts a thread: the caller may have little room on its own stack
     */
    public static boolean isReliable(KernelThreadIds ids, Consumer<Runnable> starter) {
        if (reliable == null) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            starter.accept(() -> {
                try {
                    tryOut(ids);
                } finally {
                    done.complete(null);
                }
            });
            done.join();
        }
        return isReliable();
    }

    /** Called by the bystander: looks at the block before, in and after a callback of its own. */
    public static synchronized void tryOut(KernelThreadIds ids) {
        if (reliable != null) {
            return;
        }
        isOnStack(UpcallDetector.class); // so that all that it takes is there
        try {
            reliable = isRight(ids);
        } catch (LinkageError e) {
            reliable = false;
        }
    }

    private static boolean isRight(KernelThreadIds ids) {
        if (ids == null || FIELD == UNKNOWN) {
            return false;
        }
        long vmThread = ids.current();
        long before = block(vmThread);
        long[] in = new long[1];
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle look = MethodHandles.lookup().findStatic(UpcallDetector.class, "look", MethodType.methodType(
                    int.class, long[].class, long.class, MemorySegment.class, MemorySegment.class));
            FunctionDescriptor comparison =
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            Linker linker = Linker.nativeLinker();
            MethodHandle search = linker.downcallHandle(linker.defaultLookup().findOrThrow("bsearch"),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS, Libc.WORD,
                            Libc.WORD, ValueLayout.ADDRESS));
            MemorySegment callback =
                    linker.upcallStub(MethodHandles.insertArguments(look, 0, in, vmThread), comparison, arena);
            MemorySegment element = arena.allocate(1);
            Object found = Libc.WIDE ? (MemorySegment) search.invokeExact(element, element, 1L, 1L, callback)
                    : (MemorySegment) search.invokeExact(element, element, 1, 1, callback);
            IN_INITIALISER.set(vmThread);
            long initialiser = Initialised.BLOCK;
            return found.equals(element) && before != 0 && in[0] != 0 && in[0] != before && initialiser != 0
                    && initialiser != before && block(vmThread) == before;
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    private static final AtomicLong IN_INITIALISER = new AtomicLong();

    /** HotSpot calls its initialiser, and has frames of its own below. */
    private static final class Initialised {
        private static final long BLOCK = block(IN_INITIALISER.get());
    }

    /** The callback, which says that it has been given what was searched for. */
    private static int look(long[] in, long vmThread, MemorySegment one, MemorySegment other) {
        in[0] = block(vmThread);
        return 0;
    }
}
