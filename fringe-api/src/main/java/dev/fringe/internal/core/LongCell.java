// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.Yielder;

/**
 * Carries a {@code long} across a switch, in a field beside the coroutine, which passes a constant. It is
 * ordered as the fields of {@link Coroutine} are. What comes out of a shared generator is an object, which
 * the coroutine passes: the field may have the value of another thread's {@code resume} when this one's
 * returns.
 */
public final class LongCell extends BodyAdapter<Object> implements LongYielder {

    private static final Object SOMETHING = "";

    private final boolean shared;
    private LongGenerator.Body body;
    /** Set by the coroutine when it has been entered. */
    long value;

    /** A cell for the values of one body. */
    public LongCell(LongGenerator.Body body, boolean shared) {
        this.body = body;
        this.shared = shared;
    }

    /** Runs the body until it suspends or ends; gives null if it has ended, or what has the {@link #value}. */
    public Object resume(Coroutine<Void, Object> coroutine, long input) {
        return coroutine.resume(this, input);
    }

    /** What the next {@link #resume} is to give; null if the body has ended. It is not taken. */
    public Object peek(Coroutine<Void, Object> coroutine) {
        return coroutine.peek(this);
    }

    /** What the body has suspended with, if {@link #resume} has given this. */
    public long value(Object output) {
        return shared ? (Long) output : value;
    }

    @Override
    public Object takeEntered(Coroutine<?, ?> coroutine, boolean keep) {
        if (coroutine.waitsForInput()) {
            value = 0;
        }
        return coroutine.proceed(null, keep);
    }

    @Override
    public void discard() {
        body = null;
    }

    @Override
    public void run(Yielder<Void, Object> coroutine, Void input) throws Exception {
        LongGenerator.Body runs = body;
        body = null;
        yielder = (Coroutine<Void, Object>) coroutine;
        thread = Thread.currentThread();
        try {
            runs.run(this, value);
        } finally {
            thread = null;
        }
    }

    @Override
    public boolean isClosing() {
        return yielder != null && yielder.isClosing();
    }

    @Override
    public long suspend(long output) {
        if (Thread.currentThread() != thread) {
            throw misuse(SOMETHING);
        }
        if (shared) {
            yielder.suspend(output);
        } else {
            value = output;
            yielder.suspend(SOMETHING);
        }
        return value;
    }
}
