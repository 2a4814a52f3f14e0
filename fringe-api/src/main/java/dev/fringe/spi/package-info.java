// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * For authors of architectures and tools. Users of generators need nothing from here.
 *
 * <p>A backend is one assembly file that implements {@code fringe.h}, the bindings that jextract generates from that
 * header, and one {@link dev.fringe.spi.Backend} with its service entry. A backend does not contain what is the same on
 * all architectures.
 *
 * <p>A tool that has to know which memory is a stack implements {@link dev.fringe.spi.StackObserver}.
 */
@NullMarked
package dev.fringe.spi;

import org.jspecify.annotations.NullMarked;
