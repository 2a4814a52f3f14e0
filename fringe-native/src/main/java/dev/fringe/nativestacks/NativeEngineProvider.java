// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.EngineListener;
import dev.fringe.internal.engine.EngineProvider;
import dev.fringe.internal.engine.Variant;
import dev.fringe.nativestacks.hotspot.ExitWait;
import dev.fringe.nativestacks.hotspot.GdbInterface;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackMemory;
import dev.fringe.nativestacks.memory.StackRequirements;
import dev.fringe.nativestacks.memory.StacksInUse;
import dev.fringe.spi.Machine;
import java.lang.invoke.MethodHandles;
import java.util.List;

/** Offers the engine on native stacks, with the backend that fits this machine. */
public final class NativeEngineProvider implements EngineProvider {

    private Backends found;

    /** For the service loader. */
    public NativeEngineProvider() {}

    /** Looked for when it is asked for, which it is not where the machine can't have native stacks. */
    private synchronized Backends backends() {
        if (found == null) {
            found = Backends.discover();
        }
        return found;
    }

    @Override
    public List<String> names() {
        return backends().names();
    }

    @Override
    public int rank() {
        return NATIVE;
    }

    @Override
    public String obstacle(String forced) {
        Machine machine = Machine.current();
        return machine.linux() ? backends().obstacle(machine, forced)
                : "native stacks do not fit this machine (" + machine + "). They run on Linux";
    }

    @Override
    public List<String> broken() {
        return backends().broken().stream().map(Throwable::getMessage).toList();
    }

    @Override
    public List<Variant> variants() {
        return DoctorReport.VARIANTS;
    }

    @Override
    public Engine create(String forced, EngineListener listener) {
        NativeRuntime runtime = NativeRuntime.load(backends().choose(Machine.current(), forced), listener);
        NativeEngine engine = new NativeEngine(runtime);
        GdbInterface.register(runtime.assembly.entry().address());
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            for (Class<?> type : new Class<?>[] {Switch.class, NativeFlow.class, Home.class, StackPool.class, Quarantine.class,
                    Bystander.class, ExitWait.class, UpcallDetector.class, MappingBudget.class, StackMemory.class,
                    StackRequirements.class, StacksInUse.class, Libc.class}) {
                lookup.ensureInitialized(type);
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
        return engine;
    }
}
