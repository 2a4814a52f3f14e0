// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.spi.Backend;
import dev.fringe.spi.Machine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * The backends on the path, and the choice of the one that fits the machine.
 *
 * @param found those that could be made, sorted by name
 * @param broken what has kept others from being made
 */
record Backends(List<Backend> found, List<ServiceConfigurationError> broken) {

    /** A service file that is broken in itself may throw without end. */
    private static final int MOST_BROKEN = 100;

    /** What the service loader finds: next to this library first, else where the caller's code is. */
    static Backends discover() {
        Backends beside = load(ServiceLoader.load(Backend.class, Backends.class.getClassLoader()));
        return beside.found.isEmpty() && beside.broken.isEmpty() ? load(ServiceLoader.load(Backend.class)) : beside;
    }

    private static Backends load(ServiceLoader<Backend> loader) {
        List<Backend> found = new ArrayList<>();
        List<ServiceConfigurationError> broken = new ArrayList<>();
        Iterator<Backend> providers = loader.iterator();
        while (broken.size() < MOST_BROKEN) {
            try {
                if (!providers.hasNext()) {
                    break;
                }
                found.add(providers.next());
            } catch (ServiceConfigurationError e) {
                broken.add(e);
            }
        }
        found.sort(new ByName());
        return new Backends(found, broken);
    }

    private static final class ByName implements Comparator<Backend> {

        @Override
        public int compare(Backend one, Backend other) {
            return one.name().compareTo(other.name());
        }
    }

    List<String> names() {
        return found.stream().map(Backend::name).toList();
    }

    /** Why none fits, or the one that is asked for does not; null if there is one. */
    String obstacle(Machine machine, String forced) {
        if (found.isEmpty()) {
            return broken.isEmpty() ? "no backend of the native engine is on the path. " + remedy(machine)
                    : "a fringe backend is on the path but could not be made: " + broken.getFirst().getMessage()
                            + "; check that it has the same version as fringe-api";
        }
        if (choose(machine, forced) != null) {
            return null;
        }
        return forced != null ? "\"" + forced + "\" does not fit this machine (" + machine + ")"
                : "no backend of the native engine fits this machine (" + machine + "). " + remedy(machine);
    }

    /** The backend that fits, and has the name that is asked for if any is; null if there is none. */
    Backend choose(Machine machine, String forced) {
        for (Backend backend : found) {
            if ((forced == null || backend.name().equals(forced)) && backend.fits(machine)) {
                return backend;
            }
        }
        return null;
    }

    private static String remedy(Machine machine) {
        if (!machine.linux()) {
            return "The native engine runs on Linux";
        }
        String name = machine.architecture().equals("x86") && machine.bits() == 64 ? "x86_64"
                : machine.architecture();
        return "Add the artefact dev.fringe:fringe-" + name
                + " to the class path or module path, if there is one for this architecture";
    }
}
