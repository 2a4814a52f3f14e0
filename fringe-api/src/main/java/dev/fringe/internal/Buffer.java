// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.Objects;

/**
 * The values that a body has produced and nobody has taken yet. For the body it is the yielder, which
 * suspends only when the buffer is full; for the coroutine it is the body; and the resumer takes values
 * from it, and resumes only when it is empty.
 *
 * <p>The body writes while it runs, the resumer reads while the body is suspended, so the fields are
 * ordered as those of {@link Coroutine} are.
 *
 * <p>Each batch is a new array: it is young when it is filled, and a collector's write barrier costs next
 * to nothing on a young object, but more than all the rest on an old one.
 */
public final class Buffer<O> implements Yielder<Void, O>, Generator.Body<Void, O> {

    private final int capacity;
    private Generator.Producer<O> producer;
    private Yielder<Void, O> yielder;
    /** The body's thread while it runs. */
    private Thread thread;
    private Object[] values;
    private int filled;
    private int taken;

    /** A buffer for at most {@code capacity} values. */
    public Buffer(int capacity, Generator.Producer<O> producer) {
        this.capacity = capacity;
        this.producer = producer;
        values = new Object[capacity];
    }

    // ---- the side of the resumer ----------------------------------------------------------------

    /** The next value, or null if the body has ended. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public O take(Coroutine<?, O> coroutine) {
        if (taken != filled && coroutine.isSuspendedForCaller()) {
            return (O) values[taken++];
        }
        if (!coroutine.enter()) {
            return null;
        }
        if (taken == filled) {
            return coroutine.proceed(null);
        }
        O value = (O) values[taken++];
        coroutine.leave();
        return value;
    }

    // ---- the side of the body -------------------------------------------------------------------

    @Override
    public void run(Yielder<Void, O> coroutine, Void input) throws Exception {
        Generator.Producer<O> body = producer;
        producer = null;
        yielder = coroutine;
        thread = Thread.currentThread();
        Throwable failure = null;
        try {
            body.run(this);
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

    @Override
    public Void suspend(O output) {
        Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional");
        if (Thread.currentThread() != thread) {
            return refuse(output);
        }
        if (filled == capacity) {
            handOver();
        }
        values[filled++] = output;
        return null;
    }

    /** By somebody else, after the end, or while the body is unwound: the coroutine knows what to throw. */
    private Void refuse(O output) {
        if (yielder == null) {
            throw new IllegalStateException("only the body of a generator may suspend it");
        }
        return yielder.suspend(output);
    }

    /** Suspends until all values have been taken and another one is wanted. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    private void handOver() {
        taken = 1;
        try {
            yielder.suspend((O) values[0]);
        } catch (Unwinding e) {
            thread = null;
            throw e;
        } catch (Throwable t) { // no room on the body's stack; the switch has not happened
            taken = 0;
            throw t;
        }
        values = new Object[capacity];
        filled = 0;
        taken = 0;
    }
}
