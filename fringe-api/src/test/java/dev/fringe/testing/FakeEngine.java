// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.testing;

import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An engine that does what it is told, so that the core can be tested without one: its flows fail when a test wants
 * them to, and count what the core does with them.
 */
public final class FakeEngine implements Engine {

    static final String NAME = "fake";

    /** The one that {@link FakeProvider} offers. */
    public static final FakeEngine INSTANCE = new FakeEngine();

    private final List<FakeFlow> flows = new CopyOnWriteArrayList<>();
    private volatile FakeFlow newest;
    /** What the next flow is to throw when it is assigned a body, or null. */
    private volatile Error nextAssignment;
    /** Whether the next flow counts as one that was idle. */
    private volatile boolean nextIsIdle;

    private FakeEngine() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.of(Capability.VIRTUAL_RESUMER);
    }

    @Override
    public Flow create(Options options) {
        FakeFlow flow = new FakeFlow(this, nextAssignment);
        nextAssignment = null;
        flow.leased = true;
        newest = flow;
        return flow;
    }

    @Override
    public Flow takeIdle(Options options) {
        boolean idle = nextIsIdle;
        nextIsIdle = false;
        return idle ? create(options) : null;
    }

    /** Has the next flow be one that is idle. */
    public void takeNextIdle() {
        nextIsIdle = true;
    }

    /** The one that was made last. */
    public FakeFlow newest() {
        return newest;
    }

    /** Has the next flow throw when it is assigned a body. */
    public void failNextAssignment(Error error) {
        nextAssignment = error;
    }

    void add(FakeFlow flow) {
        flows.add(flow);
    }

    void remove(FakeFlow flow) {
        flows.remove(flow);
    }

    @Override
    public Flow flowOf(Thread thread) {
        return flows.stream().filter(flow -> flow.thread() == thread).findFirst().orElse(null);
    }

    @Override
    public Collection<? extends Flow> flows() {
        return flows;
    }

    @Override
    public int engineFrames(StackTraceElement[] trace) {
        int frames = 0;
        for (int i = 0; i < trace.length; i++) {
            if (trace[i].getClassName().equals(FakeFlow.class.getName())) {
                frames = i + 1;
            }
        }
        return frames;
    }

    @Override
    public String describe() {
        return "does what it is told";
    }
}
