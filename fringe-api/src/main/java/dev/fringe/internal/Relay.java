// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Generator;

/**
 * What stands between a coroutine and a body whose yielder is not the coroutine itself: for the coroutine it
 * is the body, and for the body, in a subclass, it is the yielder.
 */
abstract class Relay<O> implements Generator.Body<Void, O> {

    /** The coroutine; null before the body has started. */
    Coroutine<Void, O> yielder;
    /** The body's thread while it runs. */
    Thread thread;

    /** Called when the body has ended, or has been given up or will never run: forgets it and its values. */
    abstract void discard();

    /**
     * For who suspends and is somebody else, or does it after the end, or while the body is unwound: the
     * coroutine knows what to throw.
     */
    final IllegalStateException misuse(O output) {
        if (yielder != null) {
            yielder.suspend(output);
        }
        return new IllegalStateException("only the body of a generator may suspend it");
    }
}
