// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.Objects;

/**
 * The values that a body has produced and nobody has taken yet. For the body it is the yielder, which
 * suspends only when the buffer is full; and the resumer takes values from it, and resumes only when it is
 * empty.
 *
 * <p>Each batch is a new array: it is young when it is filled, and a collector's write barrier costs next
 * to nothing on a young object, but more than all the rest on an old one.
 */
public final class Buffer<O> extends Ahead<O> implements Yielder<Void, O> {

    private final int capacity;
    private Generator.Producer<O> producer;
    private Object[] values;

    /** A buffer for at most {@code capacity} values. */
    public Buffer(int capacity, Generator.Producer<O> producer) {
        this.capacity = capacity;
        this.producer = producer;
        values = new Object[capacity];
    }

    // ---- the side of the resumer ----------------------------------------------------------------

    /** Whether there is a value that needs no switch. */
    public boolean isReady() {
        return taken < filled;
    }

    /** The next value, or null if the body has ended. */
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    public O take(Coroutine<?, O> coroutine) {
        if (taken < filled && coroutine.isMine()) {
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
    void produce() throws Exception {
        Generator.Producer<O> body = producer;
        producer = null;
        body.run(this);
    }

    @Override
    public Void suspend(O output) {
        Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional");
        if (Thread.currentThread() != thread) {
            throw misuse(output);
        }
        if (filled == capacity) {
            handOver();
            values = new Object[capacity];
        }
        values[filled++] = output;
        return null;
    }

    @Override
    @SuppressWarnings("unchecked") // the body suspends with values of this type
    void handOver() {
        handOver((O) values[0], 1);
    }
}
