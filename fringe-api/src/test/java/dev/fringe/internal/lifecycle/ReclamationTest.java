// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which want is waited for: that of what others may give back, and not that of the heap. */
class ReclamationTest {

    private int attempts;

    private Supplier<String> failing(int times, OutOfMemoryError error) {
        return () -> {
            if (attempts++ < times) {
                throw error;
            }
            return "made";
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"Java heap space", "GC overhead limit exceeded", "Metaspace"})
    void aFullHeapHasBeenCollectedAlready(String message) {
        OutOfMemoryError error = new OutOfMemoryError(message);
        assertSame(error, assertThrows(OutOfMemoryError.class, () -> Reclamation.make(failing(1, error))));
        assertEquals(1, attempts);
    }

    /** As it arrives here: found by another thread, and explained. */
    @Test
    void soHasOneThatIsTheCauseOfAnother() {
        OutOfMemoryError inner = new OutOfMemoryError("the heap is too full for the first stack");
        inner.initCause(new OutOfMemoryError("Java heap space"));
        OutOfMemoryError outer = new OutOfMemoryError(inner.getMessage());
        outer.initCause(inner);
        assertSame(outer, assertThrows(OutOfMemoryError.class, () -> Reclamation.make(failing(1, outer))));
        assertEquals(1, attempts);
    }

    /** Its cause has no message: it is what was thrown where no thread could be had. */
    @Test
    void aLimitIsTriedAgain() {
        OutOfMemoryError limit = new OutOfMemoryError("can't start a thread: EAGAIN");
        limit.initCause(new OutOfMemoryError());
        assertEquals("made", Reclamation.make(failing(3, limit)));
        assertEquals(4, attempts);
    }

    @Test
    void butNotForever() {
        OutOfMemoryError limit = new OutOfMemoryError("too many generators");
        assertSame(limit, assertThrows(OutOfMemoryError.class,
                () -> Reclamation.make(failing(Integer.MAX_VALUE, limit))));
    }

    /** One attempt in another leaves it to the outer one. */
    @Test
    void onlyTheOuterOneTriesAgain() {
        OutOfMemoryError limit = new OutOfMemoryError("too many generators");
        int[] inner = {0};
        assertEquals("made", Reclamation.make(() -> {
            inner[0]++;
            return Reclamation.make(failing(2, limit));
        }));
        assertEquals(3, inner[0]);
        assertEquals(3, attempts);
    }
}
