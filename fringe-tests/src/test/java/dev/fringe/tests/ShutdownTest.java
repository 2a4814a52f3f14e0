// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.NativeGenerator;
import dev.fringe.OsStack;
import dev.fringe.management.Generators;
import java.lang.foreign.Linker;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bodies that are unwound when the virtual machine shuts down, because that was asked for. */
@Tag("tools")
class ShutdownTest {

    private static Generator<Void, Integer> make(Generator.Builder builder, String name) {
        return builder.build(yielder -> {
            try {
                yielder.suspend(1);
            } finally {
                System.out.println("unwound " + name);
            }
        });
    }

    private static List<String> unwound(ChildJvm.Result result) {
        return result.output().lines().filter(line -> line.startsWith("unwound")).sorted().collect(Collectors.toList());
    }

    /** Leaves generators in all states that are no other thread's. */
    public static final class States {

        private States() {}

        /** Ends with all of them alive. */
        public static void main(String[] arguments) {
            Generator<Void, Integer> shared = make(Generator.builder().closedAtShutdown(), "shared");
            Generator<Void, Integer> ended = make(Generator.builder().closedAtShutdown(), "ended");
            Generator<Void, Integer> fresh = make(Generator.builder().closedAtShutdown(), "fresh");
            Generator<Void, Integer> closed = make(Generator.builder().closedAtShutdown(), "closed");
            Generator<Void, Integer> usual = make(Generator.builder(), "usual");
            Generator<Void, Integer> failing = Generator.builder().closedAtShutdown().build(yielder -> {
                try {
                    yielder.suspend(1);
                } finally {
                    System.out.println("unwound failing");
                    throwOne();
                }
            });
            LongGenerator longs = LongGenerator.builder().closedAtShutdown().build(yielder -> {
                try {
                    yielder.suspend(1);
                } finally {
                    System.out.println("unwound longs");
                }
            });
            Generator<Void, Integer> ahead = Generator.builder().closedAtShutdown().buffered(2).build(yielder -> {
                try {
                    yielder.suspend(1);
                    yielder.suspend(2);
                    yielder.suspend(3);
                } finally {
                    System.out.println("unwound ahead");
                }
            });
            shared.resume();
            usual.resume();
            failing.resume();
            longs.resume();
            ahead.resume();
            ended.forEach(value -> { });
            closed.resume();
            closed.close();
            System.out.println("before " + fresh.state());
            System.exit(3);
        }

        private static void throwOne() {
            throw new IllegalArgumentException("of the body");
        }
    }

    @Test
    void suspendedBodiesAreUnwoundIfThatIsAskedFor() throws Exception {
        ChildJvm.Result result = new ChildJvm().run(States.class);
        assertEquals(3, result.status(), result.output());
        assertTrue(result.output().contains("before NEW"), result.output());
        assertEquals(List.of("unwound ahead", "unwound closed", "unwound ended", "unwound failing", "unwound longs",
                "unwound shared"), unwound(result), result.output());
    }

    /** One body suspends while the hook waits, the other is the one that has called exit. */
    public static final class Running {

        private Running() {}

        /** Ends within a body. */
        public static void main(String[] arguments) throws InterruptedException {
            CountDownLatch runs = new CountDownLatch(1);
            Thread hookStarted = new Thread(runs::countDown);
            Generator<Void, Integer> suspends = Generator.builder().closedAtShutdown().build(yielder -> {
                try {
                    yielder.suspend(1);
                    runs.await(); // until the virtual machine shuts down
                    yielder.suspend(2);
                    yielder.suspend(3);
                } finally {
                    System.out.println("unwound suspends");
                }
            });
            suspends.resume();
            Runtime.getRuntime().addShutdownHook(hookStarted);
            Thread.ofPlatform().daemon().start(suspends::resume);
            while (suspends.state() != Generator.State.RUNNING) {
                Thread.sleep(1);
            }
            Generator<Void, Integer> exits = Generator.builder().closedAtShutdown().build(yielder -> {
                try {
                    System.exit(4);
                } finally {
                    System.out.println("unwound exits");
                }
            });
            exits.resume();
        }
    }

    @Test
    void bodiesThatRunAreWaitedForAWhile() throws Exception {
        ChildJvm.Result result = new ChildJvm().run(Running.class);
        for (int i = 0; i < 3 && result.output().contains("2 generator(s) were to be closed"); i++) {
            result = new ChildJvm().run(Running.class); // on a busy machine the body had no processor for so long
        }
        assertEquals(4, result.status(), result.output());
        assertEquals(List.of("unwound suspends"), unwound(result), result.output());
    }

    /** The hook goes when there is nothing left to close, and comes again. */
    public static final class Again {

        private Again() {}

        /** Ends by the end of main. */
        public static void main(String[] arguments) throws InterruptedException {
            make(Generator.builder().closedAtShutdown(), "first").forEach(value -> { });
            System.out.println("shut down " + Generators.shutDown(Duration.ofSeconds(20)));
            make(Generator.builder().closedAtShutdown(), "second").resume();
        }
    }

    @Test
    void theHookIsRemovedAndAddedAgain() throws Exception {
        ChildJvm.Result result = new ChildJvm().run(Again.class);
        assertEquals(0, result.status(), result.output());
        assertTrue(result.output().contains("shut down true"), result.output());
        assertEquals(List.of("unwound first", "unwound second"), unwound(result), result.output());
    }

    /** A stack of the program's is what keeps the library, until it is closed or has become unreachable. */
    public static final class Stacks {

        private Stacks() {}

        /** Ends by the end of main. */
        public static void main(String[] arguments) throws InterruptedException {
            try (OsStack stack = OsStack.ofSize(1)) {
                System.out.println("open: " + Generators.shutDown(Duration.ofMillis(100)));
                System.out.println(stack.base() > stack.limit());
            }
            NativeGenerator unwrapped = NativeGenerator.builder().stack(OsStack.ofSize(64 * 1024))
                    .build(Linker.nativeLinker().defaultLookup().findOrThrow("getpid"));
            unwrapped.resume(0);
            ((OsStack) unwrapped.unwrap()).close();
            System.out.println("closed: " + Generators.shutDown(Duration.ofSeconds(20)));
            Reference<OsStack> forgotten = new WeakReference<>(OsStack.ofSize(1));
            while (!forgotten.refersTo(null)) {
                System.gc();
            }
            Reference.reachabilityFence(unwrapped);
            System.out.println("forgotten: " + Generators.shutDown(Duration.ofSeconds(20)));
            System.out.println("threads: " + Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("fringe-")).count());
        }
    }

    @Test
    void whatTheProgramHasNotClosedIsLeft() throws Exception {
        ChildJvm.Result result = new ChildJvm().run(Stacks.class);
        assertEquals(0, result.status(), result.output());
        assertEquals(List.of("open: false", "true", "closed: true", "forgotten: true", "threads: 0"),
                result.output().lines().toList());
    }
}
