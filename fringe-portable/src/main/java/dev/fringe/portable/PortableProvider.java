// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.EngineListener;
import dev.fringe.internal.engine.EngineProvider;
import dev.fringe.internal.engine.Variant;
import dev.fringe.internal.settings.Settings;
import java.util.List;
import java.util.Map;

/** Offers an engine in pure Java, which fits every machine. */
public final class PortableProvider implements EngineProvider {

    /** For the service loader. */
    public PortableProvider() {}

    @Override
    public List<String> names() {
        return List.of(PortableEngine.NAME);
    }

    @Override
    public int rank() {
        return PORTABLE;
    }

    @Override
    public String obstacle(String forced) {
        return null;
    }

    @Override
    public List<Variant> variants() {
        return List.of(new Variant("the fastest that can be had", Map.of()),
                new Variant("threads that take turns", Map.of(Settings.HANDOFF, "true")));
    }

    @Override
    public Engine create(String forced, EngineListener listener) {
        Engine engine = choose();
        System.getLogger("dev.fringe").log(System.Logger.Level.DEBUG, "the engine is {0}", engine);
        return engine;
    }

    private static Engine choose() {
        String obstacle = Access.obstacle();
        if (obstacle == null) {
            CarriedEngine engine = new CarriedEngine();
            obstacle = SelfTest.failure(engine);
            if (obstacle == null) {
                return engine;
            }
        }
        HandoffEngine engine = new HandoffEngine(obstacle);
        String failure = SelfTest.failure(engine);
        if (failure != null) {
            throw new UnsupportedOperationException("the portable engine does not work in this virtual machine: "
                    + failure);
        }
        return engine;
    }
}
