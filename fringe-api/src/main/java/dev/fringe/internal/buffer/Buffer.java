// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.buffer;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.core.Lifecycle;
import dev.fringe.internal.core.Transfer;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The values that a body has produced and nobody has taken yet. For the body it is the yielder, which
 * suspends only when the buffer is full; and the resumer takes values from it, and resumes only when it is
 * empty.
 *
 * <p>The array is replaced by a new one every so many values: so it is young, and a collector's write barrier
 * costs less on a young object than on an old one, where it may cost more than all the rest.
 */
public final class Buffer<O> extends RunAheadBody<O> implements Yielder<Void, O> {

    private static final Object[] NONE = {};

    private final int batches;
    private Generator.Producer<O> producer;
    private Object[] values;
    /** How many batches the array will still be used for. */
    private int left;

    /**
     * A buffer for at most {@code capacity} values.
     *
     * @param owner the thread that the generator is confined to; null if it is shared
     */
    public Buffer(int capacity, Thread owner, Generator.Producer<O> producer) {
        super(capacity, owner);
        this.producer = producer;
        batches = Math.max(1, Transfer.SWITCHES / capacity);
        left = batches;
        values = new Object[capacity];
    }

    // ---- the side of the resumer ----------------------------------------------------------------

    /** What the next {@link #take} gives; the body is run if that needs a switch. Null if there is none. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public O peek(Coroutine<?, O> coroutine) {
        return owner == Thread.currentThread() && isReady() ? (O) values[taken] : refill(coroutine, true);
    }

    /**
     * The next value, where that takes more than a look into the array: a switch, or entering a shared generator. Null
     * if the body has ended.
     *
     * <p>One method for all that is rare, and so large that the compiler doesn't take it into a loop over the values:
     * there it took the registers away from the part that is run for each value.
     *
     * @param keep whether the value is not to be taken
     */
    private O refill(Coroutine<?, O> coroutine, boolean keep) {
        if (owner == null) {
            return coroutine.resume(this, keep);
        }
        O value = coroutine.resume(null);
        if (keep && value != null) {
            int next = taken - 1; // no call from here on, and the value is not lost
            values[next] = value;
            taken = next;
        }
        return value;
    }

    /** Takes all that come. The action may take some itself. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public void forEach(Coroutine<?, O> coroutine, Consumer<? super O> action) {
        if (owner == null) {
            for (O value = take(coroutine); value != null; value = take(coroutine)) {
                action.accept(value);
            }
            return;
        }
        while (owner == Thread.currentThread() && isReady() || refill(coroutine, true) != null) {
            Object[] all = values;
            for (int next = taken; Integer.compareUnsigned(next, all.length) < 0; next = taken) {
                O value = (O) all[next];
                all[next] = null;
                taken = next + 1;
                action.accept(value);
                all = values;
            }
        }
    }

    /** The next value, or null if the body has ended. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public O take(Coroutine<?, O> coroutine) {
        if (owner == Thread.currentThread()) {
            Object[] all = values;
            int next = taken;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                O value = (O) all[next];
                all[next] = null; // it may be large, and this may be all that keeps it
                taken = next + 1;
                return value;
            }
        }
        return refill(coroutine, false);
    }

    /** Undoes the last {@link #take}, of a value that could not be given to its resumer. */
    public void giveBack(Coroutine<?, O> coroutine, O value) {
        int last = taken - 1;
        if (value != null && owner == Thread.currentThread() && last >= 0 && values.length > 0) {
            values[last] = value;
            taken = last;
        } else {
            coroutine.giveBack(value);
        }
    }

    /**
     * The next value, for what has entered the coroutine, which is left; the body is run if there is none.
     *
     * @param keep whether the value is not to be taken
     */
    @Override
    public Object takeEntered(Coroutine<?, ?> coroutine, boolean keep) {
        int next = taken;
        if (next == capacity || !coroutine.waitsForInput()) {
            return coroutine.proceed(null, keep);
        }
        Object value = values[next];
        if (!keep) {
            values[next] = null;
            taken = next + 1;
        }
        coroutine.entered = false;
        try {
            coroutine.leave(Lifecycle.SUSPENDED);
        } catch (StackOverflowError e) {
            coroutine.state = Lifecycle.SUSPENDED;
        }
        return value;
    }

    @Override
    public void discard() {
        super.discard();
        producer = null;
        values = NONE;
    }

    // ---- the side of the body -------------------------------------------------------------------

    @Override
    void produce() throws Exception {
        Generator.Producer<O> body = producer;
        producer = null;
        body.run(this);
    }

    @Override
    public Void suspend(O output) {
        Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional");
        if (Thread.currentThread() == thread) {
            Object[] all = values;
            int next = filled;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                all[next] = output;
                filled = next + 1;
                return null;
            }
        }
        suspendFull(output);
        return null;
    }

    private void suspendFull(O output) {
        if (Thread.currentThread() != thread) {
            throw misuse(output);
        }
        handOver();
        if (--left == 0) {
            replaceArray();
        }
        values[0] = output;
        filled = 1;
    }

    private void replaceArray() {
        left = batches;
        try {
            values = new Object[capacity];
        } catch (OutOfMemoryError e) { // the old one does as well
            return;
        }
    }

    @Override
    void handOver() {
        int first = capacity - filled;
        if (first > 0) {
            System.arraycopy(values, 0, values, first, filled);
            Arrays.fill(values, 0, first, null);
        }
        try {
            handOver(first + 1);
        } catch (Throwable t) {
            if (first < values.length && values[first] == null) {
                values[first] = yielder.transfer.value; // the switch has not happened; and no call, for want of room
            }
            throw t;
        }
    }

    @Override
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public O output() {
        O first = (O) values[taken - 1];
        values[taken - 1] = null;
        return first;
    }
}
