// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.buffer;

import dev.fringe.Yielder;
import dev.fringe.internal.core.BodyAdapter;
import dev.fringe.internal.core.Coroutine;

/**
 * A body that runs ahead of its resumer: it suspends only when what it has produced fills an array, which is a
 * subclass's, and at its end.
 *
 * <p>The body fills the array from its start, the resumer takes the values up to the array's end; what does not
 * fill it is moved there. So either of them knows that its part is done when its index is the array's length,
 * and where both indexes are compared as unsigned numbers that is the check that every access to an array needs
 * anyhow: the compiler makes one of the two.
 *
 * <p>The body writes while it runs, the resumer reads while the body is suspended, so the fields are
 * ordered as those of {@link Coroutine} are. After the body has been unwound or given up there are no values.
 *
 * <p>The resumer of a confined generator looks at no state before it takes a value: while the body runs, that
 * thread is in {@code resume} and there are no values.
 */
public abstract class RunAheadBody<O> extends BodyAdapter<Void, O> {

    final int capacity;
    /** The only thread that takes values; null if any may, after it has entered the coroutine. */
    final Thread owner;
    /** Where the body's next value goes. */
    int filled;
    /** Where the resumer's next value is; the capacity if there is none. */
    int taken;

    RunAheadBody(int capacity, Thread owner) {
        this.capacity = capacity;
        this.owner = owner;
        taken = capacity;
    }

    /** Whether there is a value that needs no switch. */
    final boolean isReady() {
        return taken < capacity;
    }

    @Override
    public void discard() {
        taken = capacity;
    }

    /** Whether the body is being unwound. */
    public final boolean isClosing() {
        return yielder != null && yielder.isClosing();
    }

    /** Runs the body. */
    abstract void produce() throws Exception;

    /** Moves the values to the array's end, and calls {@link #handOver(int)}. */
    abstract void handOver();

    @Override
    public final void run(Yielder<Void, O> coroutine, Void input) throws Exception {
        yielder = (Coroutine<Void, O>) coroutine;
        thread = Thread.currentThread();
        Throwable failure = null;
        try {
            produce();
        } catch (Throwable t) {
            failure = t;
        }
        boolean closing = thread == null;
        thread = null;
        if (!closing && filled > 0) {
            handOver();
        }
        if (failure != null) {
            throw Coroutine.sneak(failure);
        }
    }

    /**
     * Suspends until all values have been taken and another one is wanted.
     *
     * @param first the index of the first value that the resumer takes
     */
    final void handOver(int first) {
        taken = first;
        try {
            yielder.suspend(this);
        } catch (Throwable t) {
            taken = capacity; // if there was no room on the body's stack, the switch has not happened
            if (yielder.isClosing()) {
                thread = null;
                discard();
            }
            throw t;
        }
        filled = 0;
    }
}
