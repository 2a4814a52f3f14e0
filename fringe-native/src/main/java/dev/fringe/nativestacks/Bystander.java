// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.internal.support.BargingLock;
import dev.fringe.internal.support.Daemons;
import dev.fringe.internal.support.FreeHeap;
import dev.fringe.internal.support.LoaderLocks;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.NativeCall;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackRange;
import dev.fringe.nativestacks.memory.StackRequirements;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The bystander, and what it does with its time. It is the kernel thread whose id stands in the tid slot of
 * suspended generators, so it has to live as long as there is a stack with a thread, and to be attached to the
 * virtual machine. It makes and ends those threads on behalf of their owners, and looks after idle stacks.
 *
 * <p>It is started when the first stack is made, and ends some seconds after the last is gone, so that it
 * keeps nothing alive: the class loader of the library can be unloaded then. Another one is started when it is
 * wanted again.
 *
 * <p>It may be interrupted, joined or suspended like any thread; the interrupt status means nothing to it. It
 * runs no code of others (what {@linkplain dev.fringe.spi.StackObserver observers} do it leaves to other threads, and
 * goes on with a stack when they have done it), and takes no lock that is held while such code runs.
 */
final class Bystander implements Runnable {

    /** How long it stays when there is nothing left. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int SIGPROF = 27;
    /** More calls of a method handle than the virtual machine counts before it makes a variant of it, which takes memory. */
    private static final int REHEARSALS = 200;
    /** In each such period, a stack that is resumed gives back the pages that it does not need. */
    private static final long TRIM_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Guards the requests, and the bystander's coming and going. */
    private static final BargingLock LOCK = new BargingLock();
    private static Thread thread;
    /** The one that was started last; it may be about to end. */
    private static Thread latest;
    private static StackThread firstRequest;
    private static StackThread lastRequest;
    /** How many records other threads tell observers about; guarded by the lock. */
    private static int handedOver;
    /** Set by {@link #shutDown}: it ends as soon as there is nothing left. */
    private static volatile boolean hurry;

    /** Made before there is a bystander: afterwards there may be no memory for it. */
    private static final OutOfMemoryError GONE = new OutOfMemoryError(
            "the thread fringe-bystander ended before it had begun; there is hardly any memory");

    /** Whether all classes that it needs have been loaded. */
    private static volatile boolean rehearsed;

    // Written by the bystander before there is a stack, and read while there is one.
    private static volatile long entry;
    private static volatile int kernelThread;

    private final Arena arena = Arena.ofShared();
    /** Stacks that could not be ended yet. */
    private StackThread unfinished;
    private long retryNanos = RETRY_NANOS;
    private long retried;

    private Bystander() {}

    /** What the entry trampoline of a new stack calls. */
    static long entry() {
        return entry;
    }

    /** The kernel thread that stands for those that stack threads don't have. */
    static int kernelThread() {
        return kernelThread;
    }

    // ---- the side of those who want something -----------------------------------------------------

    /**
     * Has a stack thread made, or ended if it lives, and waits for it. If this throws, nothing has happened.
     *
     * @return the answer, such as {@link StackThread#DONE}
     */
    static int perform(StackThread record) {
        if (!rehearsed) {
            LoaderLocks.requireNoneHeld(Bystander.class.getClassLoader());
        }
        Thread owner = Thread.currentThread();
        Thread bystander;
        LOCK.lock();
        try {
            if (thread == owner) { // it has found an idle stack, or a lost one
                bystander = null;
            } else {
                if (thread == null) {
                    start();
                }
                bystander = thread;
                enqueue(record);
            }
            record.ask(bystander == null ? null : owner);
        } finally {
            LOCK.held = 0;
        }
        if (bystander == null) {
            return serveOwn(record);
        }
        try {
            LockSupport.unpark(bystander);
        } catch (Throwable t) { // no room; the bystander looks from time to time
            return record.await(bystander);
        }
        return record.await(bystander);
    }

    /**
     * Called by one who waits for a bystander that lives no more. What it has been asked for is refused; the next
     * request finds another one.
     */
    static void outlive(Thread bystander) {
        LOCK.lock();
        try {
            if (thread != bystander) {
                return; // it has left in order, and has answered before
            }
            refuse(takeAll(), GONE);
            forget();
        } finally {
            LOCK.held = 0;
        }
    }

    /** Has the bystander look whether pools have more stacks than they are to keep. */
    static void wake() {
        Thread bystander;
        LOCK.lock();
        try {
            bystander = thread;
        } finally {
            LOCK.held = 0;
        }
        LockSupport.unpark(bystander);
    }

