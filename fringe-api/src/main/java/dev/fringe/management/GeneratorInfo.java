// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import dev.fringe.Generator;
import org.jspecify.annotations.Nullable;

/**
 * One generator at one moment.
 *
 * @param name its name: the given one, the place where it was created, or that of its stack
 * @param threadId the id of its Java thread, see {@link Thread#threadId}
 * @param state what the generator does
 * @param started whether its body has been entered
 * @param shared whether any thread may resume it
 * @param stackSize the size of its stack in bytes, guard pages included; -1 if the engine in use does not know it
 * @param stackUsed how many of these bytes lie between the base and where it is suspended; -1 if it runs, or if the
 *     engine in use does not know it
 * @param creationSite where it was created, as in a stack trace; null unless the system property {@code
 *     dev.fringe.creationSites} is {@code true}
 * @param resumer the name of its resumer; null if it is suspended
 * @param resumerThreadId the id of its resumer; 0 if it is suspended
 */
public record GeneratorInfo(String name, long threadId, Generator.State state, boolean started, boolean shared,
        long stackSize, long stackUsed, @Nullable String creationSite, @Nullable String resumer, long resumerThreadId) {

    @Override
    public String toString() {
        return '"' + name + "\" #" + threadId + " " + (started || resumer != null ? state : "NOT STARTED")
                + (resumer == null ? "" : " resumed by \"" + resumer + "\" #" + resumerThreadId)
                + (shared ? " shared" : "") + " stack " + (stackUsed < 0 ? "" : stackUsed + " of ") + stackSize + " bytes"
                + (creationSite == null ? "" : " created at " + creationSite);
    }
}
