// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What goes on in all generators of this virtual machine, for people and for monitoring tools.
 *
 * <p>It costs nothing until it is asked: {@link dev.fringe.management.Generators} looks at the stacks
 * that the library knows anyway. As a management bean it needs the module {@code java.management}.
 */
@NullMarked
package dev.fringe.management;

import org.jspecify.annotations.NullMarked;
