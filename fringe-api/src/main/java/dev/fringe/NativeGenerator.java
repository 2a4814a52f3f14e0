// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.core.Startup;
import dev.fringe.internal.engine.NativeBodies;
import dev.fringe.internal.lifecycle.Cleanup;
import dev.fringe.internal.lifecycle.Reaper;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A generator whose body is a C function. It takes no thread of the virtual machine, only a few KiB of stack and 24
 * bytes. A switch is the bare exchange of stacks in a critical downcall, some 10 ns.
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
 * <p>{@code fringe_yield} is in the shipped library, whose name for the linker is {@code libfringe.so}. A C library
 * that was linked against it finds it once {@link #yieldFunction()} has loaded it. C code that is not linked against it
 * can use the address which that method returns.
 *
 * <p><b>What a body may do.</b> It may call C functions, and yield from below them, as from a comparison of {@code
 * qsort}. While it runs, the virtual machine waits for it at the next safepoint, so it should yield or return soon, and
 * must not block. It <b>must not call Java</b>, neither by an upcall nor by JNI: that ends the process. A body that is
 * an upcall stub itself is refused. The resumer lends it its thread, so {@code errno} and thread-local variables of C
 * are the resumer's. Values that a body has read of them before it yielded are out of date if another thread resumes
 * it. It must not leave by {@code longjmp} or a C++ exception.
 *
 * <p><b>Stacks.</b> Any {@link Stack} of 2 KiB or more will do, guarded or not. The author of a body decides how much
 * it needs; the library does not check that. Overflow runs into the guard page, which ends the process, or on a stack
 * without one into other memory. Signal handlers run on the body's stack, so in a process that is profiled (flight
 * recorder and the like) leave 16 KiB for them.
 *
 * <p><b>Threads.</b> Like a {@link Generator}, it is confined to the thread that made it, or shared.
 *
 * <p><b>Closing.</b> {@link #close} frees the stack. A native body that has not returned is not unwound: C has no way
 * to say what it holds. A generator that becomes unreachable is freed some time later.
 */
public final class NativeGenerator implements AutoCloseable {

    private static final long DEFAULT_SIZE = 64 * 1024;

    private final NativeBodies.Body coroutine;
    private final Free cleanup;

    /** Frees what a generator had, when it is unreachable. */
    private static final class Free extends Cleanup {

        /** Set when there is something to free. */
        private volatile NativeBodies.@Nullable Body coroutine;

        Free(NativeGenerator generator) {
            super(generator);
        }

        NativeBodies.Body made(NativeBodies bodies, @Nullable Stack stack, long size, boolean shared,
                MemorySegment body) {
            try {
                NativeBodies.Body made = bodies.create(stack, size, shared, Objects.requireNonNull(body, "body"));
                coroutine = made;
                return made;
            } catch (Throwable t) {
                forget();
                throw t;
            }
        }

        @Override
        protected void act() {
            NativeBodies.Body body = coroutine;
            if (body != null) {
                body.run();
            }
        }
    }

    private NativeGenerator(@Nullable Stack stack, long size, boolean shared, MemorySegment body) {
        NativeBodies bodies = Startup.engine().nativeBodies();
        cleanup = new Free(this);
        Reaper.watch(cleanup); // before there is something to free: there may be no room for it afterwards
        coroutine = cleanup.made(bodies, stack, size, shared, body);
        Reference.reachabilityFence(this);
    }

    /**
     * Creates a generator that is confined to the calling thread, on a guarded stack of 64 KiB.
     *
     * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code
     * @throws IllegalStateException if the library of the body has been unloaded
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a C
     *     function
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static NativeGenerator of(MemorySegment body) {
        return new NativeGenerator(null, DEFAULT_SIZE, false, body);
    }

    /**
     * Creates a generator that any thread may resume, but never two at once, on a guarded stack of 64 KiB.
     *
     * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
     * @return a new generator, whose body has not started
     * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code
     * @throws IllegalStateException if the library of the body has been unloaded
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a C
     *     function
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static NativeGenerator ofShared(MemorySegment body) {
        return new NativeGenerator(null, DEFAULT_SIZE, true, body);
    }

    /**
     * Returns a builder, for options that {@link #of} does not have.
     *
     * @return a builder of confined generators on guarded stacks of 64 KiB
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Makes generators. A builder can make any number of them; it is not safe for use by several threads at once. The
     * other options of {@link Generator.Builder} are about Java bodies and their threads.
     */
    public static final class Builder {

        private @Nullable Stack stack;
        private long stackSize = DEFAULT_SIZE;
        private boolean shared;

        private Builder() {}

        /**
         * Lets any thread resume the generator, but never two at once.
         *
         * @return this builder
         */
        public Builder shared() {
            shared = true;
            return this;
        }

        /**
         * Runs the generator on a given stack. The stack remains the caller's. Close it after the generator has been
         * closed or {@linkplain NativeGenerator#unwrap unwrapped}.
         *
         * @param stack the stack, which nothing else uses
         * @return this builder
         */
        public Builder stack(Stack stack) {
            this.stack = Objects.requireNonNull(stack, "stack");
            return this;
        }

        /**
         * Runs the generator on a guarded stack of the library's that has at least this size. Does nothing if a
         * {@link #stack(Stack)} is given.
         *
         * @param size the size in bytes, rounded up to whole pages
         * @return this builder
         * @throws IllegalArgumentException if {@code size} is not positive
         */
        public Builder stackSize(long size) {
            if (size <= 0 || size > Long.MAX_VALUE >> 1) {
                throw new IllegalArgumentException("the size of a stack can't be " + size
                        + " bytes; it is at least 1, and rounded up to whole pages");
            }
            stackSize = size;
            return this;
        }

        /**
         * Creates a generator.
         *
         * @param body the address of a C function {@code void body(fringe_yielder *, intptr_t)}
         * @return a new generator, whose body has not started
         * @throws IllegalArgumentException if {@code body} is not the address of code, or of Java code, or if
         *     the stack is misaligned, not writable, or smaller than 2 KiB
         * @throws IllegalStateException if the stack is in use or has been closed, or if the library of the body
         *     has been unloaded
         * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a C
         *     function
         * @throws IllegalCallerException if the virtual machine denies native access
         * @throws OutOfMemoryError if there can be no more generators: the message names the limit
         */
        public NativeGenerator build(MemorySegment body) {
            return new NativeGenerator(stack, stackSize, shared, body);
        }
    }

    /**
     * Returns the address of {@code fringe_yield}, {@code intptr_t (*)(fringe_yielder *, intptr_t)}. Loads the library
     * that has it, so that C libraries which were linked against it can be loaded afterwards.
     *
     * @return an address that is valid as long as the virtual machine runs
     * @throws UnsupportedOperationException if no backend fits this machine, or the engine in use can't run a C
     *     function
     * @throws IllegalCallerException if the virtual machine denies native access
     */
    public static MemorySegment yieldFunction() {
        return Startup.engine().nativeBodies().yieldFunction();
    }

    /**
     * Runs the body until it yields or returns.
     *
     * @param value what {@code fringe_yield} returns, or, the first time, the second argument of the body; on a 32-bit
     *     machine its low 32 bits
     * @return what the body yields, or empty if it has returned, now or earlier
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the generator is being resumed by another thread or has been closed,
     *     or if its stack or the library of its body is gone
     */
    public OptionalLong resume(long value) {
        try {
            return coroutine.resume(value);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Returns what the generator does at the moment. Any thread may call this; the answer may be out of date when it
     * arrives, unless the caller is the only resumer.
     *
     * @return the state
     */
    public Generator.State state() {
        return coroutine.state();
    }

    /**
     * Gives back the stack that the generator was made with, once its body has returned or the generator has been
     * closed. That closes the generator.
     *
     * @return the stack that was given to {@link Builder#stack}
     * @throws WrongThreadException if the generator is confined to another thread
     * @throws IllegalStateException if the body has not returned, if the generator was not made with a stack, or if
     *     the stack has been given back already
     */
    public Stack unwrap() {
        try {
            Stack stack = coroutine.unwrap();
            try {
                cleanup.forget(); // there is nothing left to free
            } catch (StackOverflowError e) { // it will be forgotten when this is unreachable
                return stack;
            }
            return stack;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Frees the stack, even if the body has not returned; the body is not unwound. Does nothing if the generator has
     * been closed.
     *
     * @throws WrongThreadException if the generator is confined to another thread that is alive; when that thread has
     *     ended, any thread may close the generator
     * @throws IllegalStateException if the generator is being resumed by another thread
     */
    @Override
    public void close() {
        try {
            coroutine.close();
            if (coroutine.isReleased()) {
                cleanup.forget();
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public String toString() {
        return "NativeGenerator[" + state() + "]";
    }
}
