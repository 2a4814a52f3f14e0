// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.settings.Settings;
import dev.fringe.nativestacks.hotspot.ExitWait;
import dev.fringe.nativestacks.hotspot.GdbInterface;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import java.util.List;

/**
 * Something that is done with HotSpot's own data, where that is as expected, and done without where it is not. All
 * works either way; what is lost is said in {@code docs/architecture.md}.
 *
 * @param name what it is called there
 * @param obstacle why it is not in use; null if it is
 */
record FastPath(String name, String obstacle) {

    private static final String NOT_FOUND = "what this virtual machine publishes for debuggers is not as expected";

    /** All of them, in this virtual machine. To be called by a platform thread, when the engine is loaded. */
    static List<FastPath> all() {
        NativeRuntime runtime = NativeRuntime.get();
        return List.of(
                new FastPath("quick exit", ExitWait.obstacle()),
                new FastPath("kernel thread ids", runtime.kernelThreadIds != null ? null
                        : Settings.flag(Settings.KERNEL_THREAD_IDS, true) ? NOT_FOUND
                        : Settings.KERNEL_THREAD_IDS + " is false"),
                new FastPath("blocks of references", runtime.kernelThreadIds == null ? "it needs the kernel thread ids"
                        : UpcallDetector.isReliable(runtime.kernelThreadIds) ? null : NOT_FOUND),
                new FastPath("words", runtime.words.words() != null ? null : runtime.words.reason()),
                new FastPath("code cache for gdb", GdbInterface.obstacle()));
    }
}
