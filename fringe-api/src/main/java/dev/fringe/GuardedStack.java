// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

/**
 * A stack that has, directly below its limit, at least one page that can be neither read nor written,
 * so that native code which overflows the stack is stopped by the kernel instead of writing over other
 * memory. Java code is stopped before that on every stack.
 */
public interface GuardedStack extends Stack {}
