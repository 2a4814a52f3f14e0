// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.stress.Attack;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No legal program ends the virtual machine, hangs it, or loses a value: short versions of what {@code ./fringe
 * attack} does, each in a virtual machine of its own.
 */
class AttackTest {

    @ParameterizedTest
    @ValueSource(strings = {"heap-birth", "heap-death", "heap-first-use"})
    void aFullHeapIsAnError(String scenario) {
        assumeTrue(Scale.FACTOR >= 1 && ValueLayout.ADDRESS.byteSize() == 8, "takes too long here");
        attack(scenario, "-Xmx24m", "-XX:+UseSerialGC");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stack-birth", "stack-switch", "stack-death", "stack-given", "stack-delegation",
        "stack-diagnostics"})
    void theEndOfAStackIsAnError(String scenario) {
        attack(scenario);
        attack(scenario, "-Xint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"callback-depth", "callback-delegate", "callback-unwinding"})
    void aBodyInACallbackIsGivenUp(String scenario) {
        attack(scenario);
        attack(scenario, "-Xint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"user-stack", "diagnostics-unmapping", "interrupts", "monitor", "identity", "set-id",
        "redeploy"})
    void whatOthersDoDoesNoHarm(String scenario) {
        attack(scenario);
    }

    private static void attack(String scenario, String... options) {
        ChildJvm.Result result = new ChildJvm().with("-Ddev.fringe.pool.idleSeconds=1").with(options)
                .run(Attack.class, scenario, "20").succeeds();
        assertTrue(result.line("attacks ").matches("attacks [1-9][0-9]* losses 0 leaks 0"), result.output());
    }
}
