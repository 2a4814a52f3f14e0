// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.fringe.Generator;
import dev.fringe.management.Generators;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.time.Duration;
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

    // ---- several copies of the library, and one virtual machine ---------------------------------------

    /** As long as one of two copies has a stack, in whatever order they begin and end, the exit is quick. */
    @Test
    void theExitIsQuickAsLongAsAnyCopyHasAStack() {
        new ChildJvm().with("-XX:+UnlockDiagnosticVMOptions", "-XX:+UnlockExperimentalVMOptions")
                .run(TwoCopies.class).succeeds();
    }

    /** A program, and what it does in each copy. */
    static final class TwoCopies {

        private static Generator<Void, Integer> suspended;

        static void begin() {
            suspended = Generator.of((yielder, input) -> yielder.suspend(1));
            suspended.resume(null);
        }

        static void end() throws InterruptedException {
            suspended.close();
            assertTrue(Generators.shutDown(Duration.ofSeconds(60)), "stacks are left");
        }

        private static void call(ClassLoader copy, String name) throws ReflectiveOperationException {
            Method method = Class.forName(TwoCopies.class.getName(), true, copy).getDeclaredMethod(name);
            method.setAccessible(true);
            method.invoke(null);
        }

        /** What the flag is, in units of 10 ms. */
        private static int wait(String when) {
            int units = Integer.parseInt(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .getVMOption("UserThreadWaitAttemptsAtExit").getValue());
            System.out.println(when + ": " + units);
            return units;
        }

        public static void main(String[] arguments) throws Exception {
            int usual = wait("at first");
            try (URLClassLoader one = ErrorsTest.TwoLoaders.copy();
                    URLClassLoader other = ErrorsTest.TwoLoaders.copy()) {
                for (boolean firstEndsFirst : new boolean[] {true, false}) {
                    call(one, "begin");
                    assertEquals(1, wait("one has a stack"));
                    call(other, "begin");
                    assertEquals(2, wait("the other has one, too"));
                    call(firstEndsFirst ? one : other, "end");
                    assertEquals(1, wait("the " + (firstEndsFirst ? "first" : "second") + " has none any more"));
                    call(firstEndsFirst ? other : one, "end");
                    assertEquals(usual, wait("neither has"));
                }
            }
        }
    }
}
