// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.x86_64;

import dev.fringe.nativestacks.ArchitectureBackend;

/** Linux on x86_64. */
public final class X86_64Backend extends ArchitectureBackend {

    /** For the service loader. */
    public X86_64Backend() {
        super("x86_64", "x86", 64, 16, X86_64Backend.class.getResource("libfringe.so"));
    }
}
