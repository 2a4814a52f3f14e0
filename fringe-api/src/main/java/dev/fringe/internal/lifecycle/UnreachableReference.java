// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.lifecycle;

import java.lang.ref.PhantomReference;

/** By which a generator's being unreachable becomes known. The coroutine keeps it, or it would be unreachable itself. */
public final class UnreachableReference extends PhantomReference<Object> {

    final Reclaimable task;

    /**
     * Has {@link Reaper} close something when a generator is unreachable.
     *
     * @param generator what is watched
     * @param task what to close; it must not refer to {@code generator}
     */
    public UnreachableReference(Object generator, Reclaimable task) {
        super(generator, Reaper.UNREACHABLE);
        this.task = task;
    }
}
