// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.buffer;

import dev.fringe.LongGenerator;
import dev.fringe.internal.core.Coroutine;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * A {@link Buffer} of {@code long} values. Its array is used again and again, since no collector cares for
 * what is written to it.
 */
public final class LongBuffer extends RunAheadBody<Object> implements LongConsumer {

    private static final Object SOMETHING = "";

    private static final long[] NONE = {};

    private long[] values;
    private LongGenerator.Producer producer;

    /**
     * A buffer for at most {@code capacity} values.
     *
     * @param owner the thread that the generator is confined to
     */
    public LongBuffer(int capacity, Thread owner, LongGenerator.Producer producer) {
        super(capacity, owner);
        this.producer = producer;
        values = new long[capacity];
    }

    // ---- the side of the resumer ----------------------------------------------------------------

    /** Whether there is a value; the body is run if that needs a switch. */
    public boolean hasNext(Coroutine<Void, Object> coroutine) {
        return owner == Thread.currentThread() && isReady() || resume(coroutine);
    }

    /** Takes all that come. The action may take some itself. */
    public void forEach(Coroutine<Void, Object> coroutine, LongConsumer action) {
        while (hasNext(coroutine)) {
            long[] all = values;
            for (int next = taken; Integer.compareUnsigned(next, all.length) < 0; next = taken) {
                taken = next + 1;
                action.accept(all[next]);
                all = values;
            }
        }
    }

    /** The next value. */
    public OptionalLong take(Coroutine<Void, Object> coroutine) {
        if (owner == Thread.currentThread()) {
            long[] all = values;
            int next = taken;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                OptionalLong value = OptionalLong.of(all[next]); // there may be no room to call it
                taken = next + 1;
                return value;
            }
        }
        return resume(coroutine) ? take(coroutine) : OptionalLong.empty();
    }

    /** The next value; throws if there is none. */
    public long next(Coroutine<Void, Object> coroutine) {
        if (owner == Thread.currentThread()) {
            long[] all = values;
            int next = taken;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                taken = next + 1;
                return all[next];
            }
        }
        if (!resume(coroutine)) {
            throw new NoSuchElementException("the body of the generator has ended");
        }
        return values[taken++];
    }

    @Override
    public void discard() {
        super.discard();
        producer = null;
        values = NONE;
    }

    private boolean resume(Coroutine<Void, Object> coroutine) {
        return coroutine.resume(null) != null;
    }

    // ---- the side of the body -------------------------------------------------------------------

    @Override
    void produce() throws Exception {
        LongGenerator.Producer body = producer;
        producer = null;
        body.run(this);
    }

    @Override
    public void accept(long value) {
        if (Thread.currentThread() == thread) {
            long[] all = values;
            int next = filled;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                all[next] = value;
                filled = next + 1;
                return;
            }
        }
        acceptFull(value);
    }

    private void acceptFull(long value) {
        if (Thread.currentThread() != thread) {
            throw misuse(SOMETHING);
        }
        handOver();
        values[0] = value;
        filled = 1;
    }

    @Override
    void handOver() {
        int first = capacity - filled;
        System.arraycopy(values, 0, values, first, filled);
        handOver(first);
    }

    @Override
    public Object output() {
        return SOMETHING;
    }
}
