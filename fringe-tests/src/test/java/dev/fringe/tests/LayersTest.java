// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.NativeGenerator;
import dev.fringe.management.Generators;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Which package may know which, as docs/architecture.md has it. Reads the compiled classes of all artefacts on the
 * class path.
 */
@Tag("host")
@Tag("tools")
class LayersTest {

    private static final String API = "dev.fringe";
    private static final String INTERNAL = "dev.fringe.internal..";
    private static final String NATIVE = "dev.fringe.nativestacks..";
    private static final String PORTABLE = "dev.fringe.portable..";
    /** Packages of programs that use the library. */
    private static final List<String> PROGRAMS = List.of("dev.fringe.tests", "dev.fringe.snippets",
            "dev.fringe.stress", "dev.fringe.examples", "dev.fringe.bench");

    private static JavaClasses library;
    private static Set<String> architectures;

    private static String[] packagesOfArchitectures() {
        return architectures.stream().map(name -> API + "." + name + "..").toArray(String[]::new);
    }

    @BeforeAll
    static void read() throws IOException {
        architectures = Architectures.inSources(Path.of(".."));
        library = new ClassFileImporter().importPackages(API).that(describe("belong to the library",
                type -> PROGRAMS.stream().noneMatch(program -> type.getPackageName().startsWith(program))));
        Set<String> packages = library.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
        for (String expected : List.of("dev.fringe", "dev.fringe.internal.core", "dev.fringe.internal.engine",
                "dev.fringe.nativestacks", "dev.fringe.nativestacks.linux", "dev.fringe.x86_64", "dev.fringe.or1k")) {
            assertTrue(packages.contains(expected), () -> expected + " was not read, only " + packages);
        }
        for (String architecture : architectures) {
            assertTrue(packages.contains(API + "." + architecture),
                    () -> architecture + " has a module, but the artefact of all backends does not bring it");
        }
    }

    /** A package is a slice; the public ones, whose types both sides of the library name, are left out. */
    private static final SliceAssignment BY_PACKAGE = new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            String name = type.getPackageName();
            return name.equals(API) || name.equals("dev.fringe.management") || name.equals("dev.fringe.spi")
                    ? SliceIdentifier.ignore() : SliceIdentifier.of(name);
        }

        @Override
        public String getDescription() {
            return "packages behind the public ones";
        }
    };

    @Test
    void noPackagesDependOnEachOtherInACycle() {
        SlicesRuleDefinition.slices().assignedFrom(BY_PACKAGE).should().beFreeOfCycles().check(library);
    }

    @Test
    void theApiKnowsNoEngine() {
        noClasses().that().resideInAnyPackage(API, INTERNAL, "dev.fringe.management", "dev.fringe.spi")
                .should().dependOnClassesThat().resideInAnyPackage(NATIVE, PORTABLE).check(library);
    }

    @Test
    void engineAndCoreMeetInOnePackage() {
        noClasses().that().resideInAnyPackage(NATIVE, PORTABLE).should().dependOnClassesThat(
                resideInAPackage(INTERNAL).and(not(resideInAnyPackage("dev.fringe.internal.engine",
                        "dev.fringe.internal.settings", "dev.fringe.internal.support")))).check(library);
        noClasses().that().resideInAPackage("dev.fringe.internal.engine").should().dependOnClassesThat(
                resideInAPackage(INTERNAL).and(not(resideInAnyPackage(
                        "dev.fringe.internal.engine", "dev.fringe.internal.settings")))).check(library);
    }

    @Test
    void nothingButTheProgramKnowsTheDoctor() {
        noClasses().that().doNotHaveFullyQualifiedName("dev.fringe.Doctor")
                .and(not(resideInAPackage("dev.fringe.internal.doctor")))
                .should().dependOnClassesThat().resideInAPackage("dev.fringe.internal.doctor").check(library);
    }

    @Test
    void anArchitectureKnowsTheNativeEngineAndNothingElse() {
        classes().that().resideInAnyPackage(packagesOfArchitectures()).should().onlyDependOnClassesThat(
                resideInAnyPackage(packagesOfArchitectures()).or(resideInAnyPackage("dev.fringe.nativestacks", "java..")))
                .check(library);
    }

    /** What makes a generator is above what it consists of; what makes others of it, or tries it, is above both. */
    @Test
    void whatAGeneratorConsistsOfDoesNotKnowGenerators() {
        DescribedPredicate<JavaClass> facades = type(Generator.class).or(type(LongGenerator.class))
                .or(type(NativeGenerator.class)).or(type(Generators.class));
        noClasses().that().resideInAnyPackage(INTERNAL, NATIVE, PORTABLE)
                .and(not(resideInAnyPackage("dev.fringe.internal.publish", "dev.fringe.internal.doctor")))
                .should().dependOnClassesThat(facades).check(library);
    }
}
