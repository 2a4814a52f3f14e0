// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.internal.engine.Engine;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which engine there is, by how the virtual machine was started. */
class AccessTest {

    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";
    private static final String OPENED = "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED";
    private static final String DENIED = "--illegal-native-access=deny";

    public static void main(String[] arguments) throws Exception {
        Engine engine = new PortableProvider().create(null, () -> { });
        System.out.println(engine.describe());
        for (Resumer resumer : Resumer.values()) {
            resumer.run((PortableEngine) engine, () -> {
                Object monitor = new Object();
                TestGenerator generator = TestGenerator.counter((PortableEngine) engine);
                for (int i = 1; i <= 3000; i++) {
                    synchronized (monitor) {
                        assertEquals(i, generator.next());
                        assertTrue(Thread.holdsLock(monitor));
                    }
                    assertFalse(Thread.holdsLock(monitor));
                }
                generator.close();
            });
        }
        StackEndTest test = new StackEndTest();
        test.aResumerResumesAtEachDepth((PortableEngine) engine, Resumer.PLATFORM_THREAD);
        test.aBodyHasRoomWhereItsResumerHasHardlyAny((PortableEngine) engine);
    }

    private static String run(String... options) throws IOException, InterruptedException {
        return ChildJvm.run(AccessTest.class, List.of(options)).output().strip();
    }

    @Test
    void nativeAccessIsEnough() throws Exception {
        assertEquals("virtual threads carried by their resumers, by native access", run(NATIVE));
    }

    @Test
    void noFlagIsNeededAndTheVirtualMachineWarns() throws Exception {
        String output = run();
        assertTrue(output.contains("virtual threads carried by their resumers, by native access"), output);
        assertTrue(output.contains("WARNING"), output);
    }

    @Test
    void anOpenedPackageIsEnough() throws Exception {
        assertTrue(run(OPENED, DENIED).startsWith("virtual threads carried by their resumers, by --add-opens; each"));
    }

    @Test
    void anOpenedPackageAloneGivesNoWarning() throws Exception {
        String output = run(OPENED);
        assertTrue(output.startsWith("virtual threads carried by their resumers, by --add-opens; each"), output);
        assertFalse(output.contains("WARNING"), output);
    }

    @Test
    void anOpenedPackageIsPreferred() throws Exception {
        assertEquals("virtual threads carried by their resumers, by --add-opens", run(NATIVE, OPENED));
    }

    @Test
    void withoutAccessBodiesHaveThreadsOfTheirOwn() throws Exception {
        String output = run(DENIED);
        assertTrue(output.startsWith("platform threads that take turns, because native access is denied; allow it with "
                + "--enable-native-access=ALL-UNNAMED"), output);
    }

    @Test
    void aPropertyAsksForThreadsOfTheirOwn() throws Exception {
        assertEquals("platform threads that take turns, because the property dev.fringe.portable.handoff is set",
                run(NATIVE, "-Ddev.fringe.portable.handoff=true"));
    }

    /** Experimental, but there in every build: the virtual threads of such a machine are platform threads. */
    @Test
    void withoutContinuationsBodiesHaveThreadsOfTheirOwn() throws Exception {
        String output = run(NATIVE, "-XX:+UnlockExperimentalVMOptions", "-XX:-VMContinuations");
        assertEquals("platform threads that take turns, because this virtual machine has no continuations", output);
    }

    @Test
    void oldAndNewWaysOfLocking() throws Exception {
        for (String option : List.of("-Xint", "-XX:TieredStopAtLevel=1", "-XX:+UseCompactObjectHeaders")) {
            assertEquals("virtual threads carried by their resumers, by native access", run(NATIVE, option));
        }
    }
}
