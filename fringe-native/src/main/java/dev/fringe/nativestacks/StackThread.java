// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.support.FreeHeap;
import dev.fringe.nativestacks.hotspot.ExitWait;
import dev.fringe.nativestacks.hotspot.KernelThreadIds;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackObservers;
import dev.fringe.nativestacks.memory.StackRange;
import dev.fringe.nativestacks.memory.StackRequirements;
import dev.fringe.nativestacks.memory.StacksInUse;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A Java thread without a kernel thread, and how it comes and goes. It is a stack, the C library's control block at
 * its base, and a {@link Thread} that the virtual machine believes to be blocked in native code. What runs on it, and
 * how it is switched to, is a {@link NativeFlow}'s.
 *
 * <p>The memory of a stack, from its base down:
 *
 * <pre>
 *   base     struct fringe_context, aligned to 64 bytes, of which a switch touches the first 64
 *            C library: thread-local storage, control block
 *            frames: thread start, fringe_entry, enter(), the body
 *            ...
 *            the virtual machine's guard pages, at the lowest page boundary
 *   limit
 * </pre>
 *
 * <p><b>Birth and death</b> are made by the bystander (see {@link Bystander}) while the owner waits, because
 * the owner may have no room on its stack for them, and an error in the middle would leave a thread that is half
 * there. All that can be missing is asked for and allocated before the step after which there is no way back, the
 * start of a kernel thread; from then on nothing is allocated that can't be done without. {@link #phase} says how
 * far it has come. Only the bystander advances it, a step at a time, so that no step is made twice; what it could
 * not finish it goes on with later, from the same step. (What it had not begun when it ended for want of memory is
 * refused by who finds that out.)
 */
abstract class StackThread extends Flow {

    private static final long CONTEXT_SIZE = 128;
    private static final long CONTEXT_ALIGNMENT = 64;
    private static final long WORD = Libc.WORD.byteSize();
    private static final long SP = 0 * WORD;
    private static final long ENTRY = 5 * WORD;
    private static final long VM = 6 * WORD;
    private static final long READY = 8 * WORD;
    private static final int READY_TO_RESUME = 1;

    // Phases, in their order.

    /** Nothing has happened. */
    static final int UNBORN = 0;
    /** The memory is claimed, and nothing runs there. */
    private static final int CLAIMED = 1;
    /** The thread lives: bodies can run on it. */
    static final int LIVE = 2;
    /** It is to end, and no body will run on it. */
    static final int CONDEMNED = 3;
    /** It has a kernel thread of its own again, which is on its way to its end. */
    private static final int EXITING = 4;
    /** The C library and the virtual machine have forgotten it. */
    private static final int EXITED = 5;
    /** So has this class. */
    private static final int FORGOTTEN = 6;
    /** The memory is as it was, and still claimed. */
    private static final int CLEAN = 7;
    /** Nothing is left of it. */
    static final int GONE = 8;

    // What the bystander answers to the owner.

    private static final int PENDING = 0;
    /** It has been done. */
    static final int DONE = 1;
    /** It has begun and will be done, but takes long: something keeps the thread from its end. */
    static final int LATER = 2;
    /** It can't be done, and nothing has changed. */
    static final int REFUSED = 3;

    /** Observers are told, and the bystander goes on with it when they have been. */
    static final int OBSERVED = 4;

    /** So long the bystander waits for a thread's end before it looks whether that is blocked. */
    private static final int SLICE_MILLIS = 5;
    /** So many times it looks at one that is blocked before it turns to others. */
    private static final int BLOCKED_SLICES = 10;
    /** So many times it looks at any. */
    private static final int ALL_SLICES = 1000;

    /** The one between pthread_create and its entry method. */
    private static volatile StackThread beingBorn;

    /** So often a waiting owner looks by itself. */
    private static final long WAIT_NANOS = 5_000_000;

