// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The round trip between two threads, so many frames deep in the one that answers. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class Threads {

    private static final int MANY = 1000;
    private static final int WARM_UP = Math.min(1500, RoundTrip.WARM_UP);

    /** Calls between the answering thread's first frame and its hand-off. */
    @Param({"0", "20", "100", "1000"})
    public int depth;
    /** How the object is handed over. */
    @Param({"queue", "park"})
    public String by;
    /** What the threads are. */
    @Param({"virtual", "platform"})
    public String threads;

    private Thread.Builder builder;
    private Handoff handoff;
    private final Object value = "value";

    /** Starts the side that answers. */
    @Setup
    public void setUp() throws InterruptedException {
        boolean virtual = threads.equals("virtual");
        builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon();
        for (int i = 0; virtual && i < WARM_UP; i++) {
            Handoff warm = make();
            Thread answering = warm.start(builder, depth, 3);
            ask(warm, 3);
            answering.interrupt(); // it may wait for one more
        }
        handoff = make();
        handoff.start(builder, depth, Long.MAX_VALUE);
        while (!handoff.ready()) {
            LockSupport.parkNanos(1000);
        }
    }

    private Handoff make() {
        return by.equals("queue") ? new Handoff.ByQueue() : new Handoff.ByPark();
    }

    private void ask(Handoff to, int times) throws InterruptedException {
        builder.start(() -> {
            for (int i = 0; i < times; i++) {
                to.exchange(value);
            }
        }).join();
    }

    /** Many round trips, of which the start of the asking thread is a small part. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void handoff() throws InterruptedException {
        ask(handoff, MANY);
    }
}
