// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import dev.fringe.spi.Assembly;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The word that the kernel clears, and whose waiters it wakes, when a thread has ended: what {@code pthread_join}
 * waits for. In glibc until 2.41 it is the {@linkplain TidSlot tid slot}, in 2.43 another word of the control
 * block, in musl one word for all threads.
 *
 * <p>Most kernels tell it. Where one does not (qemu's user mode, or a seccomp profile that forbids the question),
 * it is found by looking at what the kernel does. Three threads are made that do the same and end at once, as
 * kernel threads only; the kernel is let clear the word of the second. It is the one that then differs.
 *
 * @param value its offset from the thread pointer, or its address if it is shared
 * @param shared whether it is one word for all threads
 */
public record ExitWord(long value, boolean shared) {

    private static final int FLAG_SHARED = 2;
    private static final int FLAG_CLEAR = 4;
    private static final int FRINGE_READY = 1;
    private static final int WORD = (int) Libc.WORD.byteSize();
    private static final long CONTEXT_SIZE = 64;
    private static final long TP = WORD;
    private static final long ENTRY = 5 * WORD;
    private static final long JOIN_MILLIS = 1000;
    private static final long STACK_SIZE = 256 << 10;
    /** A busy machine may run anything else between the last store of a kernel thread and its end. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(10);

    /**
     * The threads that are looked at; the second is the one that the kernel is let clear. They stay when the word
     * is not found: then they can't be ended, so that they are not made again if it is tried again.
     */
    private static final Alike[] ALIKE = new Alike[3];

    /** Tells the assembly; returns whether an instruction sets the thread pointer. */
    public interface Configuration {
        boolean tell(long exitWord, int flags);
    }

    /** A thread, without a kernel thread, that has done nothing. */
    private record Alike(long memory, long context, long pthread) {

        long threadPointer() {
            return Libc.getWord(context + TP);
        }

        /** A 32-bit word at an offset from the thread pointer; 0 if that is not in the thread's own memory. */
        int at(long offset) {
            long address = threadPointer() + offset;
            return address >= memory && address < context ? Libc.getInt(address) : 0;
        }
    }

    /** What {@code fringe_configure} is told as its flags. */
    public int flags() {
        return shared ? FLAG_SHARED : 0;
    }

    /** What the kernel told two threads, or null if it does not tell. */
    public static ExitWord told(TidSlot.Look one, TidSlot.Look other) {
        if (one.told() == 0 || other.told() == 0) {
            return null;
        }
        if (one.told() == other.told()) {
            return new ExitWord(one.told(), true);
        }
        long offset = one.told() - one.threadPointer();
        if (other.told() - other.threadPointer() != offset) {
            throw new UnsupportedOperationException("the words that the kernel clears when threads end are at"
                    + " different places in two threads (" + offset + " and " + (other.told() - other.threadPointer())
                    + " from the thread pointer); Fringe works with glibc and musl");
        }
        return new ExitWord(offset, false);
    }

    /** What is found by looking. The assembly must have been told the tid slot and the bystander. */
    public static ExitWord observe(Assembly assembly, Configuration configuration) {
        for (int i = 0; i < ALIKE.length; i++) {
            if (ALIKE[i] == null) {
                configuration.tell(0, i == 1 ? FLAG_CLEAR : 0);
                ALIKE[i] = start(assembly);
            }
        }
        boolean above = TidSlot.isControlBlockAbove(ALIKE[0].threadPointer());
        Set<Long> found = Set.of();
        for (long start = System.nanoTime(); found.isEmpty() && System.nanoTime() - start < PATIENCE; ) {
            LockSupport.parkNanos(100_000);
            found = differences(above);
        }
        if (found.size() != 1) {
            throw new UnsupportedOperationException("can't find which word the kernel clears when a thread ends: it"
                    + " does not answer PR_GET_TID_ADDRESS (perhaps a seccomp profile forbids that), and what differs"
                    + " in a thread that has ended are the offsets " + found + " from the thread pointer, not one;"
                    + " allow that question, or use glibc");
        }
        long offset = found.iterator().next();
        Libc.putInt(ALIKE[1].threadPointer() + offset, ALIKE[0].at(offset));
        configuration.tell(offset, 0);
        for (int i = 0; i < ALIKE.length; i++) {
            end(ALIKE[i], assembly);
        }
        return new ExitWord(offset, false);
    }

    /** The offsets, on the control block's side, at which the second alone has a 0. */
    private static Set<Long> differences(boolean above) {
        Set<Long> found = new TreeSet<>();
        long from = above ? 0 : -TidSlot.REACH;
        for (long offset = from; offset < from + TidSlot.REACH; offset += 4) {
            // The second is between the others in the C library's list as well: what links it there is not 0 either.
            if (ALIKE[1].at(offset) == 0 && ALIKE[0].at(offset) != 0 && ALIKE[2].at(offset) != 0) {
                found.add(offset);
            }
        }
        return found;
    }

    private static Alike start(Assembly assembly) {
        long memory = Libc.mapStack(STACK_SIZE);
        long context = memory + STACK_SIZE - CONTEXT_SIZE;
        Libc.putWord(context + ENTRY, assembly.dematerialiseAddress().address());
        int failed = Libc.startThread(memory, context - memory, assembly.entry(), context);
        if (failed != 0) {
            Libc.unmap(memory, STACK_SIZE + Libc.PAGE_SIZE);
            throw new OutOfMemoryError(Libc.explainNoThread(new Libc.Failure(failed)));
        }
        long pthread = Libc.started();
        int ready = (int) NativeCall.call(assembly.await(), context);
        assert ready == FRINGE_READY : ready; // there is no virtual machine to attach to, so nothing can fail
        return new Alike(memory, context, pthread);
    }

    /** Ends one that the C library takes for a running thread. If there can be no kernel thread, it just stays. */
    private static void end(Alike alike, Assembly assembly) {
        if ((int) NativeCall.call(assembly.materialise(), alike.context) == 0) {
            while (!Libc.join(alike.pthread, JOIN_MILLIS)) {
                Thread.onSpinWait();
            }
            Libc.unmap(alike.memory, STACK_SIZE + Libc.PAGE_SIZE);
        }
    }

    @Override
    public String toString() {
        return shared ? "one for all threads, at 0x" + Long.toHexString(value)
                : TidSlot.describe(value);
    }
}
