// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import java.util.Set;

/** Bodies on virtual threads that their resumers carry; see {@link CarriedFlow}. */
final class CarriedEngine extends PortableEngine {

    CarriedEngine() {
        super(Set.of(Capability.VIRTUAL_RESUMER, Capability.UNPINNED_RESUMER));
    }

    @Override
    PortableFlow make(Options options) {
        return new CarriedFlow(registry, options.interruptible());
    }

    @Override
    public Flow flowOf(Thread thread) {
        return CarriedFlow.of(thread);
    }

    @Override
    public boolean shutDown(long deadline) throws InterruptedException {
        return Pools.endHelpers(deadline);
    }

    @Override
    String faster() {
        return JavaThreads.known() || Access.mayBeNative() ? null : "each switch is some 50 ns faster with --enable-native-access="
                + Access.moduleName();
    }

    @Override
    public String describe() {
        return "virtual threads carried by their resumers, by " + Access.describe() + (JavaThreads.known() ? ""
                : "; each switch is some 50 ns slower than with --enable-native-access");
    }
}
