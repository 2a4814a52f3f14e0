// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * For those who add an architecture or a tool; users of generators need nothing from here.
 *
 * <p>A backend is one assembly file that implements {@code fringe.h}, the bindings that jextract
 * generates from that header, and one {@link dev.fringe.spi.Backend} with its service entry. What is
 * the same on all architectures is not a backend's business.
 *
 * <p>A tool that has to know which memory is a stack is a {@link dev.fringe.spi.StackObserver}.
 */
@NullMarked
package dev.fringe.spi;

import org.jspecify.annotations.NullMarked;