    private static final AtomicLong COUNT = new AtomicLong();
    private static final AtomicLong BORN = new AtomicLong();

    private final Stack stack;
    private final StackRange extent;
    /** Where the context is that a switch changes, as {@code fringe.h} declares it. */
    final long context;
    /**
     * Hints for a switch: where the newest frames were when somebody last looked, and {@link #vmThread}; the context if
     * that is not known.
     */
    long framesHint;
    long threadHint;
    private long pthread;
    /** Written before there is a body. */
    Thread thread;
    /** The virtual machine's record of the thread, and the kernel thread that it was born on. */
    long vmThread;
    private int bornOn;
    /** See {@link UpcallDetector}; 0 if that is not known. */
    long outermostBlock;
    final String name;
    /** Whether the memory is the library's own, and goes with the thread. */
    private final boolean ours;

    private volatile int phase;
    private volatile int answer = DONE;
    private volatile Thread waiting;
    /** What went wrong last. */
    private Throwable failure;
    private int errno;
    /** Whether its birth has failed, so that its end is no success. */
    private boolean failing;
    /** What has been done and has to be undone. */
    private boolean counted;
    private boolean observed;
    private boolean listed;
    /** Whether observers are being told about it on another thread, which writes {@link #observed} then. */
    private volatile boolean telling;
    /** Whether the last step of the bystander has left it to them. */
    private boolean handedOver;
    /** Whether its end has taken long. */
    private boolean slow;
    /** The next request, and the next that is unfinished. See {@link Bystander}. */
    StackThread nextRequest;
    boolean isRequested;
    StackThread nextUnfinished;
    boolean isUnfinished;

    /**
     * What is to become a thread over the memory of a stack. Nothing happens before {@link Bystander#perform}.
     *
     * @param ours whether the memory is the library's own
     */
    StackThread(Stack stack, StackRange extent, boolean ours) {
        this.stack = stack;
        this.extent = extent;
        this.ours = ours;
        name = "fringe-" + COUNT.incrementAndGet();
        context = (extent.base() & -CONTEXT_ALIGNMENT) - CONTEXT_SIZE;
        framesHint = context;
        threadHint = context;
    }

    // ---- what there is on it -----------------------------------------------------------------------

    /** Runs bodies, as long as it lives. Called on the thread; throws nothing. */
    abstract void runBodies();

    /** It lives. Called by the bystander, as is what follows; throws, if there is no memory, before anything is done. */
    abstract void becomesLive();

    /** No body will run any more, or none for now. */
    abstract void forgetBody();

    /** It is no more. */
    abstract void becomesGone();

    /** Whether it is to end. */
    final boolean isEnding() {
        return phase == CONDEMNED || phase == EXITING;
    }

    // ---- the side of the owner ---------------------------------------------------------------------

    /** Notes who waits, in the same step as it is handed over. Called under the bystander's lock. */
    void ask(Thread owner) {
        waiting = owner;
        answer = PENDING;
    }

    /**
     * Waits until the bystander has answered. Throws nothing, whatever room or memory there is. Of several owners that
     * wait to have it ended, the bystander wakes the last; the others look by themselves.
     *
     * @param bystander who answers, or null if that is the calling thread
     */
    int await(Thread bystander) {
        int given = answer;
        while (given == PENDING) {
            try {
                if (bystander != null && !bystander.isAlive() && answer == PENDING) {
                    Bystander.outlive(bystander);
                    return answer == PENDING ? LATER : answer; // it had begun with this one
                } else if (Thread.currentThread().isInterrupted()) { // it could not park
                    Thread.yield();
                } else {
                    LockSupport.parkNanos(this, WAIT_NANOS);
                }
            } catch (Throwable t) { // no room, or no memory; it is looked at again
                Thread.onSpinWait();
            }
            given = answer;
        }
        return given;
    }

    int phase() {
        return phase;
    }

