// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

/**
 * What one side of a switch leaves for the other.
 *
 * <p>It is not part of the coroutine for long, because of G1, which has a fence executed when an object of
 * the old generation is made to refer to a young one: a coroutine grows old, and with a new value each
 * time its round trip took 1.15 times as long. So there is a new slot every so many switches, which is
 * young as long as the coroutine is busy. The first slot is the coroutine itself, as it is young then.
 */
public class Transfer {

    public static final int SWITCHES = 1 << 12;

    Object value;
    int outcome;
    int left = SWITCHES;
}
