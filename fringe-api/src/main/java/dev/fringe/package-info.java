// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Generators: functions that can be suspended at any depth of calls and resumed later, each on a stack of
 * its own.
 *
 * <p>Start at {@link dev.fringe.Generator}. Its body suspends it with a {@link dev.fringe.Yielder}. It runs on a {@link
 * dev.fringe.Stack}, which is rarely of interest.
 *
 * <p>What may be null has annotations of <a href="https://jspecify.dev">JSpecify</a>, and the build checks them. Any
 * other null argument causes a {@link NullPointerException}, without any effect. Every method that makes a generator
 * throws {@link IllegalStateException} if the backend can't be loaded.
 */
@NullMarked
package dev.fringe;

import org.jspecify.annotations.NullMarked;
