// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.nativestacks.hotspot.Words;

/**
 * Decides for each generator what a switch exchanges: the thread pointer, or the {@link Words} by which HotSpot
 * finds the running thread. By words takes half the time.
 *
 * <p>By words, frames of C code below a body see the C library's state of the kernel thread that runs them, and a
 * C compiler keeps addresses of thread variables (such as {@code errno}) across calls. So a flow that is
 * switched by words has a <em>home</em>: the platform thread whose kernel thread runs it for as long as such frames
 * may be on its stack. The rule:
 *
 * <ul>
 * <li>confined, and made by a platform thread: by words, at home in that thread;
 * <li>confined, and made by a body that itself is switched by words: by words, at home where that body is;
 * <li>all others (shared, or made by a virtual thread or by a body that is switched by pointer): by pointer.
 * </ul>
 *
 * <p>Who is a platform thread is not asked of Java alone: a body of another copy of this library (in another class
 * loader) looks like one, and moves between kernel threads. HotSpot's note of the kernel thread decides, which is not
 * the running one for a body's thread ({@link dev.fringe.nativestacks.hotspot.KernelThreadIds}). It is looked up once for
 * each thread.
 */
final class Home {

    private static final NativeRuntime RUNTIME = NativeRuntime.get();
    private static final boolean BY_RULE =
            RUNTIME.words.words() != null && RUNTIME.choice == Words.Choice.BY_RULE;
    /** Whether all flows are switched by words, whoever resumes them. */
    static final boolean FORCED = RUNTIME.choice == Words.Choice.WORDS;

    /** What a platform thread is: a {@link NativeFlow} for a body's, TRUE for one that has a kernel thread, or FALSE. */
    private static final ThreadLocal<Object> KIND = new ThreadLocal<>();

    private Home() {}

    /** What makes the generators of the calling thread: a flow, a thread that flows can be at home in, or neither. */
    static Object maker(boolean shared, Thread creator) {
        if (!BY_RULE || shared || creator.isVirtual()) {
            return null;
        }
        Object kind = KIND.get();
        if (kind == null) {
            kind = kind(creator);
            KIND.set(kind);
        }
        return kind == Boolean.TRUE ? creator : kind;
    }

    private static Object kind(Thread creator) {
        NativeFlow flow = NativeFlow.of(creator);
        return flow != null ? flow : (Object) RUNTIME.kernelThreadIds.areRight();
    }
}
