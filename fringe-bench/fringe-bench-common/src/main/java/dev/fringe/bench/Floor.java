// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/**
 * What a round trip can't be cheaper than. It consists of two downcalls that are not critical, and in
 * them of one pair of native switches, of the way that the generator is switched; the floor is the sum of the
 * two, each measured alone.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Floor {

    private static final int MANY = 1000;

    /** One downcall, as the switches are called. */
    @Benchmark
    public void downcall() throws Throwable {
        Natives.EMPTY.invokeExact(0L, 0L, 0L);
    }

    /** One critical downcall: what it would be without the transition, which Java bodies need. */
    @Benchmark
    public void downcallCritical() throws Throwable {
        Natives.EMPTY_CRITICAL.invokeExact(0L, 0L, 0L);
    }

    /** fringe_swap there and back. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long swapPairBare() throws Throwable {
        return (long) Natives.BARE.invokeExact((long) MANY);
    }

    /** fringe_resume and fringe_suspend, as a shared generator is switched: with the thread pointer. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void swapPairThreadPointer() throws Throwable {
        Natives.HOSTED.invokeExact((long) MANY);
    }

    /** The same, as a confined generator is switched on this machine: by words, if that can be. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void swapPairConfined() throws Throwable {
        Natives.CONFINED.invokeExact((long) MANY);
    }
}
