// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/**
 * One body with what it runs on: something that can be left and entered again.
 *
 * <p>The life of a flow, and who calls what:
 *
 * <pre>
 *   creator    {@link Engine#create}, {@link #assign}           nothing of the body has run yet
 *   resumer    {@link #resume}                              runs the body until ...
 *   body       {@link #enterBody}, the body, {@link #suspend}       ... it suspends, as often as it likes
 *   body       {@link #leaveBody}, and {@link Task#runBody} returns     ... or has ended
 *   resumer    {@link #retire} or {@link #destroy}, or none of them after {@link #keep}
 * </pre>
 *
 * <p>The core sees to it that at most one thread resumes or retires a flow at a time, that each such call
 * happens-before the next (by an atomic access to a field of its own), and that {@link #suspend} is called by the body
 * only. Several threads may {@link #destroy} a flow at once. Methods that are said to be for diagnostics are called by
 * any thread at any time.
 *
 * <p>Three contracts hold in every engine:
 *
 * <ol>
 * <li><b>A switch that throws has not happened.</b> If {@link #resume} throws, the other side has not run, and the
 *     next {@code resume} does what this one would have done. If {@link #suspend} throws, the body was not left,
 *     and goes on with the exception. This includes {@link StackOverflowError} and {@link OutOfMemoryError}: an
 *     engine that needs room, memory or a thread gets it before it switches, and what it does after the
 *     switch it does without, or puts off. A value is never delivered twice, and never lost.
 * <li><b>Both sides see each other's plain writes.</b> What the resumer has written before {@code resume} the body
 *     reads after its {@code suspend} has returned (or from its first step), and what the body has written before
 *     {@code suspend}, or before its end, the resumer reads when {@code resume} has returned: without volatile
 *     fields, and whatever threads carry the two sides. Where one kernel thread executes both, a call that no
 *     compiler moves memory accesses across is enough; where two do, the engine publishes.
 * <li><b>Who a body is, is the engine's business.</b> The core asks {@link #isCurrent} and does not compare {@link
 *     Thread#currentThread} with anything to find out whether a body calls. {@link #thread} is the identity that
 *     the body has for locks, thread-locals and those that are confined to it.
 * </ol>
 *
 * <p>{@link #resume}, {@link #suspend} and {@link #isCurrent} are the hot path. Only one engine's class is loaded,
 * so the compiler inlines them; they must be small, and {@code final} in the engine's class.
 */
public abstract class Flow {

    /**
     * Whether the core has it: set by the engine when {@link Engine#create} gives it out, and cleared by {@link
     * #retire} before anybody else can get it.
     */
    public boolean leased;

    /**
     * Set by the core when {@link #retire} or {@link #destroy} has thrown and the flow still is {@link #leased}: there
     * is no room for a call, or no memory. The engine looks for such flows from time to time and retires them.
     */
    public volatile boolean lost;

    /** For engines. */
    protected Flow() {}

    // ---- by the creator ---------------------------------------------------------------------------

    /**
     * Gives the flow its body. From here on diagnostics find it by {@link Engine#flows}, and the engine keeps
     * {@code task} strongly reachable until the flow is retired, destroyed or kept: the core finds abandoned
     * generators by what the task refers to, while nothing else refers to the task.
     *
     * @param task what to run
     * @param name the name for the body's thread, or null for the flow's own
     * @param contextClassLoader the context class loader that the body's thread is to have, or null
     */
    public abstract void assign(Task task, String name, ClassLoader contextClassLoader);

    // ---- by the resumer ---------------------------------------------------------------------------

    /**
     * Whether the calling thread's stack has room for {@link #resume}, if the engine can't find that out in {@code
     * resume} before it changes anything. The core asks before it changes anything itself, and throws a {@link
     * StackOverflowError} if there is none.
     *
     * @return whether to go on; true unless an engine says otherwise
     */
    public boolean hasRoom() {
        return true;
    }

    /**
     * Runs the body until it suspends or ends. See the contracts above.
     *
     * @throws StackOverflowError if there is no room for it; it has not happened
     * @throws OutOfMemoryError if there is no memory or thread for it; it has not happened
     * @throws IllegalStateException if it is not {@linkplain #canResumeHere possible here}; it has not happened
     */
    public abstract void resume();

    /**
     * Whether the calling thread may resume the body, which is suspended, as far as the engine cares. The core asks
     * before it unwinds a body, because that may happen in another thread than it is confined to; a body that can't be
     * resumed is {@linkplain #keep kept}. Where it is not asked, {@link #resume} throws.
     *
     * @return false if there are frames below the body's that can only go on in another thread; true unless an engine
     *     says otherwise
     */
    public boolean canResumeHere() {
        return true;
    }

    /**
     * Whether the thread that has called {@link #resume} is interrupted, as its program will see it: an engine whose
     * resumer waits for the body may have to clear the status meanwhile. Then it first notes that here, and {@code
     * resume} sets the status before it takes the note away. Called by any thread while the body runs.
     *
     * @param resumer that thread
     * @return whether it has an interrupt that it has not seen; its status unless an engine says otherwise
     */
    public boolean isResumerInterrupted(Thread resumer) {
        return resumer.isInterrupted();
    }

    /**
     * Whether there may be an interrupter that has set the status of the calling thread and has not told it yet, and
     * the status has gone meanwhile although nobody has seen it: to run a body on the thread clears it. Then what the
     * thread is told of counts, whatever its status is. An interrupt may be counted twice so, which is the lesser evil.
     *
     * @return whether it may; never unless an engine says otherwise
     */
    public boolean mayHaveLostStatus() {
        return false;
    }

    /**
     * Has the calling thread, which has resumed, no longer tell a listener of its interrupts. An engine that wants to
     * be told itself sees to that here, with nothing between the one and the other.
     *
     * @param listener what has been told since its {@code begin()}
     */
    public void stopTelling(InterruptListener listener) {
        listener.stop();
    }

    /**
     * Gives the flow back, whose body has ended or has never been started. The engine may give it out again, with
     * another body, or end it. Not for one on a stack that the caller gave: that is {@linkplain #destroy destroyed}
     * when its owner wants the stack.
     *
     * @throws StackOverflowError if there is no room for it; then the core sets {@link #lost} if it is {@link
     *     #leased} still
     */
    public abstract void retire();

    /**
     * Ends the flow, whose body has ended or has never been started, so that nothing refers to the memory of its
     * stack any more. Does nothing if that has been done. Where several threads call it at once, none waits for
     * another.
     *
     * @return whether it has been done; if not, it has begun, and something keeps the body's thread from its end, such
     *     as the threads of a scope that the body has left open. It will be done later, and may be asked for again
     * @throws OutOfMemoryError if there can be no kernel thread for it; nothing has changed then
     * @throws IllegalStateException if the memory has been freed by its owner; nothing has changed then
     */
    public abstract boolean destroy();

    /**
     * Says that the body can't be unwound, has been given up, and will never be resumed. The engine keeps whatever its frames
     * are on until the process ends, logs that, and never gives it out again.
     */
    public abstract void keep();

    /**
     * Whether it is known that {@link #canUnwind} would answer yes, without asking the body, which may be suspended so near
     * the end of its stack that it could not find out. Asked by the resumer while the body is suspended.
     *
     * @return whether it is; false if it would answer no, or if that is not known
     */
    public boolean isKnownToUnwind() {
        return false;
    }

    /**
     * Whether the suspended body has room on its stack for what {@link #canUnwind} does. Asked by the resumer if the
     * answer is not known otherwise.
     *
     * @return whether it has, as far as is known
     * @throws IllegalStateException if the memory has been freed by its owner
     */
    public boolean canBeAsked() {
        return true;
    }

    // ---- by the body ------------------------------------------------------------------------------

    /**
     * Clears what others have left on the body's thread before it got the body: its interrupt status. To be called by
     * the body first of all.
     */
    public void forgetInterrupt() {
    }

    /**
     * Gives the body's thread the name and the context class loader of {@link #assign}, before the body's first
     * step, if that has not been done. A name that the core has given it meanwhile stays. What it throws becomes
     * what the body has thrown.
     */
    public abstract void enterBody();

    /**
     * Takes back, after the body's last step, what it has changed of its thread, if another body may get that
     * thread. Throws nothing.
     */
    public abstract void leaveBody();

    /**
     * Goes back to the resumer, until the next {@link #resume}. See the contracts above.
     *
     * @throws IllegalStateException if the body can't be left here, because of frames below that the engine can't
     *     switch away from ({@link Capability#NATIVE_FRAMES}); it has not happened, and the body goes on
     * @throws StackOverflowError if there is no room for it; it has not happened
     */
    public abstract void suspend();

    /**
     * Whether an exception may travel from the caller to the oldest frame of the body: none of the frames
     * between is of native code, which no exception may leave. Asked when {@link #suspend} has
     * just returned, or by a body that is unwound and tries to suspend.
     *
     * @return whether it may
     */
    public abstract boolean canUnwind();

    // ---- by anybody -------------------------------------------------------------------------------

    /**
     * Whether the caller is the body that runs on this flow. It may be anything else: another thread, another body,
     * a thread that the body has started.
     *
     * @return whether it is
     */
    public abstract boolean isCurrent();

    /**
     * The identity of the body: what {@link Thread#currentThread} answers in it.
     *
     * @return the thread, the same from {@link #assign} to the end of the body
     */
    public abstract Thread thread();

    /**
     * The flow's own name, which its thread has unless the generator has one, such as {@code "fringe-7"}. No other
     * flow of this engine has or had the same.
     *
     * @return a name
     */
    public abstract String name();

    // ---- for diagnostics --------------------------------------------------------------------------

    /**
     * What runs on it, or has been the last to; it may be out of date.
     *
     * @return what was assigned, or null
     */
    public abstract Task task();

    /**
     * How much memory its stack may take.
     *
     * @return bytes, or -1 if it has no stack of its own
     */
    public abstract long stackSize();

    /**
     * How much of its stack is in use where it is suspended; without a meaning while it runs.
     *
     * @return bytes, or -1 if the engine can't tell
     */
    public abstract long stackUsed();

    /**
     * By which lines of {@link StackMarker} a trace of the body's thread is known, or 0 if the engine can't tell. Only
     * asked by the resumer after the body has ended, or before it has started.
     *
     * @return what {@link StackMarker#of} makes of the thread's trace
     */
    public abstract int origin();
}
