// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.stress.Attack;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No legal program ends the virtual machine, hangs it, or loses a value: a few steps of what {@code ./fringe attack}
 * does, each scenario in a virtual machine of its own.
 */
class AttackTest {

    private static final int STEPS = 3;

    @Test
    void aFullHeapIsAnError() {
        assumeTrue(Scale.FACTOR >= 1 && ValueLayout.ADDRESS.byteSize() == 8, "takes too long here");
        attack("heap-first-use", 20, "-Xmx24m", "-XX:+UseSerialGC");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stack-birth", "stack-switch", "stack-death", "stack-given", "stack-delegation",
        "stack-diagnostics", "callback-depth"})
    void theEndOfAStackIsAnError(String scenario) {
        attack(scenario, STEPS, "-Xint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"callback-delegate", "callback-unwinding", "user-stack", "diagnostics-unmapping",
        "interrupts", "monitor", "identity", "set-id", "redeploy-shutdown", "loader-lock"})
    void whatOthersDoDoesNoHarm(String scenario) {
        attack(scenario, STEPS);
    }

    private static void attack(String scenario, int steps, String... options) {
        ChildJvm.Result result = new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=1").with(options)
                .run(Attack.class, scenario, Integer.toString(steps)).succeeds();
        assertTrue(result.line("attacks ").matches("attacks [1-9][0-9]* losses 0 leaks 0"), result.output());
    }
}
