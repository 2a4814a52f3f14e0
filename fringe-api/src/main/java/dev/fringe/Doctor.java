// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import dev.fringe.internal.doctor.Examination;

/**
 * A program that tells what this library finds on a machine, and whether it works there. To be run as what uses the
 * library is run, with the same options, and the same class path or module path:
 *
 * <pre>{@code
 * java --enable-native-access=ALL-UNNAMED -cp ... dev.fringe.Doctor
 * java --enable-native-access=dev.fringe.nativestacks -p ... -m dev.fringe/dev.fringe.Doctor
 * }</pre>
 *
 * <p>It prints, to standard output,
 *
 * <ul>
 * <li>the virtual machine, the operating system and, on Linux, the C library;
 * <li>which engines and backends are on the path, which fit the machine, and why the others do not;
 * <li>what the engine that is used has found out, and what it does without;
 * <li>the limits of this process that generators can meet;
 * <li>how a self-test of a second has ended, for each engine that fits and each way in which it can switch.
 * </ul>
 *
 * <p>Each self-test is run by a virtual machine of its own, which is started with this one's options, so that the
 * report is complete also if one crashes or hangs; if none can be started, the engine in use is tested in this one.
 * The last line is {@code fringe works here}, or begins with {@code fringe does not work here} and tells the reason.
 *
 * <p>The exit status is 0 if it works, 1 if it does not, and 2 if there are arguments, of which there are none.
 * A way of switching that is impossible on a machine, such as one that its processor has no instruction for, is told,
 * and is no fault. Nothing of Linux is read on another operating system.
 */
public final class Doctor {

    private Doctor() {}

    /**
     * Prints the report, and ends the virtual machine if the status is not 0.
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
