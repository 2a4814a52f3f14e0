// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

/**
 * What one side of a switch leaves for the other: a value, and, from the body, how it came back.
 *
 * <p>It is not part of the coroutine for long, because of G1, which has a fence executed when an object of
 * the old generation is made to refer to a young one: a coroutine grows old, and with a new value each
 * time its round trip took 1.15 times as long. So there is a new one every so many switches, which is
 * young as long as the coroutine is busy. The first is the coroutine itself, as it is young then.
 *
 * <p>The fields are plain. The two sides are ordered as {@link Lifecycle} says.
 */
public class Transfer {

    public static final int SWITCHES = 1 << 12;

    /** The body waits for an input. */
    static final int YIELDED = 0;
    /** The body has ended; {@code value} is what it threw, or null. */
    static final int ENDED = 1;
    /** The body can't be unwound. */
    static final int STUCK = 2;
    /** The body waits for another generator, its {@link Delegation}. */
    static final int DELEGATING = 3;
    /** {@code value} came out of the body, or of its delegate, and has not been taken. */
    static final int FETCHED = 4;

    public Object value;
    int outcome;
    int left = SWITCHES;
}
