// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;

/**
 * What stands between a coroutine and a body whose yielder is not the coroutine itself: for the coroutine it
 * is the body, and for the body, in a subclass, it is the yielder.
 */
public abstract class BodyAdapter<I, O> implements Generator.Body<I, O> {

    /** The coroutine; null before the body has started. */
    public Coroutine<I, O> yielder;
    /** The body's thread while it runs. */
    public Thread thread;

    /**
     * What comes out next, where the adapter keeps values itself, for what has entered the coroutine and is to leave it.
     *
     * @param keep whether it is not to be taken
     */
    public Object takeEntered(Coroutine<?, ?> coroutine, boolean keep) {
        return coroutine.proceed(null, keep);
    }

    /** What the coroutine suspends with, where the adapter keeps values itself. */
    public O output() {
        throw new UnsupportedOperationException();
    }

    /** Called when the body has ended, or has been given up or will never run: forgets it and its values. */
    public abstract void discard();

    /**
     * For who suspends and is somebody else, or does it after the end, or while the body is unwound: the
     * coroutine knows what to throw.
     */
    public final IllegalStateException misuse(O output) {
        if (yielder != null) {
            yielder.suspend(output);
        }
        return new IllegalStateException("only the body of a generator may suspend it");
    }
}
