// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.Stack;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.NativeBodies;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.engine.Report;
import dev.fringe.internal.engine.Stacks;
import dev.fringe.nativestacks.bare.NativeCoroutine;
import dev.fringe.nativestacks.memory.StackMemory;
import dev.fringe.nativestacks.memory.StackObservers;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;

/** Bodies on stacks of their own, each of which is that of a Java thread without a kernel thread. */
final class NativeEngine implements Engine, Stacks, NativeBodies {

    private static final Set<Capability> CAPABILITIES = Set.copyOf(EnumSet.complementOf(
            EnumSet.of(Capability.UNPINNED_RESUMER)));
    private static final String PACKAGE = NativeEngine.class.getPackageName() + ".";
    private static final String SWITCH = Switch.class.getName();

    private final NativeRuntime runtime;

    NativeEngine(NativeRuntime runtime) {
        this.runtime = runtime;
        NativeCoroutine.configure(runtime.assembly);
    }

    @Override
    public String name() {
        return runtime.backend.name();
    }

    @Override
    public Set<Capability> capabilities() {
        return CAPABILITIES;
    }

    @Override
    public Flow create(Options options) {
        return lease(options, false);
    }

    @Override
    public Flow takeIdle(Options options) {
        return lease(options, true);
    }

    /** With no call between the taking of a flow and what takes it back. */
    private static NativeFlow lease(Options options, boolean idle) {
        Stack stack = options.stack();
        NativeFlow flow;
        if (stack != null) {
            flow = idle ? null : NativeFlow.start(stack, null);
        } else {
            StackPool pool = StackPool.of(options);
            flow = idle ? pool.takeIdle() : pool.take();
        }
        if (flow == null) {
            return null;
        }
        flow.leased = true;
        try {
            flow.bind(options.shared());
        } catch (Throwable t) { // no room; the bystander takes it back
            flow.lost = true;
            throw t;
        }
        return flow;
    }

    @Override
    public void shortage() {
        StackPool.shortage();
    }

    @Override
    public boolean shutDown(long deadline) throws InterruptedException {
        return Bystander.shutDown(deadline);
    }

    @Override
    public Flow flowOf(Thread thread) {
        return NativeFlow.of(thread);
    }

    @Override
    public Collection<? extends Flow> flows() {
        return NativeFlow.all();
    }

    /** The frames of the linker count only if a switch is under them: the Zero VM shows them, HotSpot does not. */
    @Override
    public int engineFrames(StackTraceElement[] trace) {
        int first = 0;
        while (first < trace.length && (trace[first].getClassName().startsWith("jdk.internal.foreign.")
                || trace[first].getClassName().startsWith("java.lang.invoke."))) {
            first++;
        }
        if (first == trace.length || !trace[first].getClassName().equals(SWITCH)) {
            return 0;
        }
        while (first < trace.length && trace[first].getClassName().startsWith(PACKAGE)) {
            first++;
        }
        return first;
    }

    @Override
    public String describe() {
        return (runtime.words.words() != null ? "switch by " + runtime.words.words()
                        : "switch by thread pointer only: " + runtime.words.reason())
                + ", thread pointer set by " + (runtime.instruction ? "an instruction" : "a system call")
                + ", stack observers: " + StackObservers.names();
    }

    @Override
    public void report(Report to) {
        DoctorReport.write(runtime, to);
    }

    // ---- stacks -----------------------------------------------------------------------------------

    @Override
    public Stacks stacks() {
        return this;
    }

    @Override
    public int alignment() {
        return runtime.backend.stackAlignment();
    }

    @Override
    public Memory map(long size) {
        return StackMemory.map(size);
    }

    @Override
    public Memory allocate(long size) {
        return StackMemory.allocate(size);
    }

    // ---- native bodies ----------------------------------------------------------------------------

    @Override
    public NativeBodies nativeBodies() {
        return this;
    }

    @Override
    public Body create(Stack stack, long size, boolean shared, MemorySegment function) {
        return new NativeCoroutine(stack, size, shared, function);
    }

    @Override
    public MemorySegment yieldFunction() {
        return runtime.assembly.yield();
    }
}
