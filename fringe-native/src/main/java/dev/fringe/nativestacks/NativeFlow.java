// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.OsStack;
import dev.fringe.Stack;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.engine.Task;
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
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A Java thread without a kernel thread: a stack, the C library's control block at its base, and a
 * {@link Thread} that the virtual machine believes to be blocked in native code. Bodies run on it one
 * after another; while one runs, the kernel thread that resumed it executes it.
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
 * <p>A flow is not safe for use by two threads at once; its owner sees to that.
 */
final class NativeFlow extends Flow {

    private static final long CONTEXT_SIZE = 128;
    private static final long CONTEXT_ALIGNMENT = 64;
    private static final long WORD = Libc.WORD.byteSize();
    private static final long SP = 0 * WORD;
    private static final long ENTRY = 5 * WORD;
    private static final long VM = 6 * WORD;
    private static final long IDENTITY = 7 * WORD;
    private static final long READY = 8 * WORD;
    private static final int READY_TO_RESUME = 1;
    private static final long UNSEEN = Long.MIN_VALUE;

    /** The one class loader that an idle thread may refer to, as it is never unloaded. */
    private static final ClassLoader FOR_EVER = ClassLoader.getSystemClassLoader();

    /** Stack threads between pthread_create and their entry method, by the address of the context. */
    private static final Map<Long, NativeFlow> BEING_BORN = new ConcurrentHashMap<>();

    /** All that are not being born, by their threads. */
    private static final Map<Thread, NativeFlow> LIVE = new ConcurrentHashMap<>();

    private static final int IN_USE = 0;
    private static final int FREE = 1;
    private static final VarHandle CLAIM;

