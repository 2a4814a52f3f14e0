// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.doctor.Examination;

/**
 * A program that reports what this library finds on a machine, and whether it works there. Run it like the program that
 * uses the library: with the same options, and the same class path or module path:
 *
 * <pre>{@code
 * java --enable-native-access=ALL-UNNAMED -cp ... dev.fringe.Doctor
 * java --enable-native-access=dev.fringe.nativestacks,dev.fringe.portable -p ... -m dev.fringe/dev.fringe.Doctor
 * }</pre>
 *
 * <p>It prints, to standard output,
 *
 * <ul>
 * <li>the virtual machine, the operating system and, on Linux, the C library;
 * <li>which engines and backends are on the path, which fit the machine, and why the others do not;
 * <li>what the engine in use has found out, and what it does without;
 * <li>the limits of this process that generators can meet;
 * <li>the result of a self-test of a second, for each engine that fits and each way in which it can switch
 *     ({@code -Ddev.fringe.doctor.millis=100} makes it a tenth of one).
 * </ul>
 *
 * <p>Each self-test runs in a virtual machine of its own with this one's options, so the report is complete even if one
 * crashes or hangs. If none can be started, the engine in use is tested in this one. The last line is {@code fringe
 * works here}, or begins with {@code fringe does not work here} and gives the reason.
 *
 * <p>The exit status is 0 if the library works, 1 if it does not, and 2 if there are arguments: the program takes none.
 * The report names a way of switching that is impossible on a machine, such as one for which the processor has no
 * instruction; that is no fault. On an operating system other than Linux, no Linux file is read.
 */
public final class Doctor {

    private Doctor() {}

    /**
     * Prints the report, and ends the virtual machine if the exit status is not 0.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            System.err.println("dev.fringe.Doctor takes no arguments, but got \"" + String.join(" ", arguments)
                    + "\"; properties such as -Ddev.fringe.backend=portable go before its name");
            System.exit(2);
        }
        if (!new Examination(System.out).run()) {
            System.exit(1);
        }
    }
}
