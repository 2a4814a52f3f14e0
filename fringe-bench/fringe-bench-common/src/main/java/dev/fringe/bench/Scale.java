// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;

/**
 * Many that wait, each a few frames deep: what they cost while they do. Run in a virtual machine of its
 * own by {@link ScaleRuns}, which reads what is printed, and the log of the collector in between.
 */
public final class Scale {

    static final String MEMORY = "memory";
    static final String COLD = "cold";
    static final String FULL = "full";
    static final String FIRST_CLOSE = "first close";
    static final String CLOSE = "close";
    static final String YOUNG_FROM = "young from";
    static final String YOUNG_TO = "young to";

    private static final ContinuationScope SCOPE = new ContinuationScope("scale");
    private static final int DEPTH = 10;
    private static final int YOUNG_BYTES = 1 << 30;
    private static final int WARM_UP = 4;
    private static final int MOST_WARM = 30_000;

    private static final List<Generator<Object, Object>> GENERATORS = new ArrayList<>();

    private static volatile Object sink;

    private Scale() {}

    /** Arguments: what, how many. */
    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[1]);
        List<Runnable> all = new ArrayList<>(count);
        make(arguments[0]).run(); // what is made once is not counted
        System.gc();
        long before = resident();
        for (int i = 0; i < count; i++) {
            Runnable one = make(arguments[0]);
            one.run();
            all.add(one);
        }
        System.gc(); // what was needed to make them is not theirs
        Thread.sleep(100);
        print(MEMORY, (resident() - before) / 1024.0 / count);
        all.forEach(Runnable::run); // compiles, and the first touch of memory is not what "cold" means
        long start = System.nanoTime();
        all.forEach(Runnable::run);
        print(COLD, (double) (System.nanoTime() - start) / count);
        start = System.nanoTime();
        System.gc();
        print(FULL, (System.nanoTime() - start) / 1e6);
        print(YOUNG_FROM, 0);
        for (int bytes = 0; bytes < YOUNG_BYTES; bytes += 1 << 13) {
            sink = new byte[1 << 13];
        }
        Thread.sleep(200); // a collector that works beside us may still have a pause to make
        print(YOUNG_TO, 0);
        if (!GENERATORS.isEmpty()) {
            print(FIRST_CLOSE, closeAll());
            double last = Double.NaN;
            for (int i = 0; i < WARM_UP && count <= MOST_WARM; i++) { // unwinding is a path that has not been gone before
                for (int k = 0; k < count; k++) {
                    make(arguments[0]).run();
                }
                last = closeAll();
            }
            if (!Double.isNaN(last)) {
                print(CLOSE, last);
            }
        }
        Runtime.getRuntime().halt(0);
    }

    /** Closes all, and returns how many milliseconds that took. */
    private static double closeAll() {
        long start = System.nanoTime();
        GENERATORS.forEach(Generator::close);
        double took = (System.nanoTime() - start) / 1e6;
        GENERATORS.clear();
        return took;
    }

    private static void print(String what, double value) {
        System.out.println("scale " + what + " = " + value);
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("no VmRSS in /proc/self/status");
    }

    /** Something that runs up to its next suspension each time. */
    private static Runnable make(String kind) {
        switch (kind) {
            case "fringe", Plan.PORTABLE -> {
                Generator<Object, Object> generator = Generator.of((yielder, input) ->
                        Bodies.echo(yielder::suspend, kind, DEPTH, Long.MAX_VALUE));
                GENERATORS.add(generator);
                return () -> sink = generator.resume(kind);
            }
            case "continuation" -> {
                Continuation continuation = new Continuation(SCOPE, () -> Bodies.echo(value -> {
                    Continuation.yield(SCOPE);
                    return value;
                }, kind, DEPTH, Long.MAX_VALUE));
                return continuation::run;
            }
            case "virtual thread" -> {
                Handoff handoff = new Handoff.ByPark();
                handoff.start(Thread.ofVirtual(), DEPTH, Long.MAX_VALUE);
                while (!handoff.ready()) {
                    LockSupport.parkNanos(1000);
                }
                return () -> sink = handoff.exchange(kind);
            }
            default -> throw new IllegalArgumentException(kind);
        }
    }
}
