// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

/** Scales how often something is done, not what is checked: an emulated machine is slow. */
final class Scale {

    /** A factor for all counts; 1 on a real machine. */
    static final double FACTOR = Double.parseDouble(System.getProperty("fringe.test.scale", "1"));

    private Scale() {}

    /** A count, scaled, but not below a minimum that the test needs to mean anything. */
    static int of(int count, int least) {
        return Math.max(least, (int) (count * FACTOR));
    }
}
