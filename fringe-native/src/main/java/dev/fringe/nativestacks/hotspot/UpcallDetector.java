// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.internal.support.OtherThread;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.NativeCall;
import java.lang.StackWalker.StackFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;

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
        try {
            return VmStructs.get().offset("JavaThread", "_active_handles");
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
        return ALL_CLASSES.walk(new Walk(oldest));
    }

    /** What {@link #isOnStack} does with the frames. A class and a loop, as the first generator waits for it. */
    private record Walk(Class<?> oldest) implements Function<Stream<StackFrame>, Boolean> {

        @Override
        public Boolean apply(Stream<StackFrame> frames) {
            for (Iterator<StackFrame> all = frames.iterator(); all.hasNext(); ) {
                Class<?> type = all.next().getDeclaringClass();
                if (type == oldest) {
                    return false;
                }
                if (type.getName().startsWith("jdk.internal.foreign.abi.")) {
                    return true;
                }
            }
            return false;
        }
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

    /** The same, after it has been tried out, by another thread, as the caller may have little room, if it had not been. */
    public static boolean isReliable(KernelThreadIds ids) {
        if (reliable == null) {
            new OtherThread<Void>("fringe-probe", null, () -> {
                tryOut(ids);
                return null;
            }).await();
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
        inCallback = 0;
        try (Arena arena = Arena.ofConfined()) {
            // A call of a stub is a callback to HotSpot, whichever code is between. The types are those of other calls.
            FunctionDescriptor descriptor = FunctionDescriptor.ofVoid(Libc.WORD);
            MethodHandle look = MethodHandles.lookup().findStatic(UpcallDetector.class, "look",
                    MethodType.methodType(void.class, long.class));
            NativeCall.call(Linker.nativeLinker().upcallStub(
                    MethodHandles.explicitCastArguments(look, descriptor.toMethodType()), descriptor, arena), vmThread);
            IN_INITIALISER.set(vmThread);
            long initialiser = Initialised.BLOCK;
            return before != 0 && inCallback != 0 && inCallback != before && initialiser != 0
                    && initialiser != before && block(vmThread) == before;
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /** What the callback has seen. */
    private static long inCallback;

    private static final AtomicLong IN_INITIALISER = new AtomicLong();

    /** HotSpot calls its initialiser, and has frames of its own below. */
    private static final class Initialised {
        private static final long BLOCK = block(IN_INITIALISER.get());
    }

    /** The callback. */
    private static void look(long vmThread) {
        inCallback = block(Libc.WIDE ? vmThread : vmThread & 0xffff_ffffL);
    }
}
