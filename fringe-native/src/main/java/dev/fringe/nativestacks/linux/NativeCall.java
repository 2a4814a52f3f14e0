// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Calls any C function whose parameters are words, addresses and integers, at most seven, and whose result is one or
 * none. All go through one method handle of seven words. Each type of downcall that a program uses makes the JDK
 * generate a class and the forms that lead to it, which takes several milliseconds; the thirty functions that the
 * library calls while it starts would have twenty types.
 *
 * <p>That more words are passed than a function has parameters does no harm: the caller removes them from the stack,
 * and a function does not look at registers that it has no parameters for. A C {@code int} is passed as a word with
 * its sign extended, which is what each of the ABIs wants or allows. Of a result that is an {@code int} only the low
 * half counts, so the caller casts it.
 *
 * <p>Calls make no objects. Functions that switch stacks are bound on their own, so that the compiler knows them.
 */
public final class NativeCall {

    static final boolean WIDE = ValueLayout.ADDRESS.byteSize() == 8;
    /** The layout of {@code size_t}, {@code long} and addresses; by its name not equal to that of {@code int}. */
    static final ValueLayout WORD = WIDE ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT.withName("word");

    private static final MethodHandle CALL = make();

    private NativeCall() {}

    private static MethodHandle make() {
        MethodHandle handle = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(
                WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD));
        if (WIDE) {
            return handle;
        }
        try {
            MethodType type = MethodType.methodType(long.class, MemorySegment.class,
                    long.class, long.class, long.class, long.class, long.class, long.class, long.class);
            return MethodHandles.explicitCastArguments(MethodHandles.filterReturnValue(handle,
                    MethodHandles.lookup().findStatic(Integer.class, "toUnsignedLong",
                            MethodType.methodType(long.class, int.class))), type);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Calls a function without parameters; where a word has 32 bits, the result is unsigned. */
    public static long call(MemorySegment function) {
        return call(function, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Calls a function with one parameter. */
    public static long call(MemorySegment function, long a) {
        return call(function, a, 0, 0, 0, 0, 0, 0);
    }

    /** Calls a function with two parameters. */
    public static long call(MemorySegment function, long a, long b) {
        return call(function, a, b, 0, 0, 0, 0, 0);
    }

    /** Calls a function with three parameters. */
    public static long call(MemorySegment function, long a, long b, long c) {
        return call(function, a, b, c, 0, 0, 0, 0);
    }

    /** Calls a function with four parameters. */
    public static long call(MemorySegment function, long a, long b, long c, long d) {
        return call(function, a, b, c, d, 0, 0, 0);
    }

    /** Calls a function with up to seven parameters. */
    public static long call(MemorySegment function, long a, long b, long c, long d, long e, long f, long g) {
        try {
            return (long) CALL.invokeExact(function, a, b, c, d, e, f, g);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }
}