    /** Why it could not be made or ended. */
    RuntimeException problem() {
        Throwable cause = failure;
        if (cause instanceof IllegalStateException) {
            return new IllegalStateException(cause.getMessage(), cause);
        }
        OutOfMemoryError error = new OutOfMemoryError(errno != 0 ? Libc.explainNoThread(new Libc.Failure(errno))
                : cause instanceof OutOfMemoryError && cause.getMessage() != null ? cause.getMessage()
                : FreeHeap.isFull() ? "Java heap space: there is none for the thread of a generator"
                : "the virtual machine can't attach a thread for a generator; the Java heap or the process is out of"
                        + " memory, or out of mappings (vm.max_map_count)");
        error.initCause(cause);
        throw error;
    }

    // ---- the side of the bystander -----------------------------------------------------------------

    /** Does what the owner asks for, or the next steps of it. Throws nothing. */
    int perform() {
        if (telling) { // it is asked for again when they have been told
            return OBSERVED;
        }
        handedOver = false;
        int result = goOn();
        return handedOver ? OBSERVED : result;
    }

    private int goOn() {
        try {
            if (phase == UNBORN) { // later on, another may be reading why it was refused what this one asks for
                failure = null;
                errno = 0;
                claimMemory();
                if (StackObservers.any()) {
                    observed = true;
                    tell(() -> StackObservers.inUse(name, extent));
                    return OBSERVED;
                }
            }
            if (phase != CLAIMED) {
                return end();
            }
            beBorn();
            return DONE;
        } catch (Throwable t) {
            failure = t;
            failing = true;
            if (phase == UNBORN) {
                phase = GONE;
            } else if (phase == CLAIMED) {
                phase = CLEAN;
            } else if (phase == LIVE) {
                phase = CONDEMNED;
            }
        }
        try {
            return finish() ? REFUSED : LATER;
        } catch (Throwable t) {
            return LATER;
        }
    }

    /** Says that it can't be done. */
    void refuse(Throwable problem) {
        failure = problem;
        phase = GONE;
        answer(REFUSED);
    }

    /** Tells the owner. */
    void answer(int result) {
        Thread owner = waiting;
        waiting = null;
        answer = result;
        try {
            LockSupport.unpark(owner);
        } catch (Throwable t) { // no memory, for a virtual thread; it looks by itself
            return;
        }
    }

    private void claimMemory() {
        StacksInUse.claim(extent); // throws if it is in use
        phase = CLAIMED;
        StacksInUse.requireOpen(stack);
        if (!ours && !(stack instanceof OsStack)) {
            MappingBudget.acquire();
            counted = true;
        }
    }

    /**
     * Leaves it to another thread to tell observers about this, after which the bystander goes on. Neither it nor the
     * other stacks wait for what they do.
     */
    private void tell(Runnable task) {
        telling = true;
        Bystander.handOver();
        try {
            StackObservers.elsewhere(() -> {
                task.run(); // throws nothing
                telling = false;
                Bystander.goOn(this);
            });
            handedOver = true;
        } catch (Throwable t) { // no thread
            telling = false;
            Bystander.takeBack();
            throw t;
        }
    }

    private void beBorn() {
        NativeRuntime hosted = NativeRuntime.get();
        long limit = extent.firstPage();
        Libc.clear(context, CONTEXT_SIZE);
        Libc.putWord(context + ENTRY, Bystander.entry());
        Libc.putWord(context + VM, hosted.vm);
        MemorySegment start = hosted.assembly.entry();
        beingBorn = this;
        errno = Libc.startThread(limit, context - limit, start, context);
        if (errno != 0) {
            beingBorn = null;
            throw new OutOfMemoryError();
        }
        // From here on there is a thread.
        phase = EXITING;
        pthread = Libc.started();
        boolean alive = awaitReady() == READY_TO_RESUME;
        beingBorn = null;
        if (!alive) {
            throw Libc.unexpected(failure == null ? new OutOfMemoryError() : failure);
        }
        phase = LIVE;
        becomesLive();
        ExitWait.threadStarts();
        listed = true;
        if (vmThread != 0) {
            hosted.kernelThreadIds.replace(vmThread, pthread, bornOn, Bystander.kernelThread());
            outermostBlock = UpcallDetector.block(vmThread);
        }
        trim();
    }

