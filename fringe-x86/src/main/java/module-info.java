// SPDX-License-Identifier: MIT OR Apache-2.0

/** The x86 backend of Fringe. */
module dev.fringe.x86 {
    requires dev.fringe;

    provides dev.fringe.spi.Backend with dev.fringe.x86.X86Backend;
}
