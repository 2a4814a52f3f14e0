// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.LongGenerator;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * A {@link Buffer} of {@code long} values. Its array is used again and again, since no collector cares for
 * what is written to it.
 *
 * <p>The resumer of a confined generator looks at no state before it takes a value: while the body runs, that
 * thread is in {@code resume}, and after the body has been unwound or given up there are no values.
 */
public final class LongBuffer extends Ahead<Object> implements LongConsumer {

    private static final Object SOMETHING = "";

    private final long[] values;
    private LongGenerator.Producer producer;
    /** The only thread that takes values; null before the body has started. */
    private Thread owner;

    /** A buffer for at most {@code capacity} values. */
    public LongBuffer(int capacity, LongGenerator.Producer producer) {
        this.producer = producer;
        values = new long[capacity];
    }

    // ---- the side of the resumer ----------------------------------------------------------------

    /** Whether there is a value; the body is run if that needs a switch. */
    public boolean hasNext(Coroutine<Void, Object> coroutine) {
        return owner == Thread.currentThread() && taken < filled || resume(coroutine);
    }

    /** The next value. */
    public OptionalLong take(Coroutine<Void, Object> coroutine) {
        if (owner == Thread.currentThread()) {
            int next = taken;
            if (next < filled) {
                taken = next + 1;
                return OptionalLong.of(values[next]);
            }
        }
        return resume(coroutine) ? OptionalLong.of(values[taken++]) : OptionalLong.empty();
    }

    /** The next value; throws if there is none. */
    public long next(Coroutine<Void, Object> coroutine) {
        if (owner == Thread.currentThread()) {
            int next = taken;
            if (next < filled) {
                taken = next + 1;
                return values[next];
            }
        }
        return take(coroutine).orElseThrow(() -> new NoSuchElementException("the body of the generator has ended"));
    }

    private boolean resume(Coroutine<Void, Object> coroutine) {
        if (!coroutine.enter()) {
            return false;
        }
        owner = Thread.currentThread();
        return coroutine.proceed(null) != null;
    }

    /** Called when the body has been unwound, or given up: nobody takes what it had produced. */
    public void discard() {
        filled = 0;
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
            int next = filled;
            if (next < values.length) {
                values[next] = value;
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
        handOver(SOMETHING, 0);
    }
}
