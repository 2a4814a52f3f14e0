// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import dev.fringe.internal.engine.Task;

/** What is to be closed when its generator is unreachable: a coroutine. */
public interface Reclaimable extends Task {

    /** Makes the {@link UnreachableReference} that the generator is watched by, if that has not been done. */
    void watch();

    /**
     * Whether freeing it takes running its body.
     *
     * @return whether the body has frames that have to be unwound
     */
    boolean hasFrames();

    /**
     * Unwinds the body if it is suspended, and frees what it runs on.
     *
     * @param abandoned whether the generator is unreachable, so that no thread owns it any more
     */
    void close(boolean abandoned);

    /**
     * Whether it is to be closed when the virtual machine shuts down. Any thread may close it then.
     *
     * @return whether that was asked for
     */
    default boolean isClosedAtShutdown() {
        return false;
    }

    /**
     * Whether the body will never run again.
     *
     * @return whether it has ended or was closed
     */
    default boolean hasEnded() {
        return true;
    }

    /**
     * Whether the body runs, and waits for a lock, a time or another thread.
     *
     * @return whether it does, at the moment
     */
    boolean isBlocked();
}
