// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Which threads wait for other threads to initialise classes. No interface of Java's tells: such a thread is
 * runnable and waits for no lock. HotSpot's thread dump says it, since JDK 17, so that is read.
 */
final class ClassInitialization {

    private static final Pattern THREAD = Pattern.compile("^\".*\" #(\\d+) .*");
    private static final Pattern WAITING = Pattern.compile("^\\s+- waiting on the Class initialization monitor for (\\S+)");

    private ClassInitialization() {}

    /** {@link #waiting}, for another thread. A class, see {@link GeneratorInspector}. */
    static final class Waiting implements Supplier<Map<Long, String>> {

        @Override
        public Map<Long, String> get() {
            return waiting();
        }
    }

    /** The names of the classes, by the ids of the threads; empty where there are no such dumps. */
    static Map<Long, String> waiting() {
        Map<Long, String> found = new HashMap<>();
        try {
            Object dump = ManagementFactory.getPlatformMBeanServer().invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"), "threadPrint",
                    new Object[] {new String[0]}, new String[] {String[].class.getName()});
            long thread = 0;
            for (String line : dump.toString().lines().toList()) {
                Matcher header = THREAD.matcher(line);
                Matcher waiting = WAITING.matcher(line);
                if (header.matches()) {
                    thread = Long.parseLong(header.group(1));
                } else if (waiting.matches()) {
                    found.put(thread, waiting.group(1).replace('/', '.'));
                }
            }
        } catch (JMException | RuntimeException e) { // another virtual machine, or the dump is another's
            return found;
        }
        return found;
    }

    /** Whether a thread is in the static initialiser of a class, or of any if there is no name. */
    static boolean runs(Thread thread, String className) {
        for (StackTraceElement frame : Backtraces.traceOf(thread)) {
            if (frame.getMethodName().equals("<clinit>")
                    && (className == null || frame.getClassName().equals(className))) {
                return true;
            }
        }
        return false;
    }
}
