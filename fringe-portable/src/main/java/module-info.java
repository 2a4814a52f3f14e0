// SPDX-License-Identifier: MIT OR Apache-2.0

/** The portable engine of Fringe. */
module dev.fringe.portable {
    requires dev.fringe;

    provides dev.fringe.internal.engine.EngineProvider with dev.fringe.portable.PortableProvider;
}