    /**
     * Waits until the new thread is ready, or on its way to its end. It is on its way to one of both, whatever happens
     * here: to give up now would leave it to itself, and the next birth would be taken for its own.
     */
    private int awaitReady() {
        while (true) {
            try {
                return Switch.await(context);
            } catch (Throwable t) { // no memory for what the virtual machine makes of a handle that is called often
                int ready = Libc.getInt(context + READY);
                if (ready != 0) {
                    return ready;
                }
                Thread.onSpinWait();
            }
        }
    }

    private int end() {
        if (phase == LIVE) {
            phase = CONDEMNED;
        }
        try {
            if (finish()) {
                return failing ? REFUSED : DONE;
            }
            if (phase == CONDEMNED && !ours && !failing) { // there can be no kernel thread for its end
                failure = null; // there is an error number
                phase = LIVE;
                return REFUSED;
            }
        } catch (Throwable t) { // no memory
            failure = failing ? failure : t;
        }
        return LATER;
    }

    /**
     * Makes the next steps towards the end, as many as can be made now.
     *
     * @return whether the last one has been made
     */
    private boolean finish() {
        if (phase == CONDEMNED && !depart()) {
            return false;
        }
        if (phase == EXITING) {
            if (!hasExited()) {
                return false;
            }
            phase = EXITED;
        }
        if (phase == EXITED) {
            if (listed) {
                becomesGone();
                listed = false;
                ExitWait.threadEnds();
            }
            phase = FORGOTTEN;
        }
        if (phase == FORGOTTEN) {
            StackRequirements.restoreGuardZone(extent);
            phase = CLEAN;
        }
        if (phase == CLEAN) {
            if (observed) {
                tell(() -> {
                    StackObservers.gone(extent);
                    observed = false;
                });
                return false;
            }
            StacksInUse.release(extent);
            if (counted) {
                counted = false;
                MappingBudget.release();
            }
            if (ours) {
                ((OsStack) stack).close();
            }
            phase = GONE;
        }
        return true;
    }

    /** Has its thread go to its end if it can; {@link #perform} does what is left. Throws nothing. */
    void tryToDepart() {
        try {
            if (phase == LIVE) {
                phase = CONDEMNED;
                depart();
            }
        } catch (Throwable t) { // no memory
            return;
        }
    }

    /** Gives it a kernel thread on which it ends. */
    private boolean depart() {
        synchronized (this) { // nobody looks at its memory any more
            forgetBody();
        }
        int result = Switch.materialise(context);
        if (result != 0) {
            errno = -result;
            return false;
        }
        phase = EXITING;
        return true;
    }

    /**
     * Waits for the thread's end, for some time. A thread that ends may have to wait itself: for its own monitor,
     * which another thread holds, or for the threads of a scope that a body has left open.
     */
    private boolean hasExited() {
        int blocked = 0;
        for (int i = 0; i < ALL_SLICES && blocked < BLOCKED_SLICES; i++) {
            if (Libc.join(pthread, slow ? 0 : SLICE_MILLIS)) {
                return true;
            }
            if (slow) {
                return false;
            }
            Thread.State state = thread == null ? Thread.State.RUNNABLE : thread.getState();
            blocked = state == Thread.State.RUNNABLE || state == Thread.State.TERMINATED ? 0 : blocked + 1;
        }
        slow = true;
        return false;
    }

