// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import dev.fringe.internal.core.Startup;
import dev.fringe.internal.diagnostics.Deadlocks;
import dev.fringe.internal.diagnostics.GeneratorInspector;
import dev.fringe.internal.diagnostics.ManagementBean;
import java.time.Duration;
import java.util.List;

/**
 * All generators of this virtual machine that have Java bodies; a {@link dev.fringe.NativeGenerator} is not among them.
 * Any thread may call any method, at any time.
 */
public final class Generators {

    /** The name of the management bean. */
    public static final String NAME = ManagementBean.NAME;

    private Generators() {}

    /**
     * Returns every generator that has not ended.
     *
     * @return the generators, in the order in which their stacks were made
     */
    public static List<GeneratorInfo> list() {
        return GeneratorInspector.list();
    }

    /**
     * Finds deadlocks, such as bodies that wait for a lock which their own resumers hold; see {@link
     * GeneratorsMXBean#findDeadlocked}.
     *
     * @return one deadlock for each body
     * @throws NoClassDefFoundError if this virtual machine has no module {@code java.management}
     */
    public static List<GeneratorDeadlock> findDeadlocked() {
        return Deadlocks.find();
    }

    /**
     * Returns every generator that has not ended, with its {@linkplain dev.fringe.Generator#backtrace backtrace}.
     *
     * @return a text for people
     */
    public static String dump() {
        return GeneratorInspector.dump();
    }

    /**
     * Frees all idle stacks, ends the library's own threads and unregisters the management bean, so that the library's
     * class loader can be unloaded: for the end of an application in a server that goes on. Without this call the same
     * happens by itself when there has been no generator for as long as idle stacks are kept (60 s, see the property
     * {@code dev.fringe.pool.idleSeconds}) and some 5 s more. Only the management bean stays {@linkplain #register
     * registered} then.
     *
     * <p>Generators that have not ended stay as they are, and keep what they need; {@link #list} returns them. Stacks
     * ({@link dev.fringe.OsStack}, {@link dev.fringe.OwnedStack}) and {@linkplain dev.fringe.NativeGenerator generators
     * with native bodies} that are not closed stay as well. Other threads may use generators meanwhile and afterwards:
     * the library starts again what they need.
     *
     * {@snippet :
     * public void contextDestroyed(ServletContextEvent event) throws InterruptedException {
     *     if (!Generators.shutDown(Duration.ofSeconds(5))) {
     *         log.warning("suspended generators are left:\n" + Generators.dump());
     *     }
     * }
     * }
     *
     * @param patience how long to wait for threads to end; if it is zero or negative, not at all
     * @return true if nothing is left; false if a generator or a thread has not ended, or a stack is not closed
     * @throws InterruptedException if the calling thread is interrupted while it waits
     */
    public static boolean shutDown(Duration patience) throws InterruptedException {
        return Startup.shutDown(patience);
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
