// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.or1k;

import dev.fringe.nativestacks.ArchitectureBackend;

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
 * {@code libfringe.so} from it and put it next to the object. Without it, there is no library to load.
 */
public final class Or1kBackend extends ArchitectureBackend {

    /** For the service loader. */
    public Or1kBackend() {
        super("or1k", "or1k", 32, 4, Or1kBackend.class.getResource("libfringe.so"));
    }
}
