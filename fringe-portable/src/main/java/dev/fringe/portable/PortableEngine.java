// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.engine.Report;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What the two engines of this module have in common. */
abstract class PortableEngine implements Engine {

    /** The name that the property for the backend chooses it by. */
    static final String NAME = "portable";

    /** Where the newest frames come from when a body is suspended or a resumer waits, besides this package. */
    private static final List<String> MACHINERY = List.of("java.lang.VirtualThread", "java.lang.invoke.",
            "java.lang.Thread", "java.util.concurrent.locks.LockSupport", "jdk.internal.misc.", "jdk.internal.vm.",
            "java.lang.System$");
    private static final Set<String> OURS = Set.of(CarriedFlow.class.getName(), HandoffFlow.class.getName(),
            PortableFlow.class.getName(), VirtualThreads.class.getName(), StackRoom.class.getName(),
            PoolTurn.class.getName(), Pools.class.getName(), CarriedFlow.class.getName() + "$HelperTask",
            LockStack.class.getName(), InterruptKeeper.class.getName());

    final FlowRegistry registry = new FlowRegistry();
    private final Set<Capability> capabilities;

    PortableEngine(Set<Capability> capabilities) {
        this.capabilities = Set.copyOf(capabilities);
    }

    @Override
    public final String name() {
        return NAME;
    }

    @Override
    public final Set<Capability> capabilities() {
        return capabilities;
    }

    @Override
    public final Flow create(Options options) {
        Flow flow = make(options);
        flow.leased = true;
        return flow;
    }

    abstract PortableFlow make(Options options);

    @Override
    public final Collection<? extends Flow> flows() {
        List<PortableFlow> flows = registry.copy();
        flows.removeIf(PortableEngine::retireIfLost);
        return flows;
    }

    @Override
    public final boolean hasFlows() {
        return registry.hasLive() || !flows().isEmpty();
    }

    /** Does what a thread without room on its stack could not do. */
    private static boolean retireIfLost(PortableFlow flow) {
        if (flow.lost) {
            flow.lost = false;
            flow.retire();
            return true;
        }
        return false;
    }

    @Override
    public final int engineFrames(StackTraceElement[] trace) {
        int end = 0;
        for (int i = 0; i < trace.length; i++) {
            String name = trace[i].getClassName();
            if (OURS.contains(name)) {
                end = i + 1;
            } else if (MACHINERY.stream().noneMatch(name::startsWith)) {
                break;
            }
        }
        return end;
    }

    /** What would make it faster, or null. */
    abstract String faster();

    @Override
    public final void report(Report to) {
        to.fact("bodies run on", describe());
        to.fact("faster", faster() == null ? "not to be had" : faster());
        to.fact("can't", EnumSet.complementOf(EnumSet.copyOf(capabilities)).stream().map(Capability::verb)
                .collect(Collectors.joining("; ")));
    }

    @Override
    public final String toString() {
        return NAME + " (" + describe() + ")";
    }
}
