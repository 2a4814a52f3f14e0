// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/**
 * What a flow runs. The core's coroutine is one; an engine knows nothing more of it.
 */
public interface Task {

    /**
     * Runs the body to its end. Called by the engine on the flow's own thread, once, by the first {@link
     * Flow#resume}. Throws nothing, whatever the body throws: what leaves the oldest Java frame of a thread that
     * native code has attached stops the virtual machine.
     */
    void runBody();
}
