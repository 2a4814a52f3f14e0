// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.or1k;

import dev.fringe.or1k.binding.fringe_h;
import dev.fringe.spi.Assembly;
import dev.fringe.spi.Backend;
import dev.fringe.spi.Machine;
import java.net.URL;
import java.nio.file.Path;

/**
 * Linux on or1k (OpenRISC 1000), for which there is no virtual machine yet. On any other machine this
 * backend does not fit, and that is all it says.
 *
 * <p>What is proven, by {@code ./fringe arch or1k} and in emulators only: the bare pair, with Linux and
 * on a board without an operating system; birth, switch and death of hosted contexts on kernel threads
 * that a test makes itself, with Linux; and backtraces through both by call frame information.
 *
 * <p>What is not: the hosted functions together with a C library or a virtual machine, unregistering an
 * area for restartable sequences, and anything on a real processor.
 *
 * <p>The artefact contains the assembly as a relocatable object, {@code fringe.o}, because the toolchain
 * that there is makes no shared libraries. The object contains no address, so one that does can make a
 * {@code libfringe.so} from it and put it next to the object. Without it, {@link #library()} is null.
 */
public final class Or1kBackend implements Backend {

    /** The alignment of stacks, in bytes. */
    public static final int STACK_ALIGNMENT = 4;

    /** For the service loader. */
    public Or1kBackend() {}

    @Override
    public String name() {
        return "or1k";
    }

    @Override
    public boolean fits(Machine machine) {
        return machine.linux() && machine.architecture().equals("or1k") && machine.bits() == 32;
    }

    @Override
    public int stackAlignment() {
        return STACK_ALIGNMENT;
    }

    @Override
    public URL library() {
        return Or1kBackend.class.getResource("libfringe.so");
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
                fringe_h.fringe_materialise$handle());
    }
}
