// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Corrects what HotSpot has noted about stack threads: the kernel thread that each runs on.
 *
 * <p>HotSpot notes the id when a thread is attached ({@code OSThread::_thread_id}), and a stack thread's
 * kernel thread is gone soon after; later the kernel gives its id to another thread, maybe of another
 * program. HotSpot uses the id for little: it prints it, and asks the kernel to send it the signals of the
 * timer that takes CPU-time samples. For a thread that is gone the kernel refuses that, and HotSpot
 * then keeps no samples of the Java thread, although it is others' timers that take them (the signal comes
 * to the kernel thread that runs a body, and finds the body's Java thread). So the id of the bystander is
 * put in its place, as in the tid slot. The bystander {@linkplain Libc#block blocks} the signal.
 *
 * <p>Where the note is: HotSpot keeps the address of a thread's record as a thread-specific value of the C
 * library, under a key that it does not tell, and publishes for debuggers how the record is laid out. The
 * key is that whose value, read as such a record, has the kernel's and the C library's ids of the calling
 * thread. Memory is read in a way that fails where there is none. Whatever is not exactly as expected
 * leaves everything as it is.
 *
 * @param key under which a thread has the address of its {@code Thread}
 * @param osThread where in that the address of the {@code OSThread} is
 * @param kernelId where in that the kernel's id is
 * @param libraryId where in that the {@code pthread_t} is
 */
record KernelThreadIds(int key, long osThread, long kernelId, long libraryId) {

    /** Set to false, leaves the ids alone. */
    static final String PROPERTY = "dev.fringe.kernelThreadIds";

    private static final int KEYS = 1024;
    private static final int SIGPROF = 27;

    /** To be called by the bystander; null if it can't be done. */
    static KernelThreadIds find() {
        if (!Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            VmStructs tables = VmStructs.in(arena);
            long osThread = tables.offset("Thread", "_osthread");
            long kernelId = tables.offset("OSThread", "_thread_id");
            long libraryId = tables.offset("OSThread", "_pthread_id");
            for (int key = 0; key < KEYS; key++) {
                KernelThreadIds ids = new KernelThreadIds(key, osThread, kernelId, libraryId);
                if (ids.record(ids.current(), Libc.self(), Libc.gettid()) != 0) {
                    Libc.block(SIGPROF);
                    return ids;
                }
            }
            return unavailable(null);
        } catch (RuntimeException | LinkageError e) { // another virtual machine, or another C library
            return unavailable(e);
        }
    }

    private static KernelThreadIds unavailable(Throwable reason) {
        System.getLogger("dev.fringe").log(System.Logger.Level.DEBUG,
                "can't tell where this virtual machine notes the kernel thread of a Java thread, so flight recorder"
                        + " takes no CPU-time samples of generators", reason);
        return null;
    }

    /** The address of the calling thread's {@code Thread}, unless it is something else. */
    long current() {
        return Libc.specific(key);
    }

    /** The address of the {@code OSThread}, if that has both ids; 0 otherwise. */
    private long record(long thread, long library, int kernel) {
        if (thread == 0) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(Long.BYTES, Long.BYTES);
            MemorySegment half = word.asSlice(0, Integer.BYTES);
            MemorySegment whole = word.asSlice(0, Libc.WORD.byteSize());
            if (!Libc.read(thread + osThread, whole)) {
                return 0;
            }
            long record = Libc.getWord(word.address());
            if (!Libc.read(record + libraryId, whole) || Libc.getWord(word.address()) != library
                    || !Libc.read(record + kernelId, half) || word.get(ValueLayout.JAVA_INT, 0) != kernel) {
                return 0;
            }
            return record;
        }
    }

    /**
     * Notes another kernel thread for a Java thread, which must be alive.
     *
     * @param thread what {@link #current} has told on it
     * @param library its {@code pthread_t}
     * @param was the kernel thread that is noted now; if it is not, nothing happens
     * @param is the kernel thread to note
     */
    void replace(long thread, long library, int was, int is) {
        long record = record(thread, library, was);
        if (record != 0) {
            Libc.at(record + kernelId, Integer.BYTES).set(ValueLayout.JAVA_INT, 0, is);
        }
    }
}
