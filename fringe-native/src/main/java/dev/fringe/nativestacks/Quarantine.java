// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Stacks with live frames that can't be unwound. They are never used again and never freed. */
final class Quarantine {

    private static final Queue<NativeFlow> KEPT = new ConcurrentLinkedQueue<>();

    private Quarantine() {}

    static void add(NativeFlow thread) {
        KEPT.add(thread); // and if there is no room for that: each thread is in NativeFlow.all()
        System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the body of a generator could not be unwound;"
                + " the stack of " + thread.thread().getName() + " is kept for ever (" + KEPT.size() + " so far)");
    }
}
