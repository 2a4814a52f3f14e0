// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Startup;
import dev.fringe.internal.engine.NativeBodies;
import dev.fringe.internal.lifecycle.Reaper;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * A generator whose body is a C function. It takes no thread of the virtual machine: a few KiB of stack
 * and 24 bytes are all there is to it. A switch is the bare exchange of stacks in a critical downcall, some 10 ns.
 *
 * <p>The body is declared in {@code fringe.h}, which is in the artefact {@code fringe-api} under {@code
 * META-INF/fringe}:
 *
 * {@snippet lang=c :
 * #include "fringe.h"
 *
 * void squares(fringe_yielder *yielder, intptr_t first) {
 *   for (intptr_t next = first; next != 0;)
 *     next = fringe_yield(yielder, next * next);
 * }
 * }
 *
 * {@snippet file="GuideSnippets.java" region="native"}
 *
 * <p>{@code fringe_yield} is in the shipped library, whose name for the linker is {@code libfringe.so}: a
 * C library that was linked against it finds it once it is loaded, which {@link #yieldFunction()} sees
 * to. The address which that method returns also serves C code that is not linked at all.
 *
 * <p><b>What a body may do.</b> It may call C functions, and yield from below them, as from a comparison
 * of {@code qsort}. While it runs the virtual machine waits for it at the next safepoint, so it should
 * yield or return soon, and must not block. It <b>must not call Java</b>, neither by an upcall nor by JNI:
 * that ends the process. A body that is an upcall stub itself is refused. Whoever resumes it lends it its
 * thread, so {@code errno} and thread-local variables of C are the resumer's, and what a body has read
 * of them before it yielded is out of date if another thread resumes it. It must not leave by {@code
 * longjmp} or a C++ exception.
 *
 * <p><b>Stacks.</b> Any {@link Stack} of 2 KiB or more will do, guarded or not. How much a body needs is
 * for its author to say, and nobody checks: overflow runs into the guard page, which ends the process, or
 * on a stack without one into other memory. Signal handlers run on the body's stack, so in a process that
 * is profiled (flight recorder and the like) leave 16 KiB for them.
 *
 * <p><b>Threads.</b> As {@link Generator}, it is confined to the thread that made it, or shared.
 *
 * <p><b>Closing.</b> Frees the stack. A native body that has not returned is not unwound: C has no way to
 * say what it holds. A generator that becomes unreachable is freed some time later.
 */
public final class NativeGenerator implements AutoCloseable {

    private static final long DEFAULT_SIZE = 64 * 1024;

    private final NativeBodies.Body coroutine;
    private final Cleaner.Cleanable cleanable;

    private NativeGenerator(Stack stack, boolean shared, MemorySegment body) {
        coroutine = Startup.engine().nativeBodies()
                .create(stack, DEFAULT_SIZE, shared, Objects.requireNonNull(body, "body"));
        cleanable = Reaper.watch(this, coroutine);
    }

    /**
     * Creates a generator that is confined to the calling thread, on a guarded stack of 64 KiB.
     *
     * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code
     * @throws IllegalStateException if the library of the body has been unloaded
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static NativeGenerator of(MemorySegment body) {
        return new NativeGenerator(null, false, body);
    }

    /**
     * Creates a generator that is confined to the calling thread, on a given stack. The stack remains the
     * caller's, who may close it after the generator has been closed.
     *
     * @param stack the stack to run on, used by nobody else
     * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code, or if
     *     the stack is misaligned, not writable, or smaller than 2 KiB
     * @throws IllegalStateException if the stack is in use or has been closed, or if the library of the body
     *     has been unloaded
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static NativeGenerator of(Stack stack, MemorySegment body) {
        return new NativeGenerator(Objects.requireNonNull(stack, "stack"), false, body);
    }

    /**
     * Creates a generator that any thread may resume, but never two at once, on a guarded stack of 64 KiB.
     *
     * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code
     * @throws IllegalStateException if the library of the body has been unloaded
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static NativeGenerator ofShared(MemorySegment body) {
        return new NativeGenerator(null, true, body);
    }

    /**
     * Creates a generator that any thread may resume, but never two at once, on a given stack. The stack
     * remains the caller's, who may close it after the generator has been closed.
     *
     * @param stack the stack to run on, used by nobody else
     * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code, or if
     *     the stack is misaligned, not writable, or smaller than 2 KiB
     * @throws IllegalStateException if the stack is in use or has been closed, or if the library of the body
     *     has been unloaded
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static NativeGenerator ofShared(Stack stack, MemorySegment body) {
        return new NativeGenerator(Objects.requireNonNull(stack, "stack"), true, body);
    }

    /**
     * The address of {@code fringe_yield}, {@code intptr_t (*)(fringe_yielder *, intptr_t)}. Loads the
     * library that has it, so that C libraries which were linked against it can be loaded afterwards.
     *
     * @return an address that is valid as long as the virtual machine runs
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     */
    public static MemorySegment yieldFunction() {
        return Startup.engine().nativeBodies().yieldFunction();
    }

    /**
     * Runs the body until it yields or returns.
     *
     * @param value what {@code fringe_yield} returns, or the body gets as its second argument the first
     *     time; on a 32-bit machine its low 32 bits
     * @return what the body yields, or 0 if it has returned, now or earlier; {@link #hasEnded} tells which
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is being resumed by another thread or has been closed,
     *     or if its stack or the library of its body is gone
     */
    public long resume(long value) {
        try {
            return coroutine.resume(value);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Whether the body has returned. Any thread may ask.
     *
     * @return whether it has
     */
    public boolean hasEnded() {
        return coroutine.hasEnded();
    }

    /**
     * Frees the stack, also if the body has not returned; it is not unwound. Does nothing if that has been
     * done.
     *
     * @throws WrongThreadException if the generator is confined to another thread, which lives; when that has
     *     ended, any thread may close it
     * @throws IllegalStateException if the generator is being resumed by another thread
     */
    @Override
    public void close() {
        coroutine.close();
        cleanable.clean();
    }
}
