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
import java.util.stream.Collectors;

/** Chooses the backend that fits the machine. */
public final class Backends {

    /** Names the backend to use; by default the one that fits. */
    static final String PROPERTY = "dev.fringe.backend";

    private Backends() {}

    /**
     * The backend for this machine.
     *
     * @throws UnsupportedOperationException if there is none
     */
    static Backend find() {
        return choose(discover(), Machine.current(), System.getProperty(PROPERTY));
    }

    /** What the service loader finds: next to this library first, else where the caller's code is. */
    private static List<Backend> discover() {
        List<Backend> found = load(ServiceLoader.load(Backend.class, Backends.class.getClassLoader()));
        return found.isEmpty() ? load(ServiceLoader.load(Backend.class)) : found;
    }

    private static List<Backend> load(ServiceLoader<Backend> loader) {
        List<Backend> found = new ArrayList<>();
        Iterator<Backend> providers = loader.iterator();
        List<ServiceConfigurationError> broken = new ArrayList<>();
        while (true) {
            try {
                if (!providers.hasNext()) {
                    break;
                }
                found.add(providers.next());
            } catch (ServiceConfigurationError e) {
                broken.add(e);
                if (broken.size() > 100) {
                    break;
                }
            }
        }
        if (found.isEmpty() && !broken.isEmpty()) {
            UnsupportedOperationException failure = new UnsupportedOperationException(
                    "a fringe backend is on the path but could not be made: " + broken.getFirst().getMessage()
                            + "; check that it has the same version as fringe-api", broken.getFirst());
            broken.stream().skip(1).forEach(failure::addSuppressed);
            throw failure;
        }
        found.sort(Comparator.comparing(Backend::name));
        return found;
    }

    /** The choice alone, without the search. */
    static Backend choose(List<Backend> found, Machine machine, String forced) {
        String names = found.isEmpty() ? "none"
                : found.stream().map(Backend::name).collect(Collectors.joining(", "));
        if (forced != null) {
            Backend backend = found.stream().filter(b -> b.name().equals(forced)).findFirst()
                    .orElseThrow(() -> new UnsupportedOperationException("the property " + PROPERTY
                            + " asks for the backend \"" + forced + "\", but the backends found are: " + names
                            + "; add the artefact dev.fringe:fringe-" + forced + " or remove the property"));
            if (!backend.fits(machine)) {
                throw new UnsupportedOperationException("the property " + PROPERTY + " asks for the backend \""
                        + forced + "\", which does not fit this machine (" + machine
                        + "); remove the property");
            }
            return backend;
        }
        return found.stream().filter(b -> b.fits(machine)).findFirst()
                .orElseThrow(() -> new UnsupportedOperationException("no fringe backend fits this machine ("
                        + machine + "); found: " + names + ". " + remedy(machine)));
    }

    private static String remedy(Machine machine) {
        if (!machine.linux()) {
            return "Fringe runs on Linux";
        }
        String name = machine.architecture().equals("x86") && machine.bits() == 64 ? "x86_64"
                : machine.architecture();
        return "Add the artefact dev.fringe:fringe-" + name
                + " to the class path or module path, if there is one for this architecture";
    }
}
