// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

/**
 * One number.
 *
 * @param table what it stands beside its peers in
 * @param name what was measured
 * @param at under what circumstances, such as a depth; may be empty
 * @param score the median of the fastest fifth of the iterations
 * @param error half the width of the interval in which JMH is 99.9 % sure of the mean of that fifth; 0
 *     if there was one measurement only
 * @param unit what of
 * @param bytes allocated in each operation, or -1 if that was not measured
 */
record Row(String table, String name, String at, double score, double error, String unit, double bytes) {

    /** What tells rows of one file apart. */
    String key() {
        return table + " / " + name + (at.isEmpty() ? "" : " / " + at);
    }
}
