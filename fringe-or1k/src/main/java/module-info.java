// SPDX-License-Identifier: MIT OR Apache-2.0

/** The or1k backend of Fringe. */
module dev.fringe.or1k {
    requires dev.fringe.nativestacks;

    provides dev.fringe.spi.Backend with dev.fringe.or1k.Or1kBackend;
}
