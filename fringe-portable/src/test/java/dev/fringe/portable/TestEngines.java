// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Both engines in one virtual machine, and all that may resume on them. */
final class TestEngines {

    static final CarriedEngine CARRIED = carried();
    static final HandoffEngine HANDOFF = new HandoffEngine("a test wants it");

    private TestEngines() {}

    private static CarriedEngine carried() {
        String obstacle = Access.obstacle();
        if (obstacle != null) {
            throw new AssertionError("bodies can't be carried here: " + obstacle);
        }
        return new CarriedEngine();
    }

    /** For parameterized tests. */
    static Stream<Arguments> enginesAndResumers() {
        List<Arguments> all = new ArrayList<>();
        for (PortableEngine engine : List.of(CARRIED, HANDOFF)) {
            for (Resumer resumer : Resumer.values()) {
                all.add(Arguments.of(engine, resumer));
            }
        }
        return all.stream();
    }
}
