// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.doctor;

import dev.fringe.Doctor;
import dev.fringe.internal.engine.EngineProvider;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Variant;
import dev.fringe.internal.library.LibraryFile;
import dev.fringe.internal.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.lang3.SystemUtils;

/** The report of {@link dev.fringe.Doctor}. */
public final class Examination {

    private static final int NAME_WIDTH = 20;
    private static final int TEST_WIDTH = 44;
    private static final String WORKS = "fringe works here";
    private static final String FAILS = "fringe does not work here: ";

    private final PrintStream out;
    private int width = NAME_WIDTH;
    private final Trial trial = Trial.prepare();
    private final Set<String> told = new LinkedHashSet<>();
    /** The reasons that have been printed. */
    private final Set<String> reasons = new LinkedHashSet<>();

    /** @param out takes the report */
    public Examination(PrintStream out) {
        this.out = out;
    }

    /**
     * Examines this virtual machine.
     *
     * @return whether the library works in it
     */
    public boolean run() {
        machine();
        List<EngineProvider> found;
        try {
            found = Engines.found();
        } catch (UnsupportedOperationException e) {
            return end(FAILS + Outcome.line(e.getMessage()));
        }
        List<Candidate> candidates = candidates(found);
        if (SystemUtils.IS_OS_LINUX) {
            section("Limits");
            new LinuxLimits(Path.of("/")).report(LibraryFile.directory(), this::fact);
        }
        section("Self-tests");
        width = TEST_WIDTH;
        Outcome usual;
        try {
            usual = trial.run(Map.of());
        } catch (IOException e) {
            fact("note", "no second virtual machine can be started (" + Outcome.line(e.getMessage())
                    + "), so this one is tested, and only as it is configured");
            usual = SelfTest.run();
            candidates = List.of();
        }
        print(usual.engine() == null ? "as configured" : usual.engine() + ", as configured", usual);
        List<String> faults = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>(List.of(usual));
        for (Candidate candidate : candidates) {
            try {
                Outcome outcome = trial.run(candidate.properties());
                print(candidate.toString(), outcome);
                outcomes.add(outcome);
                if (outcome.kind() == Outcome.Kind.FAILED) {
                    faults.add(candidate + ": " + outcome.text());
                }
            } catch (IOException e) {
                fact(candidate.toString(), "not tried: " + Outcome.line(e.getMessage()));
            }
        }
        width = NAME_WIDTH;
        for (Outcome outcome : outcomes) {
            if (outcome.engine() != null && !outcome.facts().isEmpty() && told.add(outcome.engine())) {
                section("Engine \"" + outcome.engine() + "\"" + (outcome == usual ? ", which is used" : ""));
                outcome.facts().forEach(fact -> fact(fact.name(), fact.value()));
            }
        }
        return end(usual.kind() != Outcome.Kind.WORKS ? FAILS + usual.text()
                : !faults.isEmpty() ? FAILS + String.join("; ", faults) : WORKS);
    }

    /** A way of switching to try. */
    private record Candidate(String engine, Variant variant) {

        Map<String, String> properties() {
            Map<String, String> all = new TreeMap<>(variant.properties());
            all.put(Engines.PROPERTY, engine);
            return all;
        }

        /** Whether the user has not asked for something else. */
        boolean isAllowed() {
            return properties().entrySet().stream().allMatch(property -> {
                String set = Settings.text(property.getKey());
                return set == null || set.equals(property.getValue());
            });
        }

        @Override
        public String toString() {
            return engine + ", " + variant.description();
        }
    }

    private void machine() {
        section("Machine");
        fact("virtual machine", property("java.vm.name") + " " + property("java.vm.version") + " ("
                + property("java.vm.vendor") + "), " + property("java.vm.info"));
        fact("Java", property("java.version") + ", " + property("java.home"));
        fact("operating system", property("os.name") + " " + property("os.version") + ", " + property("os.arch")
                + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        if (SystemUtils.IS_OS_LINUX) {
            fact("C library", new LinuxLimits(Path.of("/")).libc());
        }
        fact("Fringe", Doctor.class.getModule().isNamed() ? "on the module path" : "on the class path");
        System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("dev.fringe.")).sorted()
                .forEach(name -> fact("property", name + "=" + System.getProperty(name)));
    }

    private static String property(String name) {
        return System.getProperty(name, "?");
    }

    /** Prints what there is; returns what is to be tried. */
    private List<Candidate> candidates(List<EngineProvider> found) {
        section("Engines");
        List<Candidate> candidates = new ArrayList<>();
        if (found.isEmpty()) {
            fact("none", "no engine is on the path");
        }
        for (EngineProvider provider : found) {
            List<String> names = provider.names();
            if (names.isEmpty()) {
                fact("none", provider.obstacle(null));
            }
            for (String name : names) {
                String obstacle = provider.obstacle(name);
                fact(name, obstacle == null ? "fits" : "does not fit: " + obstacle);
                if (obstacle == null) {
                    provider.variants().stream().map(variant -> new Candidate(name, variant))
                            .filter(Candidate::isAllowed).forEach(candidates::add);
                }
            }
            provider.broken().forEach(broken -> fact("broken", broken));
        }
        return candidates;
    }

    private void print(String name, Outcome outcome) {
        fact(name, switch (outcome.kind()) {
            case WORKS -> "works: " + outcome.text();
            case REFUSED -> reasons.add(outcome.text()) ? "not possible here: " + outcome.text()
                    : "not possible here, for the same reason";
            case FAILED -> "FAILED: " + outcome.text();
        });
    }

    private void section(String title) {
        out.println();
        out.println(title);
    }

    private void fact(String name, String value) {
        out.println("  " + name + " ".repeat(Math.max(0, width - name.length())) + "  " + Outcome.line(value));
        out.flush();
    }

    private boolean end(String verdict) {
        out.println();
        out.println(verdict);
        out.flush();
        return verdict.equals(WORKS);
    }
}
