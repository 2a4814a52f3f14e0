// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Stacks with live frames that can't be unwound. They are never used again and never freed. */
final class Quarantine {

    private static final Queue<StackThread> KEPT = new ConcurrentLinkedQueue<>();

    private Quarantine() {}

    static void add(StackThread thread) {
        KEPT.add(thread); // and if there is no room for that: each thread is in StackThread.all()
        System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the body of a generator could not be unwound;"
                + " the stack of " + thread.thread().getName() + " is kept for ever (" + KEPT.size() + " so far)");
    }
}
