// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Diagnostics of all generators of this virtual machine, for people and for monitoring tools.
 *
 * <p>They cost nothing until they are used: {@link dev.fringe.management.Generators} looks at the stacks that the
 * library knows anyway. The management bean needs the module {@code java.management}.
 */
@NullMarked
package dev.fringe.management;

import org.jspecify.annotations.NullMarked;
