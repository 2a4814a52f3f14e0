// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.BodyContext;
import dev.fringe.internal.engine.Flow;

/**
 * Gives a body the context of its resumer. Resumers that come at the same time are told apart before {@link #enter},
 * so there is one stretch at a time; the fields are ordered as those of {@link Coroutine} are.
 */
final class ContextStretch<S> extends Stretch {

    private final BodyContext<S> context;
    private S captured;
    /** Whether the body's thread is to be cleared of it. */
    private boolean inside;

    ContextStretch(BodyContext<S> context) {
        this.context = context;
    }

    @Override
    void enter(Flow flow) {
        captured = context.capture();
    }

    @Override
    void exit() {
        captured = null;
    }

    @Override
    void undo() {
        captured = null;
    }

    @Override
    void arrive() {
        inside = true;
        try {
            context.enter(captured);
        } catch (Throwable t) {
            warn("enter", t);
        }
    }

    @Override
    void leave() {
        if (inside) {
            inside = false;
            try {
                context.leave(captured);
            } catch (Throwable t) {
                warn("leave", t);
            }
        }
    }

    @Override
    void stay() {
        if (!inside) {
            arrive();
        }
    }

    private void warn(String method, Throwable t) {
        try {
            System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the context of a generator has thrown in "
                    + method + "(), and its body goes on", t);
        } catch (Throwable noRoom) {
            return; // at the end of the stack it can't be said
        }
    }
}
