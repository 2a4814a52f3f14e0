// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.stress.Attack;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No legal program ends the virtual machine, hangs it, or loses a value: a few steps of what {@code ./fringe attack}
 * does, each scenario in a virtual machine of its own.
 */
@Tag("attack")
class AttackTest {

    private static final int STEPS = 3;

    @ParameterizedTest
    @ValueSource(strings = {"heap-birth", "heap-birth-given", "heap-values", "heap-delegation", "heap-close", "heap-end",
        "heap-callback", "heap-diagnostics"})
    void aFullHeapIsAnError(String scenario) {
        assumeTrue(Scale.FACTOR >= 1 && ValueLayout.ADDRESS.byteSize() == 8, "takes too long here");
        attack(scenario, STEPS, "-Xmx16m", "-XX:+UseSerialGC", "-XX:-UseTLAB");
    }

    /** With others than Serial, the bystander finds the heap full as well. */
    @ParameterizedTest
    @CsvSource({"G1, 16", "Z, 64"})
    void aFullHeapAtCloseLosesNoStack(String collector, int mebibytes) {
        assumeTrue(Scale.FACTOR >= 1 && ValueLayout.ADDRESS.byteSize() == 8, "takes too long here");
        attack("heap-close", STEPS, "-Xmx" + mebibytes + "m", "-XX:+Use" + collector + "GC", "-XX:-UseTLAB");
    }

    @Test
    void aFullHeapAtTheFirstUseIsAnError() {
        assumeTrue(Scale.FACTOR >= 1 && ValueLayout.ADDRESS.byteSize() == 8, "takes too long here");
        attack("heap-first-use", STEPS, "-Xmx32m", "-XX:+UseSerialGC", "-XX:-UseTLAB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stack-first-use", "stack-birth", "stack-birth-given", "stack-values", "stack-death",
        "stack-diagnostics", "callback-depth"})
    void theEndOfAStackIsAnError(String scenario) {
        attack(scenario, STEPS, "-Xint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"callback-delegate", "callback-unwinding", "user-stack", "user-context", "user-consumers",
        "user-finally", "user-logger", "user-observer", "diagnostics-unmapping", "interrupts", "monitor", "scope",
        "identity", "set-id", "redeploy-shutdown", "loader-lock"})
    void whatOthersDoDoesNoHarm(String scenario) {
        attack(scenario, STEPS);
    }

    /** Where a suspension takes memory, and what a resumer's thread keeps must not keep the library. */
    @ParameterizedTest
    @ValueSource(strings = {"heap-values", "heap-close", "redeploy", "scope"})
    void thePortableEngineLosesNothing(String scenario) {
        assumeTrue(Scale.FACTOR >= 1 && ValueLayout.ADDRESS.byteSize() == 8, "takes too long here");
        for (String handoff : new String[] {"false", "true"}) {
            attack(scenario, STEPS, "-Ddev.fringe.backend=portable", "-Ddev.fringe.portable.handoff=" + handoff,
                    "-Xmx16m", "-XX:+UseSerialGC", "-XX:-UseTLAB");
        }
    }

    private static void attack(String scenario, int steps, String... options) {
        ChildJvm.Result result = new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=1").with(options)
                .run(Attack.class, scenario, Integer.toString(steps)).succeeds();
        assertTrue(result.line("attacks ").matches("attacks [1-9][0-9]* losses 0 leaks 0"), result.output());
    }
}
