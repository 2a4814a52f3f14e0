// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.buffer;

import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.core.Lifecycle;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * A {@link Buffer} of {@code long} values. Its array is used again and again, since no collector cares for
 * what is written to it.
 */
public final class LongBuffer extends RunAheadBody<Object> implements LongYielder {

    private static final Object SOMETHING = "";

    private static final long[] NONE = {};

    private long[] values;
    private LongGenerator.Producer producer;

    /**
     * A buffer for at most {@code capacity} values.
     *
     * @param owner the thread that the generator is confined to; null if it is shared
     */
    public LongBuffer(int capacity, Thread owner, LongGenerator.Producer producer) {
        super(capacity, owner);
        this.producer = producer;
        values = new long[capacity];
    }

    // ---- the side of the resumer ----------------------------------------------------------------

    /** Whether there is a value; the body is run if that needs a switch. */
    public boolean hasNext(Coroutine<?, Object> coroutine) {
        return isMine() && isReady() || resume(coroutine, true) != null;
    }

    private boolean isMine() {
        return owner == Thread.currentThread();
    }

    /** Takes all that come. The action may take some itself. */
    public void forEach(Coroutine<?, Object> coroutine, LongConsumer action) {
        while (owner == null && hasNext(coroutine)) {
            action.accept(next(coroutine));
        }
        while (owner != null && hasNext(coroutine)) {
            long[] all = values;
            for (int next = taken; Integer.compareUnsigned(next, all.length) < 0; next = taken) {
                taken = next + 1;
                action.accept(all[next]);
                all = values;
            }
        }
    }

    /** The next value. */
    public OptionalLong take(Coroutine<?, Object> coroutine) {
        if (isMine()) {
            long[] all = values;
            int next = taken;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                OptionalLong value = OptionalLong.of(all[next]); // there may be no room to call it
                taken = next + 1;
                return value;
            }
        }
        OptionalLong.of(taken); // if there is no room to call it after the switch, it is known before
        Object got = resume(coroutine, false);
        if (got == null) {
            return OptionalLong.empty();
        }
        return owner == null ? OptionalLong.of((Long) got) : take(coroutine);
    }

    /** The next value; throws if there is none. */
    public long next(Coroutine<?, Object> coroutine) {
        if (isMine()) {
            long[] all = values;
            int next = taken;
            if (Integer.compareUnsigned(next, all.length) < 0) {
                taken = next + 1;
                return all[next];
            }
        }
        Object got = resume(coroutine, false);
        if (got == null) {
            throw new NoSuchElementException("the body of the generator has ended");
        }
        return owner == null ? (Long) got : values[taken++];
    }

    /** The next value, which is not taken; throws if there is none. */
    public long peek(Coroutine<?, Object> coroutine) {
        if (isMine() && isReady()) {
            return values[taken];
        }
        Object got = resume(coroutine, true);
        if (got == null) {
            throw new NoSuchElementException("the body of the generator has ended");
        }
        return owner == null ? (Long) got : values[taken];
    }

    /** Null if there is no value. Of a shared generator it is the value, of others it says that there is one. */
    private Object resume(Coroutine<?, Object> coroutine, boolean keep) {
        return owner == null ? coroutine.resume(this, keep) : coroutine.resume(null);
    }

    /** Of a shared generator. */
    @Override
    public Object takeEntered(Coroutine<?, ?> coroutine, boolean keep) {
        int next = taken;
        if (next == capacity || !coroutine.waitsForInput()) {
            return coroutine.proceed(null, keep);
        }
        Object value = values[next];
        if (!keep) {
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
        LongGenerator.Producer body = producer;
        producer = null;
        body.run(this);
    }

    @Override
    public long suspend(long value) {
        accept(value);
        return 0; // the body runs ahead of its inputs
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
        if (owner != null) {
            return SOMETHING;
        }
        Object first = values[taken]; // several threads may take values, so this one's is handed over itself
        taken++;
        return first;
    }
}
