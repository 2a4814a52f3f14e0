// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Whether a confined generator is switched by words: then the C library sees the resumer's thread in its body. Asked by
 * the initialiser of {@link Natives}, for which a body with code in that class would wait, and so it is a class of its own.
 */
final class SwitchedByWords {

    private SwitchedByWords() {}

    static boolean isSo() {
        MethodHandle self = Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("pthread_self"),
                FunctionDescriptor.of(ValueLayout.ADDRESS));
        try (Generator<Object, MemorySegment> generator = Generator.of((yielder, input) -> {
            try {
                yielder.suspend((MemorySegment) self.invokeExact());
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        })) {
            return generator.resume(null).orElseThrow().equals((MemorySegment) self.invokeExact());
        } catch (Throwable t) {
            throw new IllegalStateException("pthread_self can't be called", t);
        }
    }
}
