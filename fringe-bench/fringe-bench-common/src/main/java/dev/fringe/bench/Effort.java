// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

/**
 * How much is done to measure one number.
 *
 * @param forks virtual machines to each run; none means that of this process
 * @param warmUps iterations that do not count
 * @param warmUpMilliseconds how long each of them takes
 * @param iterations that count
 * @param iterationMilliseconds how long each of them takes
 * @param limitSeconds after which an iteration is ended
 */
record Effort(int forks, int warmUps, int warmUpMilliseconds, int iterations, int iterationMilliseconds,
        int limitSeconds) {

    /** The property that says how often bodies are run before measuring, instead of what suits HotSpot here. */
    static final String WARM_UP = "dev.fringe.bench.warmUp";

    /** Many and short iterations, so that some pass while nobody else has the processor. */
    static final Effort USUAL = new Effort(1, 3, 300, 60, 8, 60);

    /** For a virtual machine that takes a hundred times as long for everything. */
    static Effort small(int forks) {
        return new Effort(forks, 1, 1000, 20, 50, 120);
    }
}
