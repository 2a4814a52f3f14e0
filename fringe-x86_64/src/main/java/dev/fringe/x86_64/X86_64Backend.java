// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.x86_64;

import dev.fringe.spi.Assembly;
import dev.fringe.spi.Backend;
import dev.fringe.spi.Machine;
import dev.fringe.x86_64.binding.fringe_h;
import java.net.URL;
import java.nio.file.Path;

/** Linux on x86_64. */
public final class X86_64Backend implements Backend {

    /** The alignment of stacks, in bytes. */
    public static final int STACK_ALIGNMENT = 16;

    /** For the service loader. */
    public X86_64Backend() {}

    @Override
    public String name() {
        return "x86_64";
    }

    @Override
    public boolean fits(Machine machine) {
        return machine.linux() && machine.architecture().equals("x86") && machine.bits() == 64;
    }

    @Override
    public int stackAlignment() {
        return STACK_ALIGNMENT;
    }

    @Override
    public URL library() {
        return X86_64Backend.class.getResource("libfringe.so");
    }

    @Override
    public Assembly load(Path file) {
        System.load(file.toString());
        return new Assembly(
                fringe_h.fringe_init$address(),
                fringe_h.fringe_swap$address(),
                fringe_h.fringe_yield$address(),
                fringe_h.fringe_configure$handle(),
                fringe_h.fringe_thread_pointer$handle(),
                fringe_h.fringe_entry$address(),
                fringe_h.fringe_dematerialise$handle(),
                fringe_h.fringe_dematerialise$address(),
                fringe_h.fringe_await$handle(),
                fringe_h.fringe_resume$handle(),
                fringe_h.fringe_suspend$handle(),
                fringe_h.fringe_materialise$handle(),
                fringe_h.fringe_configure_words$handle(),
                fringe_h.fringe_find_module$address());
    }
}
