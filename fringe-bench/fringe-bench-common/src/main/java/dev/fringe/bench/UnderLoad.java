// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The round trip while another thread allocates 1 GB in each second. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
public class UnderLoad {

    private static final int PIECE = 1 << 10;
    private static final int PIECES = 1 << 10;
    private static final long PERIOD = TimeUnit.SECONDS.toNanos(1) / 1000;

    /** Calls between the body and its suspend, for both peers. */
    @Param("0")
    public int depth;

    private final RoundTrip.OfFringe fringe = new RoundTrip.OfFringe();
    private final RoundTrip.OfContinuation continuation = new RoundTrip.OfContinuation();
    private final RoundTrip roundTrip = new RoundTrip();
    private volatile boolean stop;
    private volatile byte[] last;
    private Thread load;

    /** Starts the load. */
    @Setup
    public void setUp() {
        fringe.setUp();
        continuation.setUp();
        load = Thread.ofPlatform().daemon().start(() -> {
            for (long next = System.nanoTime(); !stop; next += PERIOD) {
                for (int i = 0; i < PIECES; i++) {
                    last = new byte[PIECE];
                }
                LockSupport.parkNanos(next + PERIOD - System.nanoTime());
            }
        });
    }

    /** Ends the load. */
    @TearDown
    public void tearDown() throws InterruptedException {
        stop = true;
        load.join();
    }

    /** A generator. */
    @Benchmark
    public Object fringe() {
        return roundTrip.fringe(fringe);
    }

    /** The JDK's continuation. */
    @Benchmark
    public Object continuation() {
        return roundTrip.continuation(continuation);
    }
}
