// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fringe.Generator;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Random;

/**
 * The C library's qsort, watched: the Java body is suspended in the middle of each comparison, with frames
 * of C between those of Java, and the terminal shows the array as it is then.
 */
public final class NativeSort {

    private static final AddressLayout INT_POINTER = ADDRESS.withTargetLayout(JAVA_INT);

    private NativeSort() {}

    /** What qsort calls. No exception may leave a callback of native code, so it does nothing that throws. */
    @FunctionalInterface
    interface Comparison {
        int compare(MemorySegment left, MemorySegment right);
    }

    /** The array at each comparison, and at the end. */
    static Generator<Void, int[]> sort(int... numbers) {
        return Generator.of(yielder -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment array = arena.allocateFrom(JAVA_INT, numbers);
                Comparison comparison = (left, right) -> {
                    yielder.suspend(array.toArray(JAVA_INT));
                    return Integer.compare(left.get(JAVA_INT, 0), right.get(JAVA_INT, 0));
                };
                MethodHandle compare = MethodHandles.lookup().bind(comparison, "compare",
                        MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class));
                Linker linker = Linker.nativeLinker();
                MemorySegment stub = linker.upcallStub(compare,
                        FunctionDescriptor.of(JAVA_INT, INT_POINTER, INT_POINTER), arena);
                linker.downcallHandle(linker.defaultLookup().findOrThrow("qsort"),
                        FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS))
                        .invokeWithArguments(array, (long) numbers.length, JAVA_INT.byteSize(), stub);
                yielder.suspend(array.toArray(JAVA_INT));
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        });
    }

    /** Shows it, as a film if the output is a terminal. */
    public static void main(String[] arguments) throws InterruptedException {
        boolean film = System.console() != null && System.console().isTerminal();
        int comparisons = -1;
        for (int[] array : sort(new Random(7).ints(24, 1, 9).toArray())) {
            StringBuilder bars = new StringBuilder();
            for (int number : array) {
                bars.append(" ▁▂▃▄▅▆▇█".charAt(number));
            }
            System.out.print(film ? "\r" + bars : bars + "\n");
            if (film) {
                Thread.sleep(60); // a picture
            }
            comparisons++;
        }
        System.out.println((film ? "\n" : "") + comparisons + " comparisons");
    }
}
