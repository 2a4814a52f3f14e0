// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

import static java.lang.invoke.MethodType.methodType;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code fringe.h}, bound by a {@link Backend}. Each component has the name of its
 * function without the prefix; {@code fringe.h} says what each does.
 *
 * <p>A backend passes the handles as jextract made them. Words ({@code uintptr_t}) are {@code int} or
 * {@code long} there, as the architecture has it; here they are {@code long} on all architectures.
 *
 * @param init the address of {@code fringe_init}
 * @param swap the address of {@code fringe_swap}, which is bound as a critical function: it is for
 *     bodies that are native code
 * @param yield the address of {@code fringe_yield}, which is called by native bodies only
 * @param configure {@code (long, long, int, long, int, long, int)int}
 * @param threadPointer {@code ()long}
 * @param entry the address of {@code fringe_entry}, which is called by the C library only
 * @param dematerialise {@code (long)void}
 * @param dematerialiseAddress the address of {@code fringe_dematerialise}, for a thread that is to do nothing else
 * @param await {@code (long)int}
 * @param resume {@code (long)void}
 * @param suspend {@code (long)void}
 * @param materialise {@code (long)int}
 * @param configureWords {@code (long, long, long, long)void}, or {@code null} if threads are always moved with their
 *     thread pointers on this architecture
 * @param findModule the address of {@code fringe_find_module}, which is called by the C library only, or {@code null}
 *     if there is no {@code configureWords}
 * @param tryWord {@code (long, long)int}, or {@code null} if there is no {@code configureWords}
 */
public record Assembly(
        MemorySegment init,
        MemorySegment swap,
        MemorySegment yield,
        MethodHandle configure,
        MethodHandle threadPointer,
        MemorySegment entry,
        MethodHandle dematerialise,
        MemorySegment dematerialiseAddress,
        MethodHandle await,
        MethodHandle resume,
        MethodHandle suspend,
        MethodHandle materialise,
        @Nullable MethodHandle configureWords,
        @Nullable MemorySegment findModule,
        @Nullable MethodHandle tryWord) {

    private static final MethodType CONTEXT_TO_VOID = methodType(void.class, long.class);
    private static final MethodType CONTEXT_TO_INT = methodType(int.class, long.class);

    /** Brings all handles to the types above. */
    public Assembly {
        Objects.requireNonNull(init, "init");
        Objects.requireNonNull(swap, "swap");
        Objects.requireNonNull(yield, "yield");
        configure = adapt(configure, methodType(
                int.class, long.class, long.class, int.class, long.class, int.class, long.class, int.class));
        threadPointer = adapt(threadPointer, methodType(long.class));
        Objects.requireNonNull(entry, "entry");
        dematerialise = adapt(dematerialise, CONTEXT_TO_VOID);
        Objects.requireNonNull(dematerialiseAddress, "dematerialiseAddress");
        await = adapt(await, CONTEXT_TO_INT);
        resume = adapt(resume, CONTEXT_TO_VOID);
        suspend = adapt(suspend, CONTEXT_TO_VOID);
        materialise = adapt(materialise, CONTEXT_TO_INT);
        if (configureWords != null) {
            configureWords = adapt(configureWords, methodType(
                    void.class, long.class, long.class, long.class, long.class));
            Objects.requireNonNull(findModule, "findModule");
            tryWord = adapt(Objects.requireNonNull(tryWord, "tryWord"), methodType(int.class, long.class, long.class));
        }
    }

    /**
     * The functions of an architecture that always moves threads with their thread pointers. The parameters are
     * those of the record; the last two are {@code null}.
     *
     * @param init the address of {@code fringe_init}
     * @param swap the address of {@code fringe_swap}
     * @param yield the address of {@code fringe_yield}
     * @param configure bound to {@code fringe_configure}
     * @param threadPointer bound to {@code fringe_thread_pointer}
     * @param entry the address of {@code fringe_entry}
     * @param dematerialise bound to {@code fringe_dematerialise}
     * @param dematerialiseAddress the address of {@code fringe_dematerialise}
     * @param await bound to {@code fringe_await}
     * @param resume bound to {@code fringe_resume}
     * @param suspend bound to {@code fringe_suspend}
     * @param materialise bound to {@code fringe_materialise}
     */
    public Assembly(
            MemorySegment init,
            MemorySegment swap,
            MemorySegment yield,
            MethodHandle configure,
            MethodHandle threadPointer,
            MemorySegment entry,
            MethodHandle dematerialise,
            MemorySegment dematerialiseAddress,
            MethodHandle await,
            MethodHandle resume,
            MethodHandle suspend,
            MethodHandle materialise) {
        this(init, swap, yield, configure, threadPointer, entry, dematerialise, dematerialiseAddress, await, resume,
                suspend, materialise, null, null, null);
    }

    /**
     * Converts the {@code int} words of a 32-bit architecture to {@code long}. A returned word is
     * taken as unsigned, because it is an address.
     */
    private static MethodHandle adapt(MethodHandle function, MethodType type) {
        MethodHandle result = function;
        if (type.returnType() == long.class && function.type().returnType() == int.class) {
            result = MethodHandles.filterReturnValue(function, UNSIGNED);
        }
        return MethodHandles.explicitCastArguments(result, type);
    }

    private static final MethodHandle UNSIGNED;

    static {
        try {
            UNSIGNED = MethodHandles.lookup()
                    .findStatic(Integer.class, "toUnsignedLong", methodType(long.class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
