// SPDX-License-Identifier: MIT OR Apache-2.0

/** The aarch64 backend of Fringe. */
module dev.fringe.aarch64 {
    requires dev.fringe;

    provides dev.fringe.spi.Backend with dev.fringe.aarch64.AArch64Backend;
}
