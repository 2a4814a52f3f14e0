// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Yielder;

/**
 * A body that runs ahead of its resumer: it suspends only when what it has produced fills a buffer, which is a
 * subclass's, and at its end.
 *
 * <p>The body writes while it runs, the resumer reads while the body is suspended, so the fields are
 * ordered as those of {@link Coroutine} are. After the body has been unwound there are no values.
 */
abstract class Ahead<O> extends Relay<O> {

    /** How many values there are, and how many of them the resumer has. */
    int filled;
    int taken;

    /** Runs the body. */
    abstract void produce() throws Exception;

    /** Calls {@link #handOver(Object, int)} with what the resumer is given by the switch. */
    abstract void handOver();

    @Override
    public final void run(Yielder<Void, O> coroutine, Void input) throws Exception {
        yielder = coroutine;
        thread = Thread.currentThread();
        Throwable failure = null;
        try {
            produce();
        } catch (Unwinding e) {
            throw e;
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
     * @param output what the coroutine suspends with
     * @param count how many values that are
     */
    final void handOver(O output, int count) {
        taken = count;
        try {
            yielder.suspend(output);
        } catch (Unwinding e) {
            thread = null;
            filled = 0;
            throw e;
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            taken = 0;
            throw t;
        }
        filled = 0;
    }
}
