// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;

/** What is done around each stretch of a body, from where it is resumed to where it suspends or ends. */
abstract class Stretch {

    /** What the options ask for; null if that is nothing, so that a switch need not call. */
    static Stretch of(Options options) {
        Stretch interrupts = options.interruptible() ? new Interrupts() : null;
        Stretch context = options.context() != null ? new ContextStretch<>(options.context()) : null;
        if (interrupts == null || context == null) {
            return interrupts == null ? context : interrupts;
        }
        return new Both(context, interrupts);
    }

    /** Whether an interrupt of the resumer, or a time limit, reaches the body. */
    boolean interrupts() {
        return false;
    }

    // ---- on the thread that resumes -------------------------------------------------------------------

    /** Before the switch into the body, which runs on {@code flow}. */
    abstract void enter(Flow flow);

    /** After the switch back from the body. */
    abstract void exit();

    /** The switch has not happened, or {@link #enter} has thrown. */
    abstract void undo();

    // ---- on the thread of the body --------------------------------------------------------------------

    /** The body goes on. */
    abstract void arrive();

    /** The body is about to suspend, or has ended. */
    abstract void leave();

    /** The body could not suspend. */
    abstract void stay();

    /** Two of them. What has been entered last is next to the switch. */
    private static final class Both extends Stretch {

        private final Stretch outer;
        private final Stretch inner;

        Both(Stretch outer, Stretch inner) {
            this.outer = outer;
            this.inner = inner;
        }

        @Override
        boolean interrupts() {
            return outer.interrupts() || inner.interrupts();
        }

        @Override
        void enter(Flow flow) {
            outer.enter(flow);
            inner.enter(flow);
        }

        @Override
        void exit() {
            inner.exit();
            outer.exit();
        }

        @Override
        void undo() {
            inner.undo();
            outer.undo();
        }

        @Override
        void arrive() {
            inner.arrive();
            outer.arrive();
        }

        @Override
        void leave() {
            outer.leave();
            inner.leave();
        }

        @Override
        void stay() {
            inner.stay();
            outer.stay();
        }
    }
}
