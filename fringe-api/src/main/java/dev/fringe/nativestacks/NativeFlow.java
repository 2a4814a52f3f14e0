// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.Stack;
import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.nativestacks.hotspot.KernelThreadIds;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackRange;
import dev.fringe.nativestacks.memory.StackRequirements;
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
 *   base     struct fringe_context, 64 bytes, aligned to 64
 *            C library: thread-local storage, control block
 *            frames: thread start, fringe_entry, enter(), the body
 *            ...
 *            the virtual machine's guard pages, at the lowest page boundary
 *   limit
 * </pre>
 *
 * <p>A stack thread is not safe for use by two threads at once; who owns it sees to that.
 */
public final class NativeFlow {

    private static final long CONTEXT_SIZE = 64;
    private static final long WORD = Libc.WORD.byteSize();
    private static final long SP = 0 * WORD;
    private static final long ENTRY = 5 * WORD;
    private static final long VM = 6 * WORD;
    private static final long READY = 7 * WORD;
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
    /** See {@link UpcallDetector}; 0 if nobody knows. */
    private long outermostBlock;
    private final String name;
    private int origin;
    private long idleSince;
    private boolean fresh = true;
    private boolean trimmed;
    private Throwable failure;
    private Coroutine<?, ?> task;
    /** {@link #FREE} only while it lies in the seat of its pool. */
    private volatile int claim;
    /** Where it is taken from and given back to, if there is such. */
    StackPool pool;
    /** Whether it has been taken from there; who takes it or gives it back changes that. */
    public boolean leased;
    /** Whether who had it had no room on its stack to give it back. */
    public volatile boolean lost;

    /** The name of the next stack thread. */
    static String nextName() {
        return "fringe-" + COUNT.incrementAndGet();
    }

    /**
     * Makes a thread over the memory of a stack, which must not be in use.
     *
     * @throws OutOfMemoryError if the thread can't be made
     */
    NativeFlow(Stack stack, StackRange extent, String name) {
        NativeRuntime hosted = NativeRuntime.get();
        this.stack = stack;
        this.extent = extent;
        this.name = name;
        long limit = extent.firstPage();
        context = (extent.base() & -CONTEXT_SIZE) - CONTEXT_SIZE;
        Libc.at(context, CONTEXT_SIZE).fill((byte) 0);
        Libc.putWord(context + ENTRY, hosted.entry);
        Libc.putWord(context + VM, hosted.vm);
        BEING_BORN.put(context, this);
        Object result = Libc.startThread(limit, context - limit, hosted.assembly.entry(), context);
        if (result instanceof Libc.Failure reason) {
            BEING_BORN.remove(context);
            throw new OutOfMemoryError(MappingBudget.explainNoThread(reason));
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
        Events.born();
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
        for (Coroutine<?, ?> next = task; next != null; next = task) {
            next.run();
            Switch.suspend(context);
        }
    }

    /** The stack thread behind a thread, or null if that is no generator's. */
    public static NativeFlow of(Thread thread) {
        return LIVE.get(thread);
    }

    /** All stack threads, idle ones too. */
    public static Collection<NativeFlow> all() {
        return LIVE.values();
    }

    /** What runs on it, or has been the last to; for diagnostics, so it may be out of date. */
    public Coroutine<?, ?> task() {
        return task;
    }

    /** How many bytes lie between its base and where it is suspended; wrong while it runs. */
    public long used() {
        return extent.base() - Libc.getWord(context + SP);
    }

    /** The name that the thread has unless a body's generator has one. */
    public String name() {
        return name;
    }

    /** Gives the thread the name of a body's generator before that starts, if there is memory for it. */
    public void name(String generator) {
        try {
            thread.setName(generator);
        } catch (OutOfMemoryError e) {
            return; // it gets the name when the body starts, or never
        }
    }

    /** Gives the thread its own name again, if it has not run a body since it got another. */
    public void unname() {
        thread.setName(name);
    }

    /** By which lines of {@link StackMarker} a trace of this thread is known. It must be between two bodies. */
    public int origin() {
        if (origin == 0) {
            origin = Backtraces.origin(thread);
        }
        return origin;
    }

    /** Gives back the pages that birth or a body has used, down from where the stack is suspended. */
    public void trim() {
        StackRequirements.releaseUnused(extent, Libc.getWord(context + SP));
    }

    /** The same, unless it has been done and no body has run since. */
    void trimOnce() {
        if (!trimmed) {
            trim();
            trimmed = true;
        }
    }

    public StackRange extent() {
        return extent;
    }

    Stack stack() {
        return stack;
    }

    public long context() {
        return context;
    }

    public Thread thread() {
        return thread;
    }

    /** It is given to its pool. Asking for the time takes as long as half a switch, so nobody does here. */
    void becomesIdle() {
        idleSince = UNSEEN;
        trimmed = false;
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

    /** Before a body. Called on the thread itself. */
    public void prepare(String name, ClassLoader contextClassLoader) {
        if (name != null && !ThreadNames.ENABLED) {
            thread.setName(name);
        }
        if (thread.getContextClassLoader() != contextClassLoader) { // setting it takes a fence, and looking does not
            thread.setContextClassLoader(contextClassLoader);
        }
    }

    /**
     * After a body: takes back what it has changed of its thread, so that the next one finds what it
     * expects. Called on the thread itself. Thread-locals stay: Java has no way to remove those of others.
     * Throws nothing: an exception that left the thread's oldest frame would end the resumer's kernel thread.
     */
    @SuppressWarnings("ReferenceEquality") // a name that is the same object has not been changed
    public void reset() {
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

    /** See {@link UpcallDetector}. Called on the thread itself. */
    public boolean isInOutermostBlock() {
        return outermostBlock != 0 && UpcallDetector.block(vmThread) == outermostBlock;
    }

    /** Whether no body has been assigned to it yet. */
    public boolean isFresh() {
        return fresh;
    }

    /** Sets what the next switch to this thread starts. */
    public void assign(Coroutine<?, ?> next) {
        task = next;
        fresh = false;
    }

    /**
     * Ends the thread, on a kernel thread of its own. It must be between two bodies. When this returns,
     * neither the C library nor the virtual machine refers to the memory of the stack any more.
     *
     * @throws OutOfMemoryError if there can be no kernel thread; nothing has changed then
     * @throws IllegalStateException if the memory has been freed by its owner; nothing has changed then
     */
    void destroy() {
        stack.limit(); // throws if the memory is gone
        task = null;
        int result = Switch.materialise(context);
        if (result != 0) {
            throw new OutOfMemoryError(MappingBudget.explainNoThread(new Libc.Failure(-result)));
        }
        Libc.join(pthread);
        LIVE.remove(thread);
        StackRequirements.restoreGuardZone(extent);
    }
}
