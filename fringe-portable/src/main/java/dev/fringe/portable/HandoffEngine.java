// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import java.util.Set;

/** Bodies on platform threads of their own; see {@link HandoffFlow}. */
final class HandoffEngine extends PortableEngine {

    private final String reason;

    /** @param reason why bodies are not carried, as the end of a sentence */
    HandoffEngine(String reason) {
        super(Set.of(Capability.STACK_SIZE, Capability.NATIVE_FRAMES, Capability.VIRTUAL_RESUMER,
                Capability.UNPINNED_RESUMER));
        this.reason = reason;
    }

    @Override
    PortableFlow make(Options options) {
        return new HandoffFlow(registry, options.stackSize());
    }

    @Override
    public Flow flowOf(Thread thread) {
        return HandoffFlow.of(thread);
    }

    @Override
    String faster() {
        return "a switch is several times as fast on virtual threads, which need --enable-native-access="
                + Access.moduleName() + " or --add-opens java.base/java.lang.invoke=" + Access.moduleName();
    }

    @Override
    public String describe() {
        return "platform threads that take turns, because " + reason;
    }
}
