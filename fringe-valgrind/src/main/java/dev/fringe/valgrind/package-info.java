// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Makes generators fit for Valgrind. To have this artefact on the path is enough: {@link
 * dev.fringe.valgrind.ValgrindStacks} is found by {@link java.util.ServiceLoader} when the first generator
 * is made, and does nothing where there is no Valgrind. The artefact also carries a file of suppressions
 * for what Valgrind says of HotSpot, {@code dev/fringe/valgrind/hotspot.supp}.
 */
package dev.fringe.valgrind;
