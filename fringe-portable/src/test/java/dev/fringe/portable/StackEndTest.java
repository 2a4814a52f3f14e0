// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Near the end of a stack a switch happens, or does not happen and throws. */
class StackEndTest {

    private static final String ALL = "dev.fringe.portable.TestEngines#enginesAndResumers";
    /** A virtual thread's frames are copied whenever it is left: deep down that takes long. */
    private static final int DEEP_FOR_VIRTUAL = 2000;

    private static int overflow(int depth) {
        return overflow(depth + 1) + 1;
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aBodyOverflowsAndGoesOn(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, self -> {
                self.suspend(1);
                assertThrows(StackOverflowError.class, () -> overflow(0));
                self.suspend(2);
                overflow(0);
            });
            assertEquals(1, generator.next());
            assertEquals(2, generator.next());
            assertThrows(StackOverflowError.class, generator::next);
            assertNull(generator.next());
        });
    }

    /** Suspends at each depth until the body's stack is at its end. */
    private static int climb(TestGenerator self, int depth) {
        self.suspend(depth);
        return depth == 20_000 ? 0 : climb(self, depth + 1) + 1;
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aBodySuspendsAtEachDepth(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            TestGenerator generator = new TestGenerator(engine, self -> {
                try {
                    climb(self, 1);
                } catch (StackOverflowError e) {
                    self.suspend(-1);
                }
                self.suspend(-2);
            });
            int last = 0;
            Integer value;
            while ((value = generator.next()) > 0) {
                assertEquals(++last, value);
            }
            assertTrue(last > 500, "climbed to " + last);
            if (value == -1) {
                assertEquals(-2, generator.next());
            }
            assertNull(generator.next());
        });
    }

    /** Resumes at each depth until the resumer's stack is at its end. */
    private static int dive(TestGenerator generator, int depth, int every, int[] last) {
        if (depth % every == 0) {
            Integer value = generator.next();
            if (value != last[0] + 1) {
                throw new AssertionError(value + " after " + last[0]);
            }
            last[0] = value;
        }
        if (Thread.currentThread().isVirtual() && depth > DEEP_FOR_VIRTUAL) {
            throw new StackOverflowError("deep enough");
        }
        return dive(generator, depth + 1, every, last) + 1;
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aResumerResumesAtEachDepth(PortableEngine engine, Resumer resumer) throws Exception {
        resumer.run(engine, () -> {
            for (int every : new int[] {1, 7, 50}) {
                TestGenerator generator = TestGenerator.counter(engine);
                int[] last = new int[1];
                for (int i = 0; i < 4; i++) {
                    assertThrows(StackOverflowError.class, () -> dive(generator, 0, every, last));
                    assertEquals(++last[0], generator.next());
                }
                generator.close();
            }
        });
    }

    /** Resumes only where the stack has just ended, and at each depth on the way back. */
    private static int atTheEnd(TestGenerator generator, int[] last) {
        try {
            return atTheEnd(generator, last) + 1;
        } catch (StackOverflowError e) {
            try {
                Integer value = generator.next();
                if (value != last[0] + 1) {
                    throw new AssertionError(value + " after " + last[0]);
                }
                last[0] = value;
            } catch (StackOverflowError again) {
                throw again;
            }
            throw e;
        }
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aResumerAtTheEndOfItsStack(PortableEngine engine, Resumer resumer) throws Exception {
        if (resumer != Resumer.PLATFORM_THREAD) {
            return; // as above
        }
        resumer.run(engine, () -> {
            TestGenerator generator = TestGenerator.counter(engine);
            int[] last = new int[1];
            for (int i = 0; i < 5; i++) {
                assertThrows(StackOverflowError.class, () -> atTheEnd(generator, last));
                assertEquals(++last[0], generator.next());
            }
            generator.close();
        });
    }

    /** A body that is resumed with little stack left gets a helper's, and so can go as deep as ever. */
    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void aBodyHasRoomWhereItsResumerHasHardlyAny(PortableEngine engine) throws Exception {
        Resumer.PLATFORM_THREAD.run(engine, () -> {
            int[] shallow = new int[1];
            new TestGenerator(engine, self -> shallow[0] = depthLeft()).next();
            int[] least = {Integer.MAX_VALUE};
            assertThrows(StackOverflowError.class, () -> measureAtEachDepth(engine, least, 0));
            assertTrue(least[0] > 300, "a body had room for " + least[0] + " calls, and " + shallow[0] + " at first");
        });
    }

    private static int measureAtEachDepth(PortableEngine engine, int[] least, int depth) {
        if (depth % 100 == 0) {
            int[] left = new int[1];
            new TestGenerator(engine, self -> left[0] = depthLeft()).next();
            least[0] = Math.min(least[0], left[0]);
        }
        return measureAtEachDepth(engine, least, depth + 1) + 1;
    }

    private static int depthLeft() {
        int[] depth = new int[1];
        try {
            count(depth);
        } catch (StackOverflowError e) {
            return depth[0];
        }
        throw new AssertionError();
    }

    private static int count(int[] depth) {
        depth[0]++;
        return count(depth) + 1;
    }
}
