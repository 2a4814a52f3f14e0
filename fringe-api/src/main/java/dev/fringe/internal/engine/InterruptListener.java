// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.Set;

/**
 * Is told when a thread is interrupted. The JDK tells selectors, so this is one, of nothing: while a thread is between
 * {@code begin()} and {@code end()} of a selector, {@code Thread.interrupt} calls the selector's {@link #wakeup}.
 *
 * <p>Interrupting a platform thread takes three steps: (1) set the status, (2) look, under a lock, which selector is
 * to be told, (3) tell it. Between them the interrupter may be stopped for any time. Interrupting a virtual thread does
 * (1) and (2) under one lock. A thread that interrupts itself takes the first step only.
 */
public abstract class InterruptListener extends AbstractSelector {

    /** A listener that is not told of anything yet. */
    protected InterruptListener() {
        super(null);
    }

    /** Called by the thread that interrupts, after it has set the status; or by {@code begin()}, if that is set. */
    @Override
    public abstract Selector wakeup();

    /** Is told no more; by the thread that has called {@code begin()}. */
    final void stop() {
        end();
    }

    // ---- what a selector has besides, and nothing calls ---------------------------------------------

    @Override
    protected final void implCloseSelector() { }

    @Override
    protected final SelectionKey register(AbstractSelectableChannel channel, int operations, Object attachment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public final Set<SelectionKey> keys() {
        throw new UnsupportedOperationException();
    }

    @Override
    public final Set<SelectionKey> selectedKeys() {
        throw new UnsupportedOperationException();
    }

    @Override
    public final int selectNow() {
        throw new UnsupportedOperationException();
    }

    @Override
    public final int select(long timeout) {
        throw new UnsupportedOperationException();
    }

    @Override
    public final int select() {
        throw new UnsupportedOperationException();
    }
}
