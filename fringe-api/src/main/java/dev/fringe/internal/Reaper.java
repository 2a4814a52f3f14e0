// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.lang.ref.Cleaner;

/** Closes generators that have become unreachable before they ended. */
public final class Reaper {

    private static final Cleaner CLEANER = Cleaner.create(task -> Thread.ofPlatform().name("fringe-cleaner")
            .daemon().inheritInheritableThreadLocals(false).unstarted(task));

    private Reaper() {}

    /** Closes {@code coroutine} when {@code generator} is unreachable. */
    public static Cleaner.Cleanable watch(Object generator, Coroutine<?, ?> coroutine) {
        return CLEANER.register(generator, () -> reclaim(coroutine));
    }

    /** Runs {@code action} when {@code generator} is unreachable. */
    public static Cleaner.Cleanable watch(Object generator, Runnable action) {
        return CLEANER.register(generator, action);
    }

    private static void reclaim(Coroutine<?, ?> coroutine) {
        try {
            coroutine.close(true);
        } catch (Throwable t) {
            System.getLogger("dev.fringe").log(System.Logger.Level.WARNING,
                    "the body of a generator that was abandoned threw while it was unwound", t);
        }
    }
}
