// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * The portable engine: generators in pure Java, for every machine that a JDK of version 25 or later runs on. Nothing of it
 * is to be called by programs; the api finds it by the service loader.
 *
 * <p>There are two. In {@link dev.fringe.portable.CarriedFlow} a body is a virtual thread that its resumer carries. That
 * takes access to what is private in {@code java.lang} ({@link dev.fringe.portable.TrustedLookup}) and a virtual
 * machine with continuations. Where one of them is missing, a body has a platform thread that takes turns with its
 * resumer ({@link dev.fringe.portable.HandoffFlow}).
 */
package dev.fringe.portable;
