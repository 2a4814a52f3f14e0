// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Sets a stack apart from the memory below it.
 *
 * <p>When a kernel thread is made, Valgrind registers a stack for it by itself, until the thread ends. It
 * guesses that this stack reaches down to where the mapping of its memory starts. Several stacks may lie
 * in one mapping, parts of one block for example; going from one of them to another would then be taken
 * for a large frame. A generator's stack has a kernel thread twice, while it is made and while it is
 * freed. When it is freed the guard pages of the virtual machine end the mapping. When it is made they
 * are not there yet, so the lowest page is protected in their place; it will be one of them.
 *
 * <p>A native body's stack never has a kernel thread of its own, and may need its lowest page.
 */
final class LowestPage {

    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;

    private static final boolean WIDE = ValueLayout.ADDRESS.byteSize() == 8;
    private static final ValueLayout WORD = WIDE ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;

    private static final MethodHandle MPROTECT = bind("mprotect",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, WORD, WORD, ValueLayout.JAVA_INT));
    private static final long PAGE = pageSize();

    private LowestPage() {}

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }

    private static long pageSize() {
        try {
            return (int) bind("getpagesize", FunctionDescriptor.of(ValueLayout.JAVA_INT)).invokeExact();
        } catch (Throwable t) {
            throw new AssertionError(t); // it can't fail
        }
    }

    /** To be called before the stack is used. */
    static void protect(long limit, long base) {
        set(limit, base, PROT_NONE);
    }

    /** Undoes {@link #protect}. The virtual machine's guard pages may have come and gone in between. */
    static void restore(long limit, long base) {
        set(limit, base, PROT_READ_WRITE);
    }

    private static void set(long limit, long base, int protection) {
        long page = (limit + PAGE - 1) & -PAGE;
        if (base - page < PAGE) {
            return; // no whole page in it
        }
        try {
            int ignored = WIDE ? (int) MPROTECT.invokeExact(page, PAGE, protection)
                    : (int) MPROTECT.invokeExact((int) page, (int) PAGE, protection);
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall throws no checked exception
        }
    }
}
