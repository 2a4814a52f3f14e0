// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** With a full heap a switch happens, or it throws and has not happened. In a virtual machine of its own. */
class MemoryTest {

    private static final int FRAMES = 200;
    private static final int ROUNDS = 15;

    @Test
    void nothingIsLostAndNothingComesTwiceWhenTheHeapIsFull() throws Exception {
        for (String collector : List.of("-XX:+UseSerialGC", "-XX:+UseG1GC")) {
            ChildJvm.Result result = ChildJvm.run(MemoryTest.class, List.of("-Xmx16m", collector,
                    "--enable-native-access=ALL-UNNAMED"));
            assertTrue(result.output().contains("all values in order"), result::output);
        }
    }

    public static void main(String[] arguments) {
        for (PortableEngine engine : List.of(TestEngines.CARRIED, TestEngines.HANDOFF)) {
            warmUp(engine);
            run(engine, false);
            run(engine, true);
        }
        System.out.println("all values in order");
    }

    private static Object[] filler;

    private static void fill() {
        Object[] chain = null;
        int size = 1 << 16;
        while (size >= 4) {
            try {
                while (true) {
                    Object[] next = new Object[size];
                    next[0] = chain;
                    chain = next;
                    filler = chain;
                }
            } catch (OutOfMemoryError e) {
                size /= 64; // each error takes some collections of the whole heap
            }
        }
    }

    private static int deep(TestGenerator self, int depth) {
        if (depth > 0) {
            return deep(self, depth - 1) + 1;
        }
        for (int i = 1; ; ) {
            try {
                self.suspend(i);
                i++;
            } catch (OutOfMemoryError e) { // it has not happened
                filler = null;
            }
        }
    }

    private static TestGenerator make(PortableEngine engine, boolean nested) {
        if (!nested) {
            return new TestGenerator(engine, self -> deep(self, FRAMES));
        }
        return new TestGenerator(engine, self -> {
            TestGenerator inner = null;
            Integer value = null;
            while (true) {
                try {
                    if (inner == null) {
                        inner = new TestGenerator(engine, innerSelf -> deep(innerSelf, FRAMES));
                    }
                    if (value == null) {
                        value = inner.next();
                    }
                    self.suspend(value);
                    value = null;
                } catch (OutOfMemoryError e) {
                    filler = null;
                }
            }
        });
    }

    private static void warmUp(PortableEngine engine) {
        for (int i = 0; i < 100; i++) {
            TestGenerator generator = make(engine, i % 2 == 0);
            for (int k = 0; k < 20; k++) {
                generator.next();
            }
            generator.close();
        }
    }

    private static void run(PortableEngine engine, boolean nested) {
        int errors = 0;
        int last = 0;
        TestGenerator generator = make(engine, nested);
        for (int round = 0; round < ROUNDS; round++) {
            if (round % 5 == 0) { // so that the first step comes with a full heap too
                generator.close();
                generator = make(engine, nested);
                last = 0;
            }
            fill();
            for (int i = 0; i < 3; i++) {
                try {
                    last = expect(generator.next(), last);
                } catch (OutOfMemoryError e) {
                    filler = null;
                    errors++;
                }
            }
            filler = null;
            last = expect(generator.next(), last);
        }
        generator.close();
        System.out.println(engine.getClass().getSimpleName() + ": " + errors + " errors in resume");
    }

    private static int expect(Integer value, int last) {
        if (!Objects.equals(value, last + 1)) {
            throw new AssertionError(value + " after " + last);
        }
        return value;
    }
}
