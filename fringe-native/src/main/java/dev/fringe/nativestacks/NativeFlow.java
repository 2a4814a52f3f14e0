// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.Stack;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.engine.Task;
import dev.fringe.internal.settings.Settings;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.memory.StackRange;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What bodies run on, one after another: a {@link StackThread}, and how it is switched to. While a body runs, the
 * kernel thread of its resumer executes it.
 *
 * <p>A flow is not safe for use by two threads at once, but for {@link #destroy}; its owner sees to that.
 */
final class NativeFlow extends StackThread {

    private static final long IDENTITY = 7 * Libc.WORD.byteSize();
    private static final long UNSEEN = Long.MIN_VALUE;

    /** Whether the core has given it a name already that says what the body does. */
    private static final boolean NAMED_BY_CORE = Settings.flag(Settings.THREAD_STATES, false);

    /** The one class loader that an idle thread may refer to, as it is never unloaded. */
    private static final ClassLoader FOR_EVER = ClassLoader.getSystemClassLoader();

    /** All that live, or are on their way to their end, by their threads. */
    private static final Map<Thread, NativeFlow> THREADS = new ConcurrentHashMap<>();

    /** After so many switches it is trimmed once in each period. */
    private static final int FRESH = 16;
    /** Counted by the bystander; that others see it late does no harm. */
    private static int period;

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

    /**
     * Whether a switch exchanges HotSpot's words instead of the thread pointer, and then the thread on whose kernel
     * thread it may be resumed (null for any). See {@link Home}.
     */
    private boolean byWords;
    private Thread home;
    /** The flow of the body that has made this one's generator, if that is switched by words. */
    private NativeFlow maker;
    private int origin;
    private long idleSince;
    /** How often it has been resumed, up to {@link #FRESH}, and the period in which it was trimmed last. */
    private int resumed;
    private int trimmedIn = -1;
    private boolean trimmed;
    private Task task;
    private String bodyName;
    /** Whether the body's context class loader is {@link #FOR_EVER}, or else which it is. */
    private boolean usualLoader;
    private ClassLoader bodyLoader;
    /** Whether the body that it has been given last has been entered. */
    private boolean entered;
    /** {@link #FREE} only while it lies in the seat of its pool. */
    private volatile int claim;
    /** Where it is taken from and given back to, if there is such; its memory is the library's then. */
    final StackPool pool;

    /** Its place in its pool. */
    NativeFlow older;
    NativeFlow newer;
    NativeFlow nextUnseated;

    /**
     * What is to run on the memory of a stack. Nothing happens before {@link #start}.
     *
     * @param pool whose the stack is, or null if it is the caller's
     */
    NativeFlow(Stack stack, StackRange extent, StackPool pool) {
        super(stack, extent, pool != null);
        this.pool = pool;
    }

    // ---- its thread -------------------------------------------------------------------------------

    /**
     * Makes a thread on a stack that is not in use. The stack is asked for its addresses here, and never again: it
     * may be anybody's code.
     *
     * @param pool whose the stack is, or null if it is the caller's
     */
    static NativeFlow start(Stack stack, StackPool pool) {
        NativeFlow flow = new NativeFlow(stack, StackRange.of(stack), pool);
        if (Bystander.perform(flow) != DONE) {
            throw flow.problem();
        }
        try {
            // By its owner: where another thread holds its monitor already, no other thread has to wait.
            flow.leaveName();
            NativeRuntime.get().listener.threadAttached();
        } catch (Throwable t) { // no room; it has no name then
            return flow;
        }
        return flow;
    }

    @Override
    void becomesLive() {
        THREADS.put(thread, this);
    }

    @Override
    void forgetBody() {
        task = null; // with the body goes its owner
        home = null;
        maker = null;
    }

    @Override
    void becomesGone() {
        THREADS.remove(thread);
    }

    @Override
    void runBodies() {
        while (true) {
            if (task != null) { // in no variable: this frame may stay interpreted, and would keep it while it is idle
                task.runBody();
            } else if (isEnding()) {
                return;
            }
            suspendAfterBody();
        }
    }

    /** Whatever happens, this thread must not come to its end on a resumer's kernel thread. */
    private void suspendAfterBody() {
        while (true) {
            try {
                Switch.suspend(context);
                return;
            } catch (Throwable t) { // the switch has not happened
                Thread.onSpinWait();
            }
        }
    }

    /** What the bystander does with one of its own, so that the virtual machine makes nothing of it later. */
    void rehearse(int times) {
        for (int i = 0; i < times; i++) {
            resume();
            Switch.await(context);
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
        Thread at = outer != null ? outer.home : by instanceof Thread thread ? thread : null;
        if (home != at) { // storing a reference takes a fence, and looking does not
            home = at;
        }
        exchangeWords(at != null || Home.FORCED);
    }

    private void exchangeWords(boolean words) {
        if (byWords != words) {
            Libc.putWord(context + IDENTITY, words ? vmThread : 0); // first, as there may be no room for the call
            byWords = words;
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
        exchangeWords(false);
        home = null;
        maker = null;
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
                && UpcallDetector.isReliable(NativeRuntime.get().kernelThreadIds);
    }

    /** The stack thread behind a thread, or null if that is no generator's. */
    static NativeFlow of(Thread thread) {
        return THREADS.get(thread);
    }

    /** Whether there are no stack threads at all. Allocates nothing. */
    static boolean none() {
        return THREADS.isEmpty();
    }

    /** All stack threads, idle ones too. */
    static Collection<NativeFlow> all() {
        return THREADS.values();
    }

    @Override
    public Task task() {
        return task;
    }

    @Override
    public int origin() {
        if (origin == 0) {
            origin = StackMarker.of(thread.getStackTrace());
        }
        return origin;
    }

    /** The same while it is idle, unless it has been done and no body has run since; whether it has been done now. */
    boolean trimOnce() {
        if (trimmed) {
            return false;
        }
        forgetBody();
        trim();
        trimmed = true;
        return true;
    }

    /** It is given to its pool. Asking for the time takes as long as half a switch, so nobody does here. */
    void becomesIdle() {
        idleSince = UNSEEN;
        trimmed = false;
        maker = null; // the home stays for a while: the next one is the same, most likely
    }

    /**
     * When the bystander first saw it idle, which may be now.
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
        usualLoader = contextClassLoader == FOR_EVER;
        if (!usualLoader) {
            bodyLoader = contextClassLoader;
        }
        entered = false;
        task = next;
        if (name != null) {
            try {
                thread.setName(name);
            } catch (Throwable t) {
                return; // no room or no memory: it gets the name when the body starts, or never
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
        Switch.resume(context, framesHint, threadHint);
        if (trimmedIn != period) {
            try {
                trimNowAndThen();
            } catch (Throwable t) { // no room or memory: the pages stay; the switch has happened
                return;
            }
        }
    }

    /**
     * After each of the first switches, and after the first in each period. The virtual machine touches 20 pages below
     * the frames of interpreted code whenever that comes deeper than before, or when compiled code has to become
     * interpreted code again; compiled code touches one. They are seldom needed again.
     */
    private void trimNowAndThen() {
        if (resumed < FRESH) {
            resumed++;
        } else {
            trimmedIn = period;
        }
        trim();
    }

    /** Called by the bystander now and then: what is resumed from here on is trimmed once more. */
    static void beginPeriod() {
        period = period + 1 & Integer.MAX_VALUE;
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

    /** Takes back what others have done to the thread while it was idle. */
    @Override
    public void forgetInterrupt() {
        if (thread.isInterrupted()) {
            Thread.interrupted();
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // a name that is the same object has not been changed
    public void enterBody() {
        entered = true;
        String wanted = bodyName == null ? name : bodyName;
        if (thread.getName() != wanted && !NAMED_BY_CORE) {
            thread.setName(wanted);
        }
        ClassLoader loader = usualLoader ? FOR_EVER : bodyLoader;
        bodyLoader = null;
        if (thread.getContextClassLoader() != loader) { // setting it takes a fence, and looking does not
            thread.setContextClassLoader(loader);
        }
        resetRest();
    }

    /**
     * Takes back what the body has changed of its thread, so that the next one finds what it
     * expects. Called on the thread itself. Thread-locals stay: Java has no way to remove those of others.
     * Throws nothing: an exception that left the thread's oldest frame would end the resumer's kernel thread.
     */
    @Override
    @SuppressWarnings("ReferenceEquality")
    public void leaveBody() {
        try {
            if (thread.getName() != name) {
                thread.setName(name);
            }
            if (thread.getContextClassLoader() != FOR_EVER) {
                thread.setContextClassLoader(null);
            }
            resetRest();
            Thread.interrupted();
        } catch (Throwable t) {
            // no memory for a name; it is looked at again before the next body
        }
    }

    private void resetRest() {
        if (thread.getPriority() != Thread.NORM_PRIORITY) {
            thread.setPriority(Thread.NORM_PRIORITY);
        }
        if (thread.getUncaughtExceptionHandler() != thread.getThreadGroup()) {
            thread.setUncaughtExceptionHandler(null);
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
    public void retire() {
        if (!entered) { // the thread still has what it was to have for the body
            task = null;
            bodyLoader = null;
            if (bodyName != null) {
                leaveName();
            }
        }
        if (pool == null) {
            destroy();
        } else {
            pool.give(this);
        }
    }

    private void leaveName() {
        try {
            thread.setName(name);
        } catch (Throwable t) { // no room or no memory: it is looked at again before the next body
            return;
        }
    }

    @Override
    public void keep() {
        Quarantine.add(this);
    }
}