    /** Called under the lock. */
    private static void enqueue(StackThread record) {
        if (!record.isRequested) {
            record.isRequested = true;
            if (lastRequest == null) {
                firstRequest = record;
            } else {
                lastRequest.nextRequest = record;
            }
            lastRequest = record;
        }
    }

    /** The bystander leaves a record to another thread, for some time; it does not end meanwhile. */
    static void handOver() {
        LOCK.lock();
        try {
            handedOver++;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Undoes {@link #handOver}. */
    static void takeBack() {
        LOCK.lock();
        try {
            handedOver--;
        } finally {
            LOCK.held = 0;
        }
    }

    /** Has the bystander go on with a record that has been left to the calling thread. */
    static void goOn(StackThread record) {
        Thread bystander;
        LOCK.lock();
        try {
            handedOver--;
            enqueue(record);
            bystander = thread;
        } finally {
            LOCK.held = 0;
        }
        LockSupport.unpark(bystander);
    }

    /**
     * Has the bystander free what is idle, and end as soon as there is nothing left.
     *
     * @param deadline until when this waits for it, by {@link System#nanoTime}
     * @return whether it has ended
     */
    static boolean shutDown(long deadline) throws InterruptedException {
        Thread bystander;
        LOCK.lock();
        try {
            bystander = latest;
        } finally {
            LOCK.held = 0;
        }
        try {
            while (bystander != null && bystander.isAlive()) {
                hurry = true; // another caller may have lost its patience
                LockSupport.unpark(bystander);
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedJoin(bystander, Math.min(left, RETRY_NANOS));
            }
            return true;
        } finally {
            hurry = false;
        }
    }

    private static int serveOwn(StackThread record) {
        Bystander self = current;
        int answer = self.serve(record);
        return answer == StackThread.OBSERVED ? StackThread.LATER : answer;
    }

    /** Of the bystander itself. */
    private static Bystander current;

    /** Called under the lock. */
    private static void start() {
        Bystander next = new Bystander();
        Thread bystander = Daemons.unstarted("fringe-bystander", next);
        bystander.start();
        thread = bystander;
        latest = bystander;
        current = next;
    }

    // ---- the side of the bystander ------------------------------------------------------------------

    @Override
    public void run() {
        Throwable problem = null;
        try {
            awaken();
        } catch (Throwable t) { // out of memory, most likely
            problem = t;
        }
        boolean ended = problem != null;
        while (!ended) {
            try {
                work();
                ended = true;
            } catch (Throwable t) { // no memory; there may be stacks, which need it
                Thread.onSpinWait();
            }
        }
        leave(problem);
    }

    /** Whatever may fail is done here, before there is a stack. */
    private void awaken() {
        NativeRuntime runtime = NativeRuntime.get();
        kernelThread = Libc.gettid();
        if (runtime.kernelThreadIds != null) {
            Libc.block(SIGPROF);
        }
        runtime.adopt(kernelThread);
        FreeHeap.require(FreeHeap.TO_START);
        MemorySegment stub = StackThread.entryStub(arena);
        rehearse(stub);
        entry = stub.address();
        UpcallDetector.tryOut(runtime.kernelThreadIds);
        rehearse();
        rehearsed = true;
    }

    /** Calls the stub from this thread, which does nothing but link what it calls. */
    private static void rehearse(MemorySegment stub) {
        for (int i = 0; i < REHEARSALS; i++) {
            NativeCall.call(stub, 0);
        }
    }

    /**
     * One life of a stack, without a body: whatever a later one calls has been linked then, while there was memory
     * for it. A call that can't be linked would be an error where there must be none.
     */
    private static void rehearse() {
        MappingBudget.lend(); // a program that has used up all may go on with the stacks that it has
        try (OsStack stack = OsStack.ofSize(StackRequirements.MINIMUM)) {
            NativeFlow flow = new NativeFlow(stack, StackRange.of(stack), null);
            int born = flow.perform();
            while (born == StackThread.OBSERVED || born == StackThread.LATER) {
                LockSupport.parkNanos(RETRY_NANOS / 50);
                born = flow.perform();
            }
            if (born != StackThread.DONE) {
                throw flow.problem();
            }
            flow.rehearse(REHEARSALS);
            flow.ask(null);
            while (flow.perform() != StackThread.DONE) { // no kernel thread, or no memory
                LockSupport.parkNanos(RETRY_NANOS / 50);
            }
        } finally {
            MappingBudget.takeBack();
        }
    }

    private void work() {
        long tidied = System.nanoTime();
        long used = tidied;
        long period = tidied;
        while (true) {
            serveAll();
            long now = System.nanoTime();
            boolean empty = NativeFlow.none() && unfinished == null;
            if (!empty) {
                used = now;
            } else if (mayLeave(now - used)) {
                return;
            }
            if (now - period >= TRIM_NANOS) {
                period = now;
                NativeFlow.beginPeriod();
            }
            boolean more = false;
            try {
                long idle = hurry ? -1 : StackPool.IDLE_NANOS;
                if (now - tidied >= StackPool.period() || hurry) {
                    tidied = now;
                    StackPool.tidy(idle);
                }
                more = StackPool.endSurplus(idle);
                retry(now);
            } catch (Throwable t) { // out of memory, most likely; the next round may do better
                tidied = now;
            }
            if (!more && !hasRequest()) {
                park(empty ? LINGER_NANOS : StackPool.period());
            }
        }
    }

    private void park(long nanos) {
        LockSupport.parkNanos(unfinished == null ? nanos : Math.min(nanos, retryNanos));
        Thread.interrupted(); // or it would not park again
    }

    private static boolean hasRequest() {
        LOCK.lock();
        try {
            return firstRequest != null;
        } finally {
            LOCK.held = 0;
        }
    }

    private static StackThread takeRequest() {
        LOCK.lock();
        try {
            StackThread first = firstRequest;
            if (first != null) {
                firstRequest = first.nextRequest;
                if (firstRequest == null) {
                    lastRequest = null;
                }
                first.nextRequest = null;
                first.isRequested = false;
            }
            return first;
        } finally {
            LOCK.held = 0;
        }
    }

    private void serveAll() {
        for (StackThread next = takeRequest(); next != null; next = takeRequest()) {
            serve(next);
        }
    }

    /** Does what is asked for, and tells who has asked, unless it is left to another thread. Throws nothing. */
    private int serve(StackThread record) {
        int answer = record.perform();
        if (answer == StackThread.OBSERVED) {
            return answer;
        }
        if (answer == StackThread.LATER && !record.isUnfinished) {
            record.isUnfinished = true;
            record.nextUnfinished = unfinished;
            unfinished = record;
            retryNanos = RETRY_NANOS;
        }
        record.answer(answer);
        return answer;
    }

    /**
     * Ends several idle stacks. Their threads go to their ends at the same time, on as many processors as there are.
     * Called by the bystander.
     */
    static void end(StackThread[] records, int count) {
        LOCK.lock();
        try {
            for (int i = 0; i < count; i++) {
                records[i].ask(null);
            }
        } finally {
            LOCK.held = 0;
        }
        for (int i = 0; i < count; i++) {
            records[i].tryToDepart();
        }
        for (int i = 0; i < count; i++) {
            current.serve(records[i]);
        }
    }

    /** Goes on with what has not been finished; ever more seldom, while nothing comes of it. */
    private void retry(long now) {
        if (unfinished == null || now - retried < retryNanos) {
            return;
        }
        retried = now;
        boolean progress = false;
        StackThread previous = null;
        for (StackThread record = unfinished; record != null; record = record.nextUnfinished) {
            if (record.phase() == StackThread.GONE
                    || isFinished(record.perform()) && record.phase() != StackThread.LIVE) {
                progress = true;
                record.isUnfinished = false;
                if (previous == null) {
                    unfinished = record.nextUnfinished;
                } else {
                    previous.nextUnfinished = record.nextUnfinished;
                }
            } else {
                previous = record;
            }
        }
        retryNanos = progress ? RETRY_NANOS : Math.min(2 * retryNanos, StackPool.period());
    }

    private static boolean isFinished(int answer) {
        return answer != StackThread.LATER && answer != StackThread.OBSERVED;
    }

    /** Whether it is the bystander no more. */
    private static boolean mayLeave(long idle) {
        LOCK.lock();
        try {
            if (firstRequest != null || handedOver > 0 || idle < LINGER_NANOS && !hurry) {
                return false;
            }
            forget();
            return true;
        } finally {
            LOCK.held = 0;
        }
    }

    private static void forget() {
        thread = null;
        current = null;
        hurry = false;
    }

    /** The end. What has been asked for in vain is refused. */
    private void leave(Throwable problem) {
        StackThread refused = null;
        if (problem != null) {
            LOCK.lock();
            try {
                refused = takeAll();
                forget();
            } finally {
                LOCK.held = 0;
            }
        }
        refuse(refused, problem);
        try {
            arena.close();
        } catch (Throwable t) { // no memory: the stub is lost
            return;
        }
    }

    /** All that is asked for. Called under the lock. */
    private static StackThread takeAll() {
        StackThread first = firstRequest;
        firstRequest = null;
        lastRequest = null;
        return first;
    }

    private static void refuse(StackThread first, Throwable problem) {
        StackThread refused = first;
        while (refused != null) {
            StackThread next = refused.nextRequest;
            refused.nextRequest = null;
            refused.isRequested = false;
            refused.refuse(problem);
            refused = next;
        }
    }
}
