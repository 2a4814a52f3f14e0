// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * The engine on native stacks: memory, Linux and HotSpot, the same on every architecture. Depend on the backend of an
 * architecture ({@code fringe-x86_64}, ...), which brings this module.
 */
module dev.fringe.nativestacks {
    requires transitive dev.fringe;

    exports dev.fringe.nativestacks;

    uses dev.fringe.spi.Backend;
    uses dev.fringe.spi.StackObserver;

    provides dev.fringe.internal.engine.EngineProvider with dev.fringe.nativestacks.NativeEngineProvider;
}
