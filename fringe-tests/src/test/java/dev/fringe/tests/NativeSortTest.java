// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.fringe.Generator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies with native frames between their Java frames. */
@Tag("native")
class NativeSortTest {

    @Test
    void suspendsInTheMiddleOfQsort() {
        int[] numbers = {5, 3, 9, 1, 7};
        int comparisons = 0;
        try (Generator<Void, String> sort = NativeSort.of(numbers)) {
            for (String comparison : sort) {
                assertTrue(comparison.matches("\\d \\? \\d"));
                comparisons++;
                System.gc();
            }
        }
        assertArrayEquals(new int[] {1, 3, 5, 7, 9}, numbers);
        assertTrue(comparisons >= 4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Serial", "Parallel", "G1", "Z", "Shenandoah"})
    void underEveryCollector(String collector) {
        ChildJvm.Result result = new ChildJvm().with("-XX:+Use" + collector + "GC", "-Xmx256m").run(NativeSort.class);
        assumeFalse(result.output().contains("Option -XX:+Use" + collector + "GC not supported"),
                "this virtual machine has no such collector");
        assertTrue(result.succeeds().output().contains("all sorted"), result.output());
    }

    /** An exception that left the callback would end the process, so closing does not raise one there. */
    @Test
    void closingInACallbackIsRefusedButHarmless() {
        Generator<Void, String> sort = NativeSort.of(new int[] {3, 2, 1});
        sort.resume(null);
        String message = assertThrows(IllegalStateException.class, sort::close).getMessage();
        assertTrue(message.contains("native"), message);
        assertEquals(Generator.State.CLOSED, sort.state());
    }

    /** The library walks the stack for callbacks at first, and finds out in the background how it need not. */
    @Test
    void callbacksAreFoundAlsoWhenManyBodiesHaveBeenUnwound() {
        int unwound = 0;
        for (int i = 0; i < 40; i++) {
            AtomicBoolean ended = new AtomicBoolean();
            Generator<Void, String> usual = Generator.of(yielder -> {
                try {
                    int[] numbers = {3, 2, 1};
                    NativeSort.sort(numbers); // a callback that has ended does not count
                    yielder.suspend("sorted " + numbers[0]);
                } finally {
                    ended.set(true);
                }
            });
            assertEquals(Optional.of("sorted 1"), usual.resume(null));
            usual.close();
            unwound += ended.get() ? 1 : 0;
            LockSupport.parkNanos(10_000_000);
        }
        assertEquals(40, unwound);
        closingInACallbackIsRefusedButHarmless();
    }

    @Test
    void throwingIntoACallbackThatCatchesLetsItEnd() {
        int[] numbers = {3, 2, 1};
        try (Generator<Void, String> sort = NativeSort.of(numbers)) {
            sort.resume(null);
            assertEquals(Optional.empty(), sort.throwInto(new ArithmeticException("enough")));
        }
        assertArrayEquals(new int[] {1, 2, 3}, numbers);
    }
}
