// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

/**
 * The library's log, {@value #NAME} of {@link System.Logger}. Loggers are code of others: nothing is logged under
 * a lock or by the bystander, and what they throw is ignored.
 */
public final class Log {

    public static final String NAME = "dev.fringe";

    private Log() {}

    public static void warn(String message, Throwable cause) {
        write(System.Logger.Level.WARNING, message, cause);
    }

    public static void debug(String message, Throwable cause) {
        write(System.Logger.Level.DEBUG, message, cause);
    }

    private static void write(System.Logger.Level level, String message, Throwable cause) {
        try {
            System.getLogger(NAME).log(level, message, cause);
        } catch (Throwable t) { // no room, no memory, or a logger's fault: what is logged has been done all the same
            return;
        }
    }
}
