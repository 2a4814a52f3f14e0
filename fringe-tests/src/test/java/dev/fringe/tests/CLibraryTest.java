// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.Generator;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is found out about the C library: where it keeps a thread's id, and what the kernel clears at its end. */
@Tag("native")
class CLibraryTest {

    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_GET_TID_ADDRESS = 40;
    private static final int EPERM = 1;

    /** Uses generators on threads that are born and end, and on pooled ones. */
    static class Use {
        public static void main(String[] arguments) throws ReflectiveOperationException {
            if (arguments.length > 0) {
                System.out.println("question: " + refuseTheQuestion());
            }
            for (int i = 0; i < 20; i++) {
                List<Generator<Integer, Integer>> generators = new ArrayList<>();
                for (int j = 0; j < 3; j++) {
                    Generator.Builder builder = j > 0 ? Generator.builder().freshThread() : Generator.builder();
                    generators.add(builder.build((yielder, input) -> {
                        for (Integer next = input; ; ) {
                            next = yielder.suspend(next + 1);
                        }
                    }));
                }
                for (int j = 0; j < 5; j++) {
                    for (Generator<Integer, Integer> generator : generators) {
                        if (generator.resume(j).orElseThrow() != j + 1) {
                            throw new AssertionError("another value");
                        }
                    }
                }
                generators.forEach(Generator::close);
            }
            System.out.println("words: " + words());
        }
    }

    /** What the library has found, in its own words. */
    private static String words() throws ReflectiveOperationException {
        Class<?> runtime = Class.forName("dev.fringe.nativestacks.NativeRuntime");
        Method get = runtime.getDeclaredMethod("get");
        get.setAccessible(true);
        StringBuilder words = new StringBuilder();
        for (String name : new String[] {"tidSlot", "exitWord"}) {
            Field field = runtime.getDeclaredField(name);
            field.setAccessible(true);
            words.append(name).append(' ').append(field.get(get.invoke(null))).append(' ');
        }
        return words.toString();
    }

    /** Has the kernel, from now on, answer PR_GET_TID_ADDRESS in no thread; returns what it then says. */
    private static String refuseTheQuestion() {
        int[] numbers = switch (System.getProperty("os.arch")) { // of prctl and seccomp
            case "amd64" -> new int[] {157, 317};
            case "i386", "x86" -> new int[] {172, 354};
            default -> new int[] {167, 277}; // the list that all newer architectures have in common
        };
        ValueLayout word = ValueLayout.ADDRESS.byteSize() == 8 ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
        MethodHandle prctl = bind("prctl", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        MethodHandle syscall = bind("syscall", FunctionDescriptor.of(word,
                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        // If the number is that of prctl and its first argument the question, then the error, else anything.
        int[][] filter = {{0x20, 0, 0, 0}, {0x15, 0, 3, numbers[0]}, {0x20, 0, 0, 16},
            {0x15, 0, 1, PR_GET_TID_ADDRESS}, {0x06, 0, 0, 0x0005_0000 | EPERM}, {0x06, 0, 0, 0x7fff_0000}};
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocate(8L * filter.length, 8);
            for (int i = 0; i < filter.length; i++) {
                instructions.set(ValueLayout.JAVA_SHORT, 8L * i, (short) filter[i][0]);
                instructions.set(ValueLayout.JAVA_BYTE, 8L * i + 2, (byte) filter[i][1]);
                instructions.set(ValueLayout.JAVA_BYTE, 8L * i + 3, (byte) filter[i][2]);
                instructions.set(ValueLayout.JAVA_INT, 8L * i + 4, filter[i][3]);
            }
            MemorySegment program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) filter.length);
            program.set(ValueLayout.ADDRESS, ValueLayout.ADDRESS.byteSize(), instructions);
            MemorySegment none = MemorySegment.NULL;
            int ignored = (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, number(1), none, none, none);
            Object result = syscall.invoke(number(numbers[1]), number(1), number(1), program); // in all threads
            int answer = (int) prctl.invokeExact(PR_GET_TID_ADDRESS, arena.allocate(8, 8), none, none, none);
            return answer == -1 ? "refused" : "answered, and seccomp returned " + result;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private static MemorySegment number(long value) {
        return MemorySegment.ofAddress(value);
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }

    /** {@code TidSlot.agree} of what two threads have found. */
    private static long agree(Set<Long> one, Set<Long> other) throws Throwable {
        Class<?> slot = Class.forName("dev.fringe.nativestacks.linux.TidSlot");
        Class<?> look = Class.forName("dev.fringe.nativestacks.linux.TidSlot$Look");
        Constructor<?> make = look.getDeclaredConstructor(long.class, long.class, Set.class);
        make.setAccessible(true);
        Method agree = slot.getDeclaredMethod("agree", look, look);
        agree.setAccessible(true);
        try {
            return (long) agree.invoke(null, make.newInstance(4096L, 0L, one), make.newInstance(8192L, 0L, other));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Test
    void whereMoreOrLessThanOneWordMayHoldTheIdNoneIsChosen() throws Throwable {
        assertEquals(720, agree(Set.of(16L, 720L), Set.of(720L, 1024L)));
        for (Set<Long> other : List.of(Set.of(16L, 720L), Set.of(1024L), Set.<Long>of())) {
            UnsupportedOperationException refusal = assertThrows(
                    UnsupportedOperationException.class, () -> agree(Set.of(16L, 720L), other));
            assertTrue(refusal.getMessage().contains("can't find where this C library keeps the id of a thread"),
                    refusal::getMessage);
        }
    }

    @Test
    void theWordsAreFoundWhereTheKernelDoesNotTellThem() {
        ChildJvm.Result refused = new ChildJvm().run(Use.class, "refuse").succeeds();
        assumeTrue(refused.line("question: ").equals("question: refused"), refused.output());
        assertEquals(new ChildJvm().run(Use.class).succeeds().line("words: "), refused.line("words: "));
    }
}
