// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.aarch64;

import dev.fringe.nativestacks.ArchitectureBackend;

/** Linux on aarch64. */
public final class AArch64Backend extends ArchitectureBackend {

    /** For the service loader. */
    public AArch64Backend() {
        super("aarch64", "aarch64", 64, 16, AArch64Backend.class.getResource("libfringe.so"));
    }
}
