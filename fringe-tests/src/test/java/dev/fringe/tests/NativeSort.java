// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Java bodies suspended in the middle of the C library's qsort: Java, C, Java, switch. */
final class NativeSort {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout SIZE = ADDRESS.byteSize() == 8 ? ValueLayout.JAVA_LONG : JAVA_INT;
    private static final AddressLayout INT_POINTER = ADDRESS.withTargetLayout(JAVA_INT);
    private static final MethodHandle QSORT = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("qsort"),
            FunctionDescriptor.ofVoid(ADDRESS, SIZE, SIZE, ADDRESS));

    private final Yielder<Void, String> yielder;
    private boolean cancelled;

    private NativeSort(Yielder<Void, String> yielder) {
        this.yielder = yielder;
    }

    /** Called by qsort. No exception may leave it. */
    @SuppressWarnings("unused") // found by name
    private int compare(MemorySegment left, MemorySegment right) {
        int l = left.get(JAVA_INT, 0);
        int r = right.get(JAVA_INT, 0);
        if (!cancelled) {
            try {
                yielder.suspend(l + " ? " + r);
            } catch (ArithmeticException e) {
                cancelled = true;
            }
        }
        return Integer.compare(l, r);
    }

    /** Suspends with each comparison; sorts the numbers in place when it has ended. */
    static Generator<Void, String> of(int[] numbers) {
        return Generator.of(yielder -> sort(numbers, new NativeSort(yielder)));
    }

    /** Sorts the numbers in place, without a switch. */
    static void sort(int[] numbers) {
        NativeSort comparator = new NativeSort(null);
        comparator.cancelled = true;
        sort(numbers, comparator);
    }

    private static void sort(int[] numbers, NativeSort comparator) {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle compare = MethodHandles.lookup().findVirtual(NativeSort.class, "compare",
                    MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class));
            MemorySegment stub = LINKER.upcallStub(compare.bindTo(comparator),
                    FunctionDescriptor.of(JAVA_INT, INT_POINTER, INT_POINTER), arena);
            MemorySegment array = arena.allocateFrom(JAVA_INT, numbers);
            if (ADDRESS.byteSize() == 8) {
                QSORT.invokeExact(array, (long) numbers.length, 4L, stub);
            } else {
                QSORT.invokeExact(array, numbers.length, 4, stub);
            }
            MemorySegment.copy(array, JAVA_INT, 0, numbers, 0, numbers.length);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Many sorts at once, interleaved, while the heap is filled and collected. */
    public static void main(String[] arguments) {
        int sorts = Scale.of(20, 3);
        Random random = new Random(1);
        List<int[]> arrays = new ArrayList<>();
        List<Generator<Void, String>> running = new ArrayList<>();
        for (int i = 0; i < sorts; i++) {
            arrays.add(random.ints(Scale.of(60, 20), 0, 1000).toArray());
            running.add(of(arrays.get(i)));
        }
        List<int[]> expected = arrays.stream().map(int[]::clone).toList();
        expected.forEach(Arrays::sort);
        long comparisons = 0;
        List<byte[]> garbage = new ArrayList<>();
        boolean any = true;
        for (int round = 0; any; round++) {
            any = false;
            for (Generator<Void, String> sort : running) {
                boolean more = sort.resume(null).isPresent();
                any |= more;
                comparisons += more ? 1 : 0;
                garbage.add(new byte[2000]);
            }
            if (round % 50 == 0) {
                garbage.clear();
                System.gc();
            }
        }
        for (int i = 0; i < sorts; i++) {
            if (!Arrays.equals(expected.get(i), arrays.get(i))) {
                throw new AssertionError(Arrays.toString(arrays.get(i)));
            }
        }
        System.out.println(comparisons + " comparisons, all sorted");
    }
}
