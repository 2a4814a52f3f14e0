// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fringe.Generator;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the library does with HotSpot's own data is found in each release of it. All would work without, so that
 * nothing but this test says that it is not.
 */
@Tag("hotspot")
@Tag("native")
class HotSpotTest {

    /** Prints what is in use, as "name: on" or "name: why not". */
    static class Report {
        public static void main(String[] arguments) throws ReflectiveOperationException {
            try (Generator<Void, Integer> generator = Generator.of((yielder, input) -> yielder.suspend(1))) {
                generator.resume(null);
                Class<?> path = Class.forName("dev.fringe.nativestacks.FastPath");
                for (Object each : (List<?>) accessible(path, "all").invoke(null)) {
                    Object obstacle = accessible(path, "obstacle").invoke(each);
                    System.out.println("path " + accessible(path, "name").invoke(each) + ": "
                            + (obstacle == null ? "on" : obstacle));
                }
            }
        }

        private static Method accessible(Class<?> type, String name) throws ReflectiveOperationException {
            Method method = type.getDeclaredMethod(name);
            method.setAccessible(true);
            return method;
        }
    }

    private static Map<String, String> report(String... options) {
        return new ChildJvm().with(options).run(Report.class).succeeds().output().lines()
                .filter(line -> line.startsWith("path "))
                .collect(Collectors.toMap(line -> line.substring(5, line.indexOf(": ")),
                        line -> line.substring(line.indexOf(": ") + 2), (one, other) -> one, TreeMap::new));
    }

    /** Where frames have no frame pointers there is more to do for gdb than this, and on other architectures. */
    private static final String NO_FRAMES = "it needs x86_64, and -XX:+PreserveFramePointer or -Xint";
    private static final String OTHER_ARCHITECTURE = "this architecture has no other way";

    private static final String ARCHITECTURE = System.getProperty("os.arch");

    @Test
    void everyFastPathIsOn() {
        Map<String, String> expected = new TreeMap<>(Map.of("quick exit", "on", "kernel thread ids", "on",
                "blocks of references", "on", "words", ARCHITECTURE.equals("amd64") ? "on" : OTHER_ARCHITECTURE,
                "code cache for gdb", NO_FRAMES));
        assertEquals(expected, report());
        if (ARCHITECTURE.equals("amd64")) {
            expected.put("code cache for gdb", "on");
        }
        assertEquals(expected, report("-XX:+PreserveFramePointer"));
    }

    @Test
    void oneThatIsTurnedOffSaysSo() {
        Map<String, String> off = report("-Ddev.fringe.quickExit=false", "-Ddev.fringe.kernelThreadIds=false");
        assertEquals("dev.fringe.quickExit is false", off.get("quick exit"));
        assertEquals("dev.fringe.kernelThreadIds is false", off.get("kernel thread ids"));
        assertEquals("it needs the kernel thread ids", off.get("blocks of references"));
        assertEquals("the flag UserThreadWaitAttemptsAtExit has been set by the user, or is not told",
                report("-XX:+UnlockDiagnosticVMOptions", "-XX:+UnlockExperimentalVMOptions",
                        "-XX:UserThreadWaitAttemptsAtExit=5").get("quick exit"));
    }
}
