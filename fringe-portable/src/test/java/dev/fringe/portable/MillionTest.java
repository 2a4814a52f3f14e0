// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A million suspended generators in 2 GiB of heap, each of which goes on where it was, to its end or until it is closed. */
class MillionTest {

    private static final int COUNT = 1_000_000;
    /** Each of so many is closed while it is suspended. The first time, its compiled frames are replaced, which takes long. */
    private static final int CLOSED = 100;

    @Test
    @Timeout(value = 450, unit = TimeUnit.SECONDS)
    void aMillionAreSuspendedAtOnce() throws Exception {
        ChildJvm.Result result = ChildJvm.run(MillionTest.class, List.of("-Xmx2g", "-Ddev.fringe.backend=portable",
                "--enable-native-access=ALL-UNNAMED"), 400);
        assertTrue(result.output().contains("all went on"), result::output);
    }

    public static void main(String[] arguments) {
        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
        Generator<Void, Integer>[] generators = new Generator[COUNT];
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        long before = runtime.totalMemory() - runtime.freeMemory();
        long start = System.nanoTime();
        for (int i = 0; i < COUNT; i++) {
            int number = i;
            generators[i] = Generator.ofShared((yielder, input) -> {
                yielder.suspend(number);
                yielder.suspend(-number);
            });
            expect(number, generators[i]);
        }
        long made = System.nanoTime();
        System.gc();
        long used = runtime.totalMemory() - runtime.freeMemory() - before;
        System.out.printf("%,d suspended: %d bytes of heap each, made in %d ns each%n", COUNT, used / COUNT,
                (made - start) / COUNT);
        for (int i = 0; i < COUNT; i++) {
            expect(-i, generators[i]);
        }
        for (int i = 0; i < COUNT; i++) {
            boolean suspended = i % CLOSED == 0;
            if (!suspended && generators[i].resume(null).isPresent()) {
                throw new AssertionError(i + " has not ended");
            }
            generators[i].close();
            Generator.State state = generators[i].state();
            if (state != (suspended ? Generator.State.CLOSED : Generator.State.FINISHED)) {
                throw new AssertionError(i + " is " + state);
            }
        }
        System.out.println("all went on");
    }

    private static void expect(int value, Generator<Void, Integer> generator) {
        int got = generator.resume(null).orElseThrow();
        if (got != value) {
            throw new AssertionError(got + " instead of " + value);
        }
    }
}
