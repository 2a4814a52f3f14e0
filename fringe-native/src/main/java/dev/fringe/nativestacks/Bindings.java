// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.spi.Assembly;
import java.lang.foreign.SymbolLookup;

/** What jextract has made of {@code fringe.h}, as one object. The library must have been loaded. */
final class Bindings {

    private Bindings() {}

    /** Where a pointer has 64 bits. */
    static Assembly lp64() {
        boolean words = SymbolLookup.loaderLookup().find("fringe_configure_words").isPresent();
        return new Assembly(
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_init$address(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_swap$address(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_yield$address(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_configure$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_thread_pointer$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_entry$address(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_dematerialise$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_dematerialise$address(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_await$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_resume$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_suspend$handle(),
                dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_materialise$handle(),
                words ? dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_configure_words$handle() : null,
                words ? dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_find_module$address() : null,
                words ? dev.fringe.nativestacks.binding.lp64.fringe_h.fringe_try_word$handle() : null);
    }

    /** Where a pointer has 32 bits. */
    static Assembly ilp32() {
        return new Assembly(
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_init$address(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_swap$address(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_yield$address(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_configure$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_thread_pointer$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_entry$address(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_dematerialise$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_dematerialise$address(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_await$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_resume$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_suspend$handle(),
                dev.fringe.nativestacks.binding.ilp32.fringe_h.fringe_materialise$handle());
    }
}
