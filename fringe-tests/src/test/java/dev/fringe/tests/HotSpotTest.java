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

    /** For gdb there is more to do where code has no frame pointers, and on other architectures. */
    private static final String NO_FRAMES = "it needs x86_64, and -XX:+PreserveFramePointer or -Xint";

    @Test
    void everyFastPathIsOn() {
        boolean interpreted = System.getProperty("java.vm.info", "").startsWith("interpreted"); // Zero
        boolean frames = System.getProperty("os.arch").equals("amd64") && !interpreted;
        assertEquals(Map.of("quick exit", "on", "kernel thread ids", "on", "blocks of references", "on",
                "code cache for gdb", NO_FRAMES), report());
        assertEquals(Map.of("quick exit", "on", "kernel thread ids", "on", "blocks of references", "on",
                "code cache for gdb", frames ? "on" : NO_FRAMES), report("-XX:+PreserveFramePointer"));
    }

    @Test
    void oneThatIsTurnedOffSaysSo() {
        assertEquals(Map.of("quick exit", "dev.fringe.quickExit is false",
                "kernel thread ids", "dev.fringe.kernelThreadIds is false",
                "blocks of references", "it needs the kernel thread ids", "code cache for gdb", NO_FRAMES),
                report("-Ddev.fringe.quickExit=false", "-Ddev.fringe.kernelThreadIds=false"));
        assertEquals("the flag UserThreadWaitAttemptsAtExit has been set by the user, or is not told",
                report("-XX:+UnlockDiagnosticVMOptions", "-XX:+UnlockExperimentalVMOptions",
                        "-XX:UserThreadWaitAttemptsAtExit=5").get("quick exit"));
    }
}
