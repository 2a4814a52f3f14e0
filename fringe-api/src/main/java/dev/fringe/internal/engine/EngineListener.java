// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/**
 * What an engine tells, so that it need not know who wants to know. Called by any thread, by several at once. The
 * methods are quick and throw nothing.
 */
public interface EngineListener {

    /** A thread of the virtual machine has been made that {@link Thread#start} has not: native code has attached it. */
    void threadAttached();
}
