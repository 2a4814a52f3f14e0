// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.settings.Settings;
import dev.fringe.management.GeneratorDeadlock;
import dev.fringe.management.GeneratorInfo;
import dev.fringe.management.GeneratorsMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ObjectName;

/** The management bean. Only loaded where there is management. */
public final class ManagementBean implements GeneratorsMXBean {

    /** The name of the bean. */
    public static final String NAME = "dev.fringe:type=Generators";

    /** Whether the bean is this copy's of the library. */
    private static boolean registered;

    private ManagementBean() {}

    /** Registers the bean; what goes wrong is logged. */
    public static void registerOrLog() {
        try {
            register();
        } catch (LinkageError | RuntimeException e) {
            System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the management bean that the property "
                    + Settings.MANAGEMENT + " asks for can't be registered", e);
        }
    }

    /**
     * Registers the bean with the platform's server; does nothing if it is registered.
     *
     * @throws IllegalStateException if the server refuses the bean
     */
    public static synchronized void register() {
        try {
            ObjectName object = new ObjectName(NAME);
            if (!ManagementFactory.getPlatformMBeanServer().isRegistered(object)) {
                ManagementFactory.getPlatformMBeanServer().registerMBean(new ManagementBean(), object);
                registered = true;
            }
        } catch (JMException e) {
            throw new IllegalStateException("can't register " + NAME + ": " + e.getMessage(), e);
        }
    }

    /**
     * Unregisters the bean, if it is this copy's; the server refers to its class loader.
     *
     * @throws IllegalStateException if the server refuses
     */
    public static synchronized void unregister() {
        if (!registered) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(new ObjectName(NAME));
            registered = false;
        } catch (InstanceNotFoundException e) { // somebody has done so
            registered = false;
        } catch (JMException e) {
            throw new IllegalStateException("can't unregister " + NAME + ": " + e.getMessage(), e);
        }
    }

    @Override
    public int getLiveCount() {
        return GeneratorInspector.list().size();
    }

    @Override
    public int getIdleStackCount() {
        return GeneratorInspector.idle();
    }

    @Override
    public List<GeneratorInfo> getGenerators() {
        return GeneratorInspector.list();
    }

    @Override
    public List<GeneratorDeadlock> findDeadlocked() {
        return Deadlocks.find();
    }

    @Override
    public String dump() {
        return GeneratorInspector.dump();
    }
}
