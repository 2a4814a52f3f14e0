// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.Generator;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Task;

/**
 * What diagnostics ask a coroutine, from any thread at any time, while it goes on; so answers to two
 * questions need not fit together.
 */
public interface Inspectable extends Task {

    /**
     * The name of the generator, or of its flow if it has none.
     *
     * @return the name; null if it had none and has ended
     */
    String name();

    /**
     * Where it was created.
     *
     * @return a frame, or null if that was not noted
     */
    StackTraceElement site();

    /**
     * Whether any thread may resume it.
     *
     * @return whether it is shared
     */
    boolean isShared();

    /**
     * Whether its body has been entered.
     *
     * @return whether it has
     */
    boolean hasStarted();

    /**
     * Whether its body has ended, or it has been closed.
     *
     * @return whether it has
     */
    boolean hasEnded();

    /**
     * What it does.
     *
     * @return its state
     */
    Generator.State state();

    /**
     * The only thread that may resume it.
     *
     * @return a thread, or null if any may
     */
    Thread owner();

    /**
     * The body's thread.
     *
     * @return a thread, or null if the body has ended
     */
    Thread thread();

    /**
     * The thread that runs the body at the moment.
     *
     * @return a thread, or null
     */
    Thread resumer();

    /**
     * What the body runs on.
     *
     * @return a flow; null if the body has ended
     */
    Flow flow();

    /**
     * Whose body runs in place of this one's.
     *
     * @return another coroutine, or null
     */
    Inspectable delegate();

    /**
     * Whose body waits for this one's, which runs in place of it.
     *
     * @return another coroutine, or null
     */
    Inspectable delegating();
}
