// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.testing;

import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.EngineListener;
import dev.fringe.internal.engine.EngineProvider;
import java.util.List;

/** Offers {@link FakeEngine}; found by the service loader in the tests of the api. */
public final class FakeProvider implements EngineProvider {

    /** For the service loader. */
    public FakeProvider() {}

    @Override
    public List<String> names() {
        return List.of(FakeEngine.NAME);
    }

    @Override
    public int rank() {
        return NATIVE;
    }

    @Override
    public String obstacle(String forced) {
        return null;
    }

    @Override
    public Engine create(String forced, EngineListener listener) {
        return FakeEngine.INSTANCE;
    }
}
