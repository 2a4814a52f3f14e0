// SPDX-License-Identifier: MIT OR Apache-2.0

/** The riscv64 backend of Fringe. */
@SuppressWarnings("module") // the name of the architecture ends in a digit
module dev.fringe.riscv64 {
    requires dev.fringe.nativestacks;

    provides dev.fringe.spi.Backend with dev.fringe.riscv64.Riscv64Backend;
}
