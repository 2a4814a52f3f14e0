// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code fringe.h}, found by a {@link Backend}. Each component has the name of its
 * function without the prefix; {@code fringe.h} says what each does.
 *
 * <p>Most are addresses of functions that take words. The three functions that switch are bound, because the compiler
 * has to know them; a backend passes their handles as jextract made them. In these handles a word ({@code uintptr_t})
 * is an {@code int} or a {@code long}, depending on the architecture; here it is a {@code long} everywhere.
 *
 * @param init the address of {@code fringe_init}
 * @param swap the address of {@code fringe_swap}, which is bound as a critical function; for bodies that are native
 *     code
 * @param yield the address of {@code fringe_yield}, which only native bodies call
 * @param configure the address of {@code fringe_configure}
 * @param threadPointer the address of {@code fringe_thread_pointer}
 * @param entry the address of {@code fringe_entry}, which only the C library calls
 * @param dematerialise {@code (long, long, long)void}, as the other two are; of its parameters the first counts
 * @param dematerialiseAddress the address of {@code fringe_dematerialise}, for a thread that does nothing else
 * @param await the address of {@code fringe_await}
 * @param resume {@code (long, long, long)void}
 * @param suspend {@code (long, long, long)void}, of which the first counts
 * @param materialise the address of {@code fringe_materialise}
 * @param configureWords the address of {@code fringe_configure_words}, or {@code null} if switches on this architecture
 *     always set the thread pointer
 * @param findModule the address of {@code fringe_find_module}, which only the C library calls, or {@code null} if there
 *     is no {@code configureWords}
 * @param tryWord the address of {@code fringe_try_word}, or {@code null} if there is no {@code configureWords}
 */
public record Assembly(
        MemorySegment init,
        MemorySegment swap,
        MemorySegment yield,
        MemorySegment configure,
        MemorySegment threadPointer,
        MemorySegment entry,
        MethodHandle dematerialise,
        MemorySegment dematerialiseAddress,
        MemorySegment await,
        MethodHandle resume,
        MethodHandle suspend,
        MemorySegment materialise,
        @Nullable MemorySegment configureWords,
        @Nullable MemorySegment findModule,
        @Nullable MemorySegment tryWord) {

    private static final MethodType SWITCH = MethodType.methodType(void.class, long.class, long.class, long.class);

    /** Converts the handles to the types above. */
    public Assembly {
        Objects.requireNonNull(init, "init");
        Objects.requireNonNull(swap, "swap");
        Objects.requireNonNull(yield, "yield");
        Objects.requireNonNull(configure, "configure");
        Objects.requireNonNull(threadPointer, "threadPointer");
        Objects.requireNonNull(entry, "entry");
        dematerialise = MethodHandles.explicitCastArguments(dematerialise, SWITCH);
        Objects.requireNonNull(dematerialiseAddress, "dematerialiseAddress");
        Objects.requireNonNull(await, "await");
        resume = MethodHandles.explicitCastArguments(resume, SWITCH);
        suspend = MethodHandles.explicitCastArguments(suspend, SWITCH);
        Objects.requireNonNull(materialise, "materialise");
        if (configureWords != null) {
            Objects.requireNonNull(findModule, "findModule");
            Objects.requireNonNull(tryWord, "tryWord");
        }
    }
}