    /** A stub that calls {@link #enter}; it lives as long as the arena. */
    static MemorySegment entryStub(Arena arena) {
        try {
            MethodHandle enter = MethodHandles.lookup()
                    .findStatic(StackThread.class, "enter", MethodType.methodType(void.class, long.class));
            FunctionDescriptor descriptor = FunctionDescriptor.ofVoid(Libc.WORD);
            if (!Libc.WIDE) {
                enter = MethodHandles.filterArguments(enter, 0, MethodHandles.lookup().findStatic(
                        Integer.class, "toUnsignedLong", MethodType.methodType(long.class, int.class)));
            }
            return Linker.nativeLinker().upcallStub(enter, descriptor, arena);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The oldest Java frame on each stack. An exception that left it would stop the virtual machine, so
     * none does. Nothing is called before the {@code try}.
     *
     * @param context unused; 0 in a rehearsal
     */
    private static void enter(long context) {
        StackThread self = beingBorn;
        if (self == null) {
            return;
        }
        try {
            self.thread = Thread.currentThread();
            self.noteKernelThread();
            Libc.exemptFromSetId();
            Runnable bodies = new Bodies(self);
            int marker = (int) (BORN.incrementAndGet() % StackMarker.COUNT);
            Switch.dematerialise(self.context);
            // From here on nothing may be thrown: it is a resumer's kernel thread that would end.
            StackMarker.run(marker, bodies);
        } catch (Throwable t) {
            self.failure = t;
        }
    }

    /** The rest is left to the bystander: there may be little room on this stack. */
    private void noteKernelThread() {
        KernelThreadIds ids = NativeRuntime.get().kernelThreadIds;
        if (ids != null) {
            bornOn = Libc.gettid();
            vmThread = ids.current();
            threadHint = vmThread;
        }
    }

    /** What {@link StackMarker} runs; a class of its own, because linking a lambda takes more stack than there may be. */
    private record Bodies(StackThread on) implements Runnable {

        @Override
        public void run() {
            on.runBodies();
        }
    }

    /** Whether there are only frames of Java below the body, as far as is known at once. */
    final boolean isInOutermostBlock() {
        return outermostBlock != 0 && UpcallDetector.block(vmThread) == outermostBlock;
    }

    @Override
    public boolean canUnwind() {
        return isKnownToUnwind() || !UpcallDetector.isOnStack(Bodies.class);
    }

    @Override
    public boolean isKnownToUnwind() {
        return UpcallDetector.isReliable() && isInOutermostBlock();
    }

    @Override
    public boolean canBeAsked() {
        if (stack instanceof SliceStack slice) {
            slice.limit(); // throws if the memory is gone
        }
        return StackRequirements.isRoomy(extent, Libc.getWord(context + SP));
    }

    // ---- for all -------------------------------------------------------------------------------------

    @Override
    public Thread thread() {
        return thread;
    }

    @Override
    public String name() {
        return name;
    }

    /** The bystander takes the same lock before the memory goes. */
    @Override
    public synchronized long stackUsed() {
        return phase == LIVE ? extent.base() - Libc.getWord(context + SP) : -1;
    }

    @Override
    public long stackSize() {
        return extent.base() - extent.limit();
    }

    /** Gives back the pages that birth or a body has used, down from where the stack is suspended. */
    void trim() {
        framesHint = Libc.getWord(context + SP);
        StackRequirements.releaseUnused(extent, framesHint);
    }

    StackRange extent() {
        return extent;
    }

    Stack stack() {
        return stack;
    }

    /**
     * {@inheritDoc}
     *
     * <p>The thread ends on a kernel thread of its own. Then neither the C library nor the virtual machine refers to
     * the memory of the stack any more.
     */
    @Override
    public boolean destroy() {
        if (phase == GONE) {
            return true;
        }
        if (stack instanceof SliceStack slice) {
            slice.limit(); // throws if the memory is gone
        }
        int result = Bystander.perform(this);
        boolean gone = phase == GONE; // another may have asked as well, and the answer was to both
        if (result == REFUSED && !gone) {
            throw problem();
        }
        return result == DONE || gone;
    }
}
