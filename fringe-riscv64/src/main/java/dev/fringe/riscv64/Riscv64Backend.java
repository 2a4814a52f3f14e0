// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.riscv64;

import dev.fringe.nativestacks.ArchitectureBackend;

/** Linux on riscv64. */
public final class Riscv64Backend extends ArchitectureBackend {

    /** For the service loader. */
    public Riscv64Backend() {
        super("riscv64", "riscv64", 64, 16, Riscv64Backend.class.getResource("libfringe.so"));
    }
}
