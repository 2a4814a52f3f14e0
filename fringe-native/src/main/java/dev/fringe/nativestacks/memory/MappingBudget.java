// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.internal.support.BargingLock;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.ProcMaps;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps the process away from {@code vm.max_map_count}. Each generator's stack takes two mappings (the
 * stack and the guard pages), and a virtual machine that gets no mapping when it wants one stops. So
 * some are kept for it, and a stack that would take from those is refused.
 *
 * <p>An {@link dev.fringe.OsStack} is counted from when it is mapped: its guard page and the virtual
 * machine's guard pages above it are one mapping. Other memory is counted while a generator uses it,
 * because the guard pages split it.
 */
public final class MappingBudget {

    private static final Path MAXIMUM = Path.of("/proc/sys/vm/max_map_count");
    private static final int MAPPINGS_PER_STACK = 2;
    /** Mappings that the VM may yet want: heap growth, code cache, threads, libraries. */
    private static final int RESERVE = 4096;
    /** No more stacks than this are made between two looks at what the rest of the process uses. */
    private static final int RECOUNT = 1024;
    /** And no fewer: to look takes a hundredth of what as many births take, or less if there are few mappings. */
    private static final int RECOUNT_LEAST = 16;
    /** The share of what is left that stacks may take between two looks. */
    private static final int CAUTION = 8;
    /** What others map meanwhile shows after this time, or after so many times what looking takes. */
    private static final long STALE_NANOS = 500_000_000;
    private static final long STALE_TIMES = 50;

    /** What a program has mapped if it can't be counted. */
    private static final int UNCOUNTED = 1024;

    private static final int MAX_MAP_COUNT = readMaximum();
    private static final BargingLock LOCK = new BargingLock();
    private static final AtomicInteger STACKS = new AtomicInteger();
    /** The mappings that were not those of stacks at the last look; -1 before the first. */
    private static volatile int others = -1;
    /** When to look again: so many stacks, or the time. */
    private static volatile int nextStacks;
    private static volatile long nextNanos;
    /** Whose stacks are not refused: the bystander, while it tries out what it will do. There is one at a time. */
    private static volatile Thread borrower;

    private MappingBudget() {}

    /**
     * Counts one more stack.
     *
     * @throws OutOfMemoryError if there would be too many mappings
     */
    public static void acquire() {
        if (others < 0 || STACKS.get() >= nextStacks || System.nanoTime() - nextNanos >= 0) {
            look();
        }
        int stacks = STACKS.incrementAndGet();
        long wanted = (long) stacks * MAPPINGS_PER_STACK + others + RESERVE;
        if (wanted > MAX_MAP_COUNT && Thread.currentThread() != borrower) {
            STACKS.decrementAndGet();
            throw new OutOfMemoryError("too many generators: " + (stacks - 1) + " stacks exist, each of which takes "
                    + MAPPINGS_PER_STACK + " memory mappings, the rest of the process uses about " + others
                    + " and " + RESERVE + " are kept for the virtual machine, but vm.max_map_count allows "
                    + MAX_MAP_COUNT + " in all; close generators that are not needed, or raise the limit: sysctl"
                    + " vm.max_map_count=" + Math.max(262_144L, 4L * MAX_MAP_COUNT));
        }
    }

    public static void release() {
        STACKS.decrementAndGet();
    }

    /** Undoes {@link #release}. */
    static void keep() {
        STACKS.incrementAndGet();
    }

    /**
     * Lets the calling thread make stacks beyond what there may be: the library's own, for a moment, whose mappings are
     * taken of those that are kept for the virtual machine. To be undone by {@link #takeBack}.
     */
    public static void lend() {
        borrower = Thread.currentThread();
    }

    /** Undoes {@link #lend}. */
    public static void takeBack() {
        borrower = null;
    }

    /**
     * How many more stacks there may be, with what is mapped now, as far as mappings decide.
     *
     * @return the number, or -1 if the kernel does not tell its limit
     * @throws IllegalStateException if the kernel does not tell what is mapped
     */
    public static long left() {
        return MAX_MAP_COUNT == Integer.MAX_VALUE ? -1
                : Math.max(0, (MAX_MAP_COUNT - RESERVE - ProcMaps.all().size()) / MAPPINGS_PER_STACK);
    }

    public static String explainNoMapping(long size, Libc.Failure failure) {
        return "can't map " + size + " bytes for a generator's stack: " + failure
                + (failure.errno() == Libc.ENOMEM ? "; the process is out of address space (ulimit -v) or data"
                        + " (ulimit -d; some of both is kept for the virtual machine), of memory"
                        + " (vm.overcommit_memory) or of mappings (vm.max_map_count is " + MAX_MAP_COUNT + ")" : "");
    }

    private static int readMaximum() {
        try (BufferedReader in = Files.newBufferedReader(MAXIMUM)) { // such files are read at once or not at all
            return Integer.parseInt(in.readLine().strip());
        } catch (IOException | RuntimeException e) {
            return Integer.MAX_VALUE; // not told, so mmap and mprotect will have to say it
        }
    }

    /**
     * Counts what is mapped. The kernel tells no number, but writes a list of all mappings, so this is done the more
     * seldom the more is left, and the longer it takes.
     */
    private static void look() {
        if (others < 0) {
            LOCK.lock();
        } else if (!LOCK.tryLock()) {
            return; // another thread looks; what was true will do meanwhile
        }
        try {
            lookUnlessDone();
        } finally {
            LOCK.held = 0;
        }
    }

    private static void lookUnlessDone() {
        int stacks = STACKS.get();
        long begun = System.nanoTime();
        if (others >= 0 && stacks < nextStacks && begun - nextNanos < 0) {
            return; // another thread has looked meanwhile
        }
        try {
            others = Math.max(0, ProcMaps.count() - stacks * MAPPINGS_PER_STACK);
        } catch (IllegalStateException e) { // not told; so mmap and mprotect will have to say it
            others = 0;
        } catch (OutOfMemoryError e) { // of the heap: what was true will do, or a guess
            others = Math.max(others, UNCOUNTED);
        }
        long left = MAX_MAP_COUNT - RESERVE - others - (long) stacks * MAPPINGS_PER_STACK;
        nextStacks = stacks + Math.clamp(left / MAPPINGS_PER_STACK / CAUTION, RECOUNT_LEAST, RECOUNT);
        long now = System.nanoTime();
        nextNanos = now + Math.max(STALE_NANOS, STALE_TIMES * (now - begun));
    }
}
