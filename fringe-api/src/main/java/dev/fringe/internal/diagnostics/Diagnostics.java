// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.nativestacks.NativeRuntime;
import java.util.stream.Collectors;

/** What was found out about this machine, for tests and for reports of faults. */
public final class Diagnostics {

    private Diagnostics() {}

    /** One line; loads the backend if no generator has been made yet. */
    public static String describe() {
        NativeRuntime hosted = NativeRuntime.get();
        return "backend " + hosted.backend.name()
                + ", thread pointer set by " + (hosted.instruction ? "an instruction" : "a system call")
                + ", stack observers: " + hosted.observers.stream().map(observer -> observer.getClass().getName())
                        .collect(Collectors.joining(", ", "[", "]"));
    }
}
