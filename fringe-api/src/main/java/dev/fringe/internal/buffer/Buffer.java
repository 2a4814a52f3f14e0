// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.buffer;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import dev.fringe.internal.core.Coroutine;
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

    /** Whether several threads may take values. */
    public boolean isShared() {
        return owner == null;
    }

    /** Whether there is a value, if only one thread takes them; the body is run if that needs a switch. */
    public boolean hasNext(Coroutine<?, O> coroutine) {
        return owner == Thread.currentThread() && isReady() || runBody(coroutine);
    }

    /** Takes all that come, if only one thread takes them. The action may take some itself. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public void forEach(Coroutine<?, O> coroutine, Consumer<? super O> action) {
        while (hasNext(coroutine)) {
            Object[] all = values;
            for (int next = taken; Integer.compareUnsigned(next, all.length) < 0; next = taken) {
                taken = next + 1;
                action.accept((O) all[next]);
                all = values;
            }
        }
    }

    private boolean runBody(Coroutine<?, O> coroutine) {
        if (coroutine.resume(null) == null) {
            return false;
        }
        taken--;
        return true;
    }

    /** The next value, or null if the body has ended. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public O take(Coroutine<?, O> coroutine) {
        if (owner == Thread.currentThread()) {
            Object[] all = values;
            int next = taken;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                taken = next + 1;
                return (O) all[next];
            }
        }
        return resume(coroutine);
    }

    @SuppressWarnings("unchecked") // the body suspends with values of this type
    private O resume(Coroutine<?, O> coroutine) {
        if (!coroutine.enter()) {
            return null;
        }
        int next = taken;
        try {
            if (next == capacity) {
                return coroutine.proceed(null);
            }
            O value = (O) values[next];
            taken = next + 1;
            coroutine.leave();
            return value;
        } catch (Throwable t) {
            if (coroutine.entered) {
                taken = next;
                coroutine.state = Coroutine.SUSPENDED;
            }
            throw t;
        }
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
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    void handOver() {
        int first = capacity - filled;
        if (first > 0) {
            System.arraycopy(values, 0, values, first, filled);
            Arrays.fill(values, 0, first, null);
        }
        handOver((O) values[first], first + 1);
    }
}
