// SPDX-License-Identifier: MIT OR Apache-2.0

/** The x86_64 backend of Fringe. */
module dev.fringe.x86_64 {
    requires dev.fringe;

    provides dev.fringe.spi.Backend with dev.fringe.x86_64.X86_64Backend;
}
