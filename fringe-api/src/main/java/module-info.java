// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Generators on stacks of their own. Depend on one backend ({@code fringe-x86_64}, ...), which brings
 * this module; the engine that fits the machine is found by {@link java.util.ServiceLoader}.
 */
@SuppressWarnings("module") // the engines' modules, which need not be there
module dev.fringe {
    requires org.apache.commons.lang3;
    requires static java.management;
    requires static transitive java.net.http;
    requires static jdk.jfr;
    requires static transitive org.jspecify;

    exports dev.fringe;
    exports dev.fringe.io;
    exports dev.fringe.management;
    exports dev.fringe.spi;
    exports dev.fringe.stream;
    exports dev.fringe.internal.engine to
            dev.fringe.nativestacks,
            dev.fringe.portable;
    exports dev.fringe.internal.settings to
            dev.fringe.nativestacks,
            dev.fringe.portable;
    exports dev.fringe.internal.support to
            dev.fringe.nativestacks,
            dev.fringe.portable;

    uses dev.fringe.internal.engine.EngineProvider;
}
