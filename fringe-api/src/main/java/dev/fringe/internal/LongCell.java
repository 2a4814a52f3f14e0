// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.Yielder;

/**
 * Carries a {@code long} across a switch, in a field beside the coroutine, which passes a constant. It is
 * ordered as the fields of {@link Coroutine} are.
 */
public final class LongCell extends Relay<Object> implements LongYielder {

    private static final Object SOMETHING = "";

    private LongGenerator.Body body;
    private long value;

    /** A cell for the values of one body. */
    public LongCell(LongGenerator.Body body) {
        this.body = body;
    }

    /** Runs the body until it suspends or ends; false if it has ended. */
    public boolean resume(Coroutine<Void, Object> coroutine, long input) {
        if (!coroutine.enter()) {
            return false;
        }
        value = input;
        return coroutine.proceed(null) != null;
    }

    /** What the body has suspended with. */
    public long value() {
        return value;
    }

    @Override
    public void run(Yielder<Void, Object> coroutine, Void input) throws Exception {
        LongGenerator.Body runs = body;
        body = null;
        yielder = coroutine;
        thread = Thread.currentThread();
        try {
            runs.run(this, value);
        } finally {
            thread = null;
        }
    }

    @Override
    public long suspend(long output) {
        if (Thread.currentThread() != thread) {
            throw misuse(SOMETHING);
        }
        value = output;
        yielder.suspend(SOMETHING);
        return value;
    }
}