    static {
        try {
            CLAIM = MethodHandles.lookup().findVarHandle(NativeFlow.class, "claim", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static final AtomicLong COUNT = new AtomicLong();
    private static final AtomicLong BORN = new AtomicLong();

    private final Stack stack;
    private final StackRange extent;
    private final long context;
    private final long pthread;
    private Thread thread;
    /** The virtual machine's record of the thread, and the kernel thread that it was born on. */
    private long vmThread;
    private int bornOn;
    /**
     * Whether a switch exchanges HotSpot's words instead of the thread pointer, and then the thread on whose kernel
     * thread it may be resumed (null for any). See {@link Home}.
     */
    private boolean byWords;
    private Thread home;
    /** The flow of the body that has made this one's generator, if that is switched by words. */
    private NativeFlow maker;
    /** See {@link UpcallDetector}; 0 if nobody knows. */
    private long outermostBlock;
    private final String name;
    private int origin;
    private long idleSince;
    /** Whether no body has left this stack yet: the first steps of all have touched pages that may not be needed again. */
    private boolean fresh = true;
    private boolean trimmed;
    private Throwable failure;
    private Task task;
    private String bodyName;
    private ClassLoader bodyLoader;
    /** Whether the body that it has been given last has been entered. */
    private boolean entered;
    /** {@link #FREE} only while it lies in the seat of its pool. */
    private volatile int claim;
    /** Where it is taken from and given back to; null if it is on a stack of the caller's. */
    StackPool pool;

    /** More calls than what follows the birth of a thread is deep, interpreted or not. */
    private static final int ROOM = 200;

    /** Makes a thread on a stack that nobody uses. */
    static NativeFlow start(Stack stack) {
        boolean counted = stack instanceof OsStack;
        if (!counted) {
            MappingBudget.acquire();
        }
        StackRange extent = null;
        try {
            extent = StacksInUse.claim(stack);
            String name = "fringe-" + COUNT.incrementAndGet();
            StackObservers.inUse(name, extent);
            room(ROOM);
            NativeFlow thread = new NativeFlow(stack, extent, name);
            ExitWait.threadStarts();
            return thread;
        } catch (Throwable t) {
            if (extent != null) {
                StacksInUse.release(extent);
            }
            if (!counted) {
                MappingBudget.release();
            }
            throw t;
        }
    }

    /**
     * Throws if there is no room for so many calls: what is done once there is a thread on the stack must be
     * done to its end.
     */
    private static int room(int calls) {
        return calls == 0 ? 0 : room(calls - 1) + 1;
    }

    /**
     * Makes a thread over the memory of a stack, which must not be in use.
     *
     * @throws OutOfMemoryError if the thread can't be made
     */
    private NativeFlow(Stack stack, StackRange extent, String name) {
        NativeRuntime hosted = NativeRuntime.get();
        this.stack = stack;
        this.extent = extent;
        this.name = name;
        long limit = extent.firstPage();
        context = (extent.base() & -CONTEXT_ALIGNMENT) - CONTEXT_SIZE;
        Libc.at(context, CONTEXT_SIZE).fill((byte) 0);
        Libc.putWord(context + ENTRY, hosted.entry);
        Libc.putWord(context + VM, hosted.vm);
        BEING_BORN.put(context, this);
        Object result = Libc.startThread(limit, context - limit, hosted.assembly.entry(), context);
        if (result instanceof Libc.Failure reason) {
            BEING_BORN.remove(context);
            throw new OutOfMemoryError(Libc.explainNoThread(reason));
        }
        pthread = (long) result;
        if (Switch.await(context) != READY_TO_RESUME) {
            BEING_BORN.remove(context);
            Libc.join(pthread);
            StackRequirements.restoreGuardZone(extent);
            OutOfMemoryError error = new OutOfMemoryError("the virtual machine can't attach a thread for a generator;"
                    + " the Java heap or the process is out of memory, or out of mappings (vm.max_map_count)");
            error.initCause(failure);
            throw error;
        }
        if (vmThread != 0) {
            hosted.kernelThreadIds.replace(vmThread, pthread, bornOn, hosted.bystander);
            outermostBlock = UpcallDetector.block(vmThread);
        }
        trim();
        hosted.listener.threadAttached();
    }

    /** The address of a stub that calls {@link #enter}; it lives as long as the virtual machine. */
    static long entryStub() {
        try {
            MethodHandle enter = MethodHandles.lookup()
                    .findStatic(NativeFlow.class, "enter", MethodType.methodType(void.class, long.class));
            FunctionDescriptor descriptor = FunctionDescriptor.ofVoid(Libc.WORD);
            if (!Libc.WIDE) {
                enter = MethodHandles.filterArguments(enter, 0, MethodHandles.lookup().findStatic(
                        Integer.class, "toUnsignedLong", MethodType.methodType(long.class, int.class)));
            }
            return Linker.nativeLinker().upcallStub(enter, descriptor, Arena.global()).address();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The oldest Java frame on each stack. An exception that left it would stop the virtual machine, so
     * none does.
     */
    private static void enter(long context) {
        NativeFlow self = BEING_BORN.remove(context);
        try {
            self.thread = Thread.currentThread();
            self.thread.setName(self.name);
            LIVE.put(self.thread, self);
            self.noteKernelThread();
            Switch.dematerialise(context);
            StackMarker.run((int) (BORN.incrementAndGet() % StackMarker.COUNT), new Bodies(self));
        } catch (Throwable t) {
            self.failure = t;
        }
    }

    /** The rest is left to who waits for the birth: there may be little room on this stack. */
    private void noteKernelThread() {
        KernelThreadIds ids = NativeRuntime.get().kernelThreadIds;
        if (ids != null) {
            bornOn = Libc.gettid();
            vmThread = ids.current();
        }
    }

    /** What {@link StackMarker} runs; a class of its own, because linking a lambda takes more stack than there may be. */
    private record Bodies(NativeFlow flow) implements Runnable {

        @Override
        public void run() {
            flow.runBodies();
        }
    }

    /** What the thread does until its end. */
    private void runBodies() {
        for (Task next = task; next != null; next = task) {
            next.runBody();
            Switch.suspend(context);
        }
    }

    // ---- what a switch exchanges ------------------------------------------------------------------------

    /**
     * Decides how the next body is switched, as {@link Home} says. Called by the thread that makes the generator.
     *
     * @param shared whether any thread may resume the body
     */
    void bind(boolean shared) {
        Object by = Home.maker(shared, Thread.currentThread());
        NativeFlow outer = by instanceof NativeFlow flow && flow.home != null ? flow : null;
        maker = outer;
        home = outer != null ? outer.home : by instanceof Thread thread ? thread : null;
        exchangeWords(home != null || Home.FORCED);
    }

    private void exchangeWords(boolean words) {
        if (byWords != words) {
            byWords = words;
            Libc.putWord(context + IDENTITY, words ? vmThread : 0);
        }
    }

    /** Whether switches exchange the virtual machine's words, and not the thread pointer; for diagnostics. */
    boolean isByWords() {
        return byWords;
    }

    /**
     * It may not if the body is switched by words, the thread is not where it is at home, and there may be frames of C
     * or C++ between those of the body: they may hold addresses of thread variables of the kernel thread that they
     * began on.
     */
    @Override
    public boolean canResumeHere() {
        return home == null || isHome() || hasJavaFramesOnly();
    }

    /** A body that leaves its home does not come back: from here on it takes its thread pointer along. */
    private void arrive() {
        if (isHome()) {
            return;
        }
        if (!hasJavaFramesOnly()) {
            throw new IllegalStateException("this generator is confined to " + home + ", and is suspended below frames"
                    + " of native code (a callback, or a class initialiser); these can't go on in "
                    + Thread.currentThread() + ", which is another kernel thread; make it with Generator.ofShared to"
                    + " let any thread run it");
        }
        home = null;
        maker = null;
        exchangeWords(false);
    }

    /** Whether the calling thread runs on the kernel thread of the home. */
    private boolean isHome() {
        Thread current = Thread.currentThread();
        if (current == home) {
            return true;
        }
        // A body is there if it is at home there itself; one that has left its home has none.
        NativeFlow on = maker != null && maker.thread == current ? maker : of(current);
        return on != null && on.home == home;
    }

    private boolean hasJavaFramesOnly() {
        return isInOutermostBlock()
                && UpcallDetector.isReliable(NativeRuntime.get().kernelThreadIds, NativeRuntime::startProbe);
    }

    private boolean isInOutermostBlock() {
        return outermostBlock != 0 && UpcallDetector.block(vmThread) == outermostBlock;
    }

    /** The stack thread behind a thread, or null if that is no generator's. */
    static NativeFlow of(Thread thread) {
        return LIVE.get(thread);
    }

    /** All stack threads, idle ones too. */
    static Collection<NativeFlow> all() {
        return LIVE.values();
    }

    @Override
    public Task task() {
        return task;
    }

    @Override
    public long stackUsed() {
        return extent.base() - Libc.getWord(context + SP);
    }

    @Override
    public long stackSize() {
        return extent.base() - extent.limit();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int origin() {
        if (origin == 0) {
            origin = StackMarker.of(thread.getStackTrace());
        }
        return origin;
    }

    /** Gives back the pages that birth or a body has used, down from where the stack is suspended. */
    private void trim() {
        StackRequirements.releaseUnused(extent, Libc.getWord(context + SP));
    }

    /** The same, unless it has been done and no body has run since. */
    void trimOnce() {
        if (!trimmed) {
            trim();
            trimmed = true;
        }
    }

    StackRange extent() {
        return extent;
    }

    Stack stack() {
        return stack;
    }

    @Override
    public Thread thread() {
        return thread;
    }

    /** It is given to its pool. Asking for the time takes as long as half a switch, so nobody does here. */
    void becomesIdle() {
        idleSince = UNSEEN;
        trimmed = false;
        home = null; // it must not be kept from being collected
        maker = null;
    }

    /**
     * When the housekeeper first saw it idle, which may be now.
     *
     * @param now {@link System#nanoTime}
     */
    long idleSince(long now) {
        if (idleSince == UNSEEN) {
            idleSince = now;
        }
        return idleSince;
    }

    @Override
    public void assign(Task next, String name, ClassLoader contextClassLoader) {
        bodyName = name;
        bodyLoader = contextClassLoader;
        entered = false;
        task = next;
        if (name != null) {
            try {
                thread.setName(name);
            } catch (OutOfMemoryError e) {
                return; // it gets the name when the body starts, or never
            }
        }
    }

    // ---- the hot path -----------------------------------------------------------------------------

    @Override
    public void resume() {
        Thread at = home;
        if (at != null && at != Thread.currentThread()) {
            arrive();
        }
        Switch.resume(context);
        if (fresh) {
            fresh = false;
            try {
                trim();
            } catch (Throwable t) { // no room or memory: the pages stay; the switch has happened
                return;
            }
        }
    }

    @Override
    public void suspend() {
        Switch.suspend(context);
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    // ---- before and after a body ------------------------------------------------------------------

    @Override
    @SuppressWarnings("ReferenceEquality") // another name than its own has been given to it meanwhile
    public void enterBody() {
        entered = true;
        if (bodyName != null && thread.getName() == name) {
            thread.setName(bodyName);
        }
        ClassLoader loader = bodyLoader;
        bodyLoader = null;
        if (thread.getContextClassLoader() != loader) { // setting it takes a fence, and looking does not
            thread.setContextClassLoader(loader);
        }
    }

    /**
     * Takes back what the body has changed of its thread, so that the next one finds what it
     * expects. Called on the thread itself. Thread-locals stay: Java has no way to remove those of others.
     * Throws nothing: an exception that left the thread's oldest frame would end the resumer's kernel thread.
     */
    @Override
    @SuppressWarnings("ReferenceEquality") // a name that is the same object has not been changed
    public void leaveBody() {
        try {
            if (thread.getName() != name) {
                thread.setName(name);
            }
            if (thread.getContextClassLoader() != FOR_EVER) {
                thread.setContextClassLoader(null);
            }
            if (thread.getPriority() != Thread.NORM_PRIORITY) {
                thread.setPriority(Thread.NORM_PRIORITY);
            }
            if (thread.getUncaughtExceptionHandler() != thread.getThreadGroup()) {
                thread.setUncaughtExceptionHandler(null);
            }
            Thread.interrupted();
        } catch (Throwable t) {
            // no memory for a name; the next body finds what this one has left
        }
    }

    /** Leaves it, in the seat of its pool, to whoever claims it. */
    void release() {
        leased = false;
        try {
            CLAIM.setRelease(this, FREE);
        } catch (StackOverflowError e) {
            claim = FREE;
        }
    }

    /** Takes it out of the seat of its pool; false if somebody else has, or it was not there. */
    boolean claim() {
        return claim == FREE && CLAIM.compareAndSet(this, FREE, IN_USE);
    }

    @Override
    public boolean canUnwind() {
        if (UpcallDetector.isReliable() && isInOutermostBlock()) {
            return true;
        }
        if (UpcallDetector.ask()) {
            Bystander.wake();
        }
        return !UpcallDetector.isOnStack(Bodies.class);
    }

    @Override
    public void retire() {
        if (!entered) { // the thread still has what it was to have for the body
            task = null;
            bodyLoader = null;
            if (bodyName != null) {
                leaveName();
            }
        }
        pool.give(this);
    }

    private void leaveName() {
        try {
            thread.setName(name);
        } catch (OutOfMemoryError e) { // the next body finds the name
            return;
        }
    }

    @Override
    public void keep() {
        Quarantine.add(this);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The thread ends on a kernel thread of its own. When this returns, neither the C library nor the virtual
     * machine refers to the memory of the stack any more.
     */
    @Override
    public void destroy() {
        end();
        ExitWait.threadEnds();
        if (!(stack instanceof OsStack)) {
            MappingBudget.release();
        }
        StacksInUse.release(extent);
    }

    private void end() {
        stack.limit(); // throws if the memory is gone
        task = null;
        int result = Switch.materialise(context);
        if (result != 0) {
            throw new OutOfMemoryError(Libc.explainNoThread(new Libc.Failure(-result)));
        }
        Libc.join(pthread);
        LIVE.remove(thread);
        StackRequirements.restoreGuardZone(extent);
    }
}
