// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.Yielder;

/**
 * Carries a {@code long} across a switch, in a field beside the coroutine, which passes the cell. It is
 * ordered as the fields of {@link Coroutine} are. What comes out of a shared generator is an object, which
 * the coroutine passes: the field may have the value of another thread's {@code resume} when this one's
 * returns.
 *
 * <p>If the body has delegated, a resumer gets the cell of the innermost body, and leaves the input in its own, which
 * that body gets. So the values of a chain are not passed on from cell to cell.
 */
public final class LongCell extends BodyAdapter<Object, Object> implements LongYielder {

    /** The input of a body that is resumed without one. */
    static final LongCell NOTHING = new LongCell(null, false);

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
    public Object resume(Coroutine<?, Object> coroutine, long input) {
        return coroutine.resume(this, input);
    }

    /** What the next {@link #resume} is to give; null if the body has ended. It is not taken. */
    public Object peek(Coroutine<?, Object> coroutine) {
        return coroutine.peek(this);
    }

    /** What the body has suspended with, if {@link #resume} has given this. */
    public long value(Object output) {
        return output == this ? value : unboxed(output);
    }

    /** The value in a cell, or in an object. */
    private static long unboxed(Object carrier) {
        return carrier instanceof LongCell cell ? cell.value : (Long) carrier;
    }

    /** The same as an object. */
    private static Object boxed(Object carrier) {
        return carrier instanceof LongCell cell ? (Object) cell.value : carrier;
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
    public void run(Yielder<Object, Object> coroutine, Object input) throws Exception {
        LongGenerator.Body runs = body;
        body = null;
        yielder = (Coroutine<Object, Object>) coroutine;
        thread = Thread.currentThread();
        try {
            runs.run(this, input == null ? value : unboxed(input));
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
            throw misuse(NOTHING);
        }
        Object input;
        if (shared) {
            input = yielder.suspend(output);
        } else {
            value = output;
            input = yielder.suspend((Object) this);
        }
        return input == null ? value : unboxed(input);
    }

    /**
     * Runs the body of another coroutine in place of that of {@code yielder} until it has ended.
     *
     * @param first what the other is resumed with first
     * @param iterates whether it stands in for a loop over the values of the other
     * @return false if nothing has happened, because {@code yielder} is not one that can wait for it
     */
    @SuppressWarnings("unchecked") // the bodies of cells take any input
    public static boolean standIn(Coroutine<?, Object> inner, LongYielder yielder, long first, boolean iterates) {
        if (!(yielder instanceof LongCell outer)) {
            return false;
        }
        if (Thread.currentThread() != outer.thread) {
            throw outer.misuse(NOTHING);
        }
        // What leaves a shared one must not change when another thread resumes it.
        outer.yielder.delegate((Coroutine<Object, Object>) inner, outer.shared ? LongCell::boxed : null,
                first == 0 ? null : (Object) first, iterates ? Delegation.ITERATES : Delegation.STANDS_IN);
        return true;
    }
}
