// SPDX-License-Identifier: MIT OR Apache-2.0

/** The aarch64 backend of Fringe. */
@SuppressWarnings("module") // the name of the architecture ends in a digit
module dev.fringe.aarch64 {
    requires dev.fringe.nativestacks;

    provides dev.fringe.spi.Backend with dev.fringe.aarch64.AArch64Backend;
}
