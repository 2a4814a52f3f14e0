// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import dev.fringe.internal.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * Chooses the engine: that on native stacks where one of its backends fits and loads, else the portable one if it
 * is on the path.
 */
public final class Engines {

    /** Names the backend to use: an architecture's name or {@code "portable"}; by default what fits best. */
    public static final String PROPERTY = Settings.BACKEND;

    private static volatile Engine loaded;

    private Engines() {}

    /**
     * The engine of this copy of the library, for those that only look.
     *
     * @return the engine, or null if there has been no generator yet
     */
    public static Engine loaded() {
        return loaded;
    }

    /**
     * Makes the engine for this machine. To be called by a thread with an empty stack whose context class loader is
     * that of the program, which may be where an engine is.
     *
     * @param listener what the engine is to tell
     * @return the engine
     * @throws UnsupportedOperationException if there is none; the message lists what was found, and why each does
     *     not fit
     */
    public static Engine load(EngineListener listener) {
        Engine engine = choose(discover(), Settings.text(PROPERTY), listener);
        loaded = engine;
        return engine;
    }

    /**
     * What there is to choose from, in the order in which it is tried. Makes no engine.
     *
     * @return the providers, sorted by rank
     * @throws UnsupportedOperationException if there is one that could not be made
     */
    public static List<EngineProvider> found() {
        return discover();
    }

    /**
     * What messages end with that say that something does not work on a machine.
     *
     * @return a sentence that begins with a space
     */
    public static String advice() {
        return Engines.class.getModule().isNamed()
                ? " (To see what was found on this machine, run java -m dev.fringe/dev.fringe.Doctor)"
                : " (To see what was found on this machine, run java dev.fringe.Doctor with this class path)";
    }

    /** What the service loader finds: next to this library first, else where the caller's code is. */
    private static List<EngineProvider> discover() {
        List<EngineProvider> found = load(ServiceLoader.load(EngineProvider.class, Engines.class.getClassLoader()));
        return found.isEmpty() ? load(ServiceLoader.load(EngineProvider.class)) : found;
    }

    private static List<EngineProvider> load(ServiceLoader<EngineProvider> loader) {
        try {
            List<EngineProvider> found = new ArrayList<>();
            for (EngineProvider provider : loader) { // sorted by insertion: no lambda, as the first generator waits
                int at = found.size();
                while (at > 0 && found.get(at - 1).rank() > provider.rank()) {
                    at--;
                }
                found.add(at, provider);
            }
            return found;
        } catch (ServiceConfigurationError e) {
            throw new UnsupportedOperationException("a fringe engine is on the path but could not be made: "
                    + e.getMessage() + "; check that it has the same version as fringe-api", e);
        }
    }

    /** The one that has a name, or null. Those that look at the machine for their names are asked last. */
    private static EngineProvider named(String name, List<EngineProvider> found) {
        for (EngineProvider provider : found.reversed()) {
            if (provider.names().contains(name)) {
                return provider;
            }
        }
        return null;
    }

    /** The choice alone, without the search; {@code found} is sorted by rank. */
    static Engine choose(List<EngineProvider> found, String forced, EngineListener listener) {
        if (forced != null) {
            EngineProvider provider = named(forced, found);
            if (provider == null) {
                throw new UnsupportedOperationException("the property " + PROPERTY + " asks for the backend \"" + forced
                        + "\", but the backends found are: " + names(found) + "; add the artefact dev.fringe:fringe-"
                        + forced + " or remove the property");
            }
            String obstacle = provider.obstacle(forced);
            if (obstacle != null) {
                throw new UnsupportedOperationException("the property " + PROPERTY + " asks for the backend \""
                        + forced + "\", but " + obstacle + "; remove the property");
            }
            return provider.create(forced, listener);
        }
        List<String> obstacles = new ArrayList<>();
        RuntimeException failed = null;
        LinkageError unlinked = null;
        for (EngineProvider provider : found) {
            String obstacle = provider.obstacle(null);
            if (obstacle != null) {
                obstacles.add(obstacle);
                continue;
            }
            try {
                Engine engine = provider.create(null, listener);
                Throwable before = failed != null ? failed : unlinked;
                if (before != null) {
                    System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "Fringe uses the engine \""
                            + engine.name() + "\" because the one that fits this machine does not work; set the"
                            + " property " + PROPERTY + "=" + engine.name() + " if that is meant", before);
                }
                return engine;
            } catch (UnsupportedOperationException | IllegalCallerException | IllegalStateException e) {
                if (failed == null && unlinked == null) {
                    failed = e;
                } else {
                    suppress(failed != null ? failed : unlinked, e);
                }
            } catch (LinkageError e) {
                if (failed == null && unlinked == null) {
                    unlinked = e;
                } else {
                    suppress(failed != null ? failed : unlinked, e);
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
        if (unlinked != null) {
            throw unlinked;
        }
        throw new UnsupportedOperationException("no fringe engine fits this machine; found: " + names(found)
                + (obstacles.isEmpty() ? "" : " (" + String.join("; ", obstacles) + ")")
                + ". Add the artefact dev.fringe:fringe, which brings one for every machine");
    }

    private static String names(List<EngineProvider> found) {
        return found.stream().flatMap(provider -> provider.names().stream())
                .collect(Collectors.collectingAndThen(Collectors.joining(", "), s -> s.isEmpty() ? "none" : s));
    }

    private static void suppress(Throwable first, Throwable other) {
        first.addSuppressed(other);
    }
}
