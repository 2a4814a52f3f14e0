// SPDX-License-Identifier: MIT OR Apache-2.0

/** The x86 backend of Fringe. */
@SuppressWarnings("module") // the name of the architecture ends in a digit
module dev.fringe.x86 {
    requires dev.fringe.nativestacks;

    provides dev.fringe.spi.Backend with dev.fringe.x86.X86Backend;
}
