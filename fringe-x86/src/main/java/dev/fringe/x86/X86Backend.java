// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.x86;

import dev.fringe.nativestacks.ArchitectureBackend;

/** Linux on 32-bit x86. */
public final class X86Backend extends ArchitectureBackend {

    /** For the service loader. */
    public X86Backend() {
        super("x86", "x86", 32, 16, X86Backend.class.getResource("libfringe.so"));
    }
}
