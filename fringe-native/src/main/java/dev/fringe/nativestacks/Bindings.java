// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.nativestacks.linux.NativeCall;
import dev.fringe.spi.Assembly;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of {@code fringe.h} as one object. The library must have been loaded. Those that switch are bound as
 * jextract has made them of the header; the others are called by {@link NativeCall}, and only their addresses are
 * looked up here, because jextract's classes bind each function as soon as they are asked for its address.
 */
final class Bindings {

    private static final SymbolLookup LIBRARY = SymbolLookup.loaderLookup();

    private Bindings() {}

    /** Where a pointer has 64 bits. */
    static Assembly lp64() {
        return assembly(
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_dematerialise$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_resume$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_suspend$handle());
    }

    /** Where a pointer has 32 bits. */
    static Assembly ilp32() {
        return assembly(
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_dematerialise$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_resume$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_suspend$handle());
    }

    private static Assembly assembly(MethodHandle dematerialise, MethodHandle resume, MethodHandle suspend) {
        boolean words = LIBRARY.find("fringe_configure_words").isPresent();
        return new Assembly(function("init"), function("swap"), function("yield"), function("configure"),
                function("thread_pointer"), function("entry"), dematerialise, function("dematerialise"),
                function("await"), resume, suspend, function("materialise"),
                words ? function("configure_words") : null, words ? function("find_module") : null,
                words ? function("try_word") : null);
    }

    private static MemorySegment function(String name) {
        return LIBRARY.findOrThrow("fringe_" + name);
    }
}
