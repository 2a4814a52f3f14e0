// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.internal.settings.Settings;
import dev.fringe.internal.support.Log;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.ProcMem;

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
 * thread. While it is searched, memory is read as a file, which fails where there is none. Whatever is not
 * exactly as expected leaves everything as it is.
 *
 * @param key under which a thread has the address of its {@code Thread}
 * @param osThread where in that the address of the {@code OSThread} is
 * @param kernelId where in that the kernel's id is
 * @param libraryId where in that the {@code pthread_t} is
 */
public record KernelThreadIds(int key, long osThread, long kernelId, long libraryId) {

    private static final int KEYS = 1024;

    /** Null if it can't be done. */
    public static KernelThreadIds find() {
        if (!Settings.flag(Settings.KERNEL_THREAD_IDS, true)) {
            return null;
        }
        try {
            VmStructs tables = VmStructs.get();
            long osThread = tables.offset("Thread", "_osthread");
            long kernelId = tables.offset("OSThread", "_thread_id");
            long libraryId = tables.offset("OSThread", "_pthread_id");
            try (ProcMem memory = ProcMem.open()) {
                for (int key = 0; key < KEYS; key++) {
                    KernelThreadIds ids = new KernelThreadIds(key, osThread, kernelId, libraryId);
                    if (ids.isRecord(memory, ids.current(), Libc.self(), Libc.gettid())) {
                        return ids;
                    }
                }
            }
            return unavailable(null);
        } catch (RuntimeException | LinkageError e) { // another virtual machine, or another C library
            return unavailable(e);
        }
    }

    private static KernelThreadIds unavailable(Throwable reason) {
        Log.debug("can't tell where this virtual machine notes the kernel thread of a Java thread, so flight recorder"
                        + " takes no CPU-time samples of generators", reason);
        return null;
    }

    /** The address of the calling thread's {@code Thread}, unless it is something else. */
    public long current() {
        return Libc.specific(key);
    }

    /** Whether the calling thread runs on the kernel thread that is noted for it, which may be noted wrongly. */
    public boolean areRight() {
        return Libc.getInt(Libc.getWord(current() + osThread) + kernelId) == Libc.gettid();
    }

    /** Whether there is a record at an address, which may be anything, with both ids. */
    private boolean isRecord(ProcMem memory, long thread, long library, int kernel) {
        long record = thread == 0 ? 0 : memory.word(thread + osThread);
        return record != 0 && memory.word(record + libraryId) == library
                && memory.number(record + kernelId) == kernel;
    }

    /**
     * Notes another kernel thread for a Java thread, which must be alive.
     *
     * @param thread what {@link #current} has told on it
     * @param library its {@code pthread_t}
     * @param was the kernel thread that is noted now; if it is not, nothing happens
     * @param is the kernel thread to note
     */
    public void replace(long thread, long library, int was, int is) {
        long record = Libc.getWord(thread + osThread);
        if (Libc.getWord(record + libraryId) == library && Libc.getInt(record + kernelId) == was) {
            Libc.putInt(record + kernelId, is);
        }
    }
}
