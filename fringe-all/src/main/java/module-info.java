// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Fringe for every machine: the native engine with the backends of all architectures, and the portable engine for all
 * other machines and operating systems. The one that fits is found by {@link java.util.ServiceLoader}. Requiring this
 * module brings them into an image that {@code jlink} makes; code that uses generators requires {@code dev.fringe}.
 */
@SuppressWarnings("module") // the names of some architectures end in a digit
module dev.fringe.all {
    requires transitive dev.fringe;
    requires dev.fringe.aarch64;
    requires dev.fringe.or1k;
    requires dev.fringe.portable;
    requires dev.fringe.riscv64;
    requires dev.fringe.x86;
    requires dev.fringe.x86_64;
}
