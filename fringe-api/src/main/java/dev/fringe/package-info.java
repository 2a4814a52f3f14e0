// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Generators: functions that can be suspended at any depth of calls and resumed later, each on a stack of
 * its own.
 *
 * <p>Start at {@link dev.fringe.Generator}. A {@link dev.fringe.Yielder} is what its body suspends it
 * with; a {@link dev.fringe.Stack} is what it runs on, and rarely of interest.
 *
 * <p>What may be null is annotated, with the annotations of <a href="https://jspecify.dev">JSpecify</a>, and the build
 * checks it. Any other argument that is null is a {@link NullPointerException}, and nothing has happened. Whatever makes a generator throws {@link IllegalStateException} if the backend can't be loaded.
 */
@NullMarked
package dev.fringe;

import org.jspecify.annotations.NullMarked;
