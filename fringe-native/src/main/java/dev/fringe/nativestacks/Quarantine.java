// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.support.Log;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Stacks with live frames that can't be unwound. They are never used again and never freed. */
final class Quarantine {

    private static final Queue<NativeFlow> KEPT = new ConcurrentLinkedQueue<>();

    private Quarantine() {}

    static void add(NativeFlow thread) {
        try {
            KEPT.add(thread);
            Log.warn("the body of a generator could not be unwound; the stack of " + thread.thread().getName()
                    + " is never used again nor freed (" + KEPT.size() + " so far)", null);
        } catch (Throwable t) { // no room or no memory: each thread is in NativeFlow.all() besides
            return;
        }
    }
}
