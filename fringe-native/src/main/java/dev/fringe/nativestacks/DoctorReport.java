// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.engine.Report;
import dev.fringe.internal.engine.Variant;
import dev.fringe.internal.settings.Settings;
import dev.fringe.nativestacks.linux.ProcMaps;
import dev.fringe.nativestacks.linux.TidSlot;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackObservers;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What the engine tells {@link dev.fringe.Doctor}. */
final class DoctorReport {

    /** The ways of switching. */
    static final List<Variant> VARIANTS = List.of(
            new Variant("by words", Map.of(Settings.SWITCH, "words")),
            new Variant("by thread pointer", Map.of(Settings.SWITCH, "pointer")),
            new Variant("by thread pointer and system call",
                    Map.of(Settings.SWITCH, "pointer", Settings.FORCE_SYSCALL, "true")));

    private DoctorReport() {}

    static void write(NativeRuntime runtime, Report to) {
        to.fact("library", library(runtime.backend.name()));
        to.fact("thread pointer", runtime.instruction ? "set by an instruction"
                : "set by a system call" + (Settings.flag(Settings.FORCE_SYSCALL, false)
                        ? " (" + Settings.FORCE_SYSCALL + " is true)"
                        : ", because processor and kernel allow no instruction for it"));
        to.fact("tid slot", TidSlot.describe(runtime.tidSlot));
        to.fact("exit word", runtime.exitWord.toString());
        to.fact("switch by words", runtime.words.words() == null ? "off: " + runtime.words.reason()
                : "on: " + runtime.words.words());
        for (FastPath path : FastPath.all()) {
            if (!path.name().equals("words")) { // told above, with what was found
                to.fact(path.name(), path.obstacle() == null ? "on" : "off: " + path.obstacle());
            }
        }
        to.fact("stack observers", StackObservers.names().toString());
        to.fact("generators", room());
    }

    /** The files that are mapped, as the kernel sees them: a copy for a second class loader is deleted at once. */
    private static String library(String backend) {
        try {
            return ProcMaps.all().stream().map(ProcMaps.Mapping::path)
                    .filter(path -> path.contains("/libfringe-" + backend + "-")).distinct()
                    .collect(Collectors.joining(", "));
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
    }

    private static String room() {
        try {
            long left = MappingBudget.left();
            return left < 0 ? "as many as there are mappings for; the kernel does not tell its limit of them"
                    : "about " + left + " more at once, as far as vm.max_map_count decides: each takes mappings, and some"
                            + " are kept for the virtual machine";
        } catch (IllegalStateException e) {
            return e.getMessage();
        }
    }
}
