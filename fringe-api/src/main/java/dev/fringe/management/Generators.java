// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import dev.fringe.internal.diagnostics.Deadlocks;
import dev.fringe.internal.diagnostics.GeneratorInspector;
import dev.fringe.internal.diagnostics.ManagementBean;
import java.util.List;

/**
 * All generators of this virtual machine that have Java bodies; a {@link dev.fringe.NativeGenerator} is not among
 * them. Any thread may ask, at any time.
 */
public final class Generators {

    /** The name of the management bean. */
    public static final String NAME = ManagementBean.NAME;

    private Generators() {}

    /**
     * Every generator that has not ended.
     *
     * @return them, in the order in which their stacks were made
     */
    public static List<GeneratorInfo> list() {
        return GeneratorInspector.list();
    }

    /**
     * Finds bodies that wait for ever for a lock which their own resumers hold; see {@link
     * GeneratorsMXBean#findDeadlocked}.
     *
     * @return one for each body
     * @throws NoClassDefFoundError if this virtual machine has no module {@code java.management}
     */
    public static List<GeneratorDeadlock> findDeadlocked() {
        return Deadlocks.find();
    }

    /**
     * Every generator that has not ended with its {@linkplain dev.fringe.Generator#backtrace backtrace}.
     *
     * @return a text for people
     */
    public static String dump() {
        return GeneratorInspector.dump();
    }

    /**
     * Registers the management bean {@value #NAME} with the platform's server. Does nothing if it is
     * registered.
     *
     * @throws IllegalStateException if the server refuses the bean; the message says why
     * @throws NoClassDefFoundError if this virtual machine has no module {@code java.management}
     */
    public static void register() {
        ManagementBean.register();
    }
}
