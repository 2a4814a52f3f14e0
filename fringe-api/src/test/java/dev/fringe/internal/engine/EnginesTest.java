// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which of several engines is used, with engines that do nothing. */
class EnginesTest {

    private static final EngineListener SILENT = () -> { };

    private record Fake(String name, Set<Capability> capabilities) implements Engine {

        @Override
        public Flow create(Options options) {
            throw new AssertionError("nothing is made here");
        }

        @Override
        public Flow flowOf(Thread thread) {
            return null;
        }

        @Override
        public Collection<? extends Flow> flows() {
            return List.of();
        }

        @Override
        public int engineFrames(StackTraceElement[] trace) {
            return 0;
        }

        @Override
        public String describe() {
            return "fake";
        }
    }

    /** Counts how often an engine has been made. */
    private static final class Provider implements EngineProvider {

        private final List<String> names;
        private final int rank;
        private final String obstacle;
        private final Throwable failure;
        private String forced;
        private int made;

        private Provider(int rank, String obstacle, Throwable failure, String... names) {
            this.names = List.of(names);
            this.rank = rank;
            this.obstacle = obstacle;
            this.failure = failure;
        }

        @Override
        public List<String> names() {
            return names;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public String obstacle(String forced) {
            return obstacle;
        }

        @Override
        public Engine create(String forced, EngineListener listener) {
            made++;
            this.forced = forced;
            switch (failure) {
                case null -> { }
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new AssertionError(failure);
            }
            return new Fake(forced == null ? names.getFirst() : forced, Set.of());
        }
    }

    private static Provider fitting(int rank, String... names) {
        return new Provider(rank, null, null, names);
    }

    private static Provider unfit(int rank, String why, String... names) {
        return new Provider(rank, why, null, names);
    }

    private static Provider failing(int rank, Throwable failure, String... names) {
        return new Provider(rank, null, failure, names);
    }

    private static String refused(String forced, Provider... found) {
        return assertThrows(UnsupportedOperationException.class,
                () -> Engines.choose(List.of(found), forced, SILENT)).getMessage();
    }

    private static void assertSays(String message, String... words) {
        for (String word : words) {
            assertTrue(message.contains(word), () -> "\"" + word + "\" is not in: " + message);
        }
    }

    @Test
    void theFirstThatFitsIsMadeAndNoOther() {
        Provider nativeOne = fitting(EngineProvider.NATIVE, "x86_64");
        Provider portable = fitting(EngineProvider.PORTABLE, "portable");
        assertEquals("x86_64", Engines.choose(List.of(nativeOne, portable), null, SILENT).name());
        assertEquals(0, portable.made);
    }

    @Test
    void oneThatDoesNotFitIsPassedOverAndNotMade() {
        Provider nativeOne = unfit(EngineProvider.NATIVE, "no Linux", "x86_64");
        Provider portable = fitting(EngineProvider.PORTABLE, "portable");
        assertEquals("portable", Engines.choose(List.of(nativeOne, portable), null, SILENT).name());
        assertEquals(0, nativeOne.made);
    }

    @Test
    void oneThatFitsAndDoesNotWorkIsReplaced() {
        for (Throwable failure : List.of(new UnsupportedOperationException("no tid slot"),
                new IllegalCallerException("denied"), new UnsatisfiedLinkError("no function"))) {
            Provider nativeOne = failing(EngineProvider.NATIVE, failure, "x86_64");
            Provider portable = fitting(EngineProvider.PORTABLE, "portable");
            assertEquals("portable", Engines.choose(List.of(nativeOne, portable), null, SILENT).name());
            assertEquals(1, nativeOne.made);
        }
    }

    @Test
    void ifNoneWorksTheFirstFailureIsThrown() {
        UnsatisfiedLinkError failure = new UnsatisfiedLinkError("no function");
        IllegalStateException other = new IllegalStateException("another");
        assertSame(failure, assertThrows(UnsatisfiedLinkError.class, () -> Engines.choose(
                List.of(failing(EngineProvider.NATIVE, failure, "x86_64"),
                        failing(EngineProvider.PORTABLE, other, "portable")), null, SILENT)));
        assertEquals(List.of(other), List.of(failure.getSuppressed()));
    }

    /** It may be tried again, so it is not for another engine to stand in. */
    @Test
    void memoryThatIsShortIsNoReasonToTakeAnother() {
        Provider portable = fitting(EngineProvider.PORTABLE, "portable");
        assertThrows(OutOfMemoryError.class, () -> Engines.choose(List.of(
                failing(EngineProvider.NATIVE, new OutOfMemoryError("no thread"), "x86_64"), portable), null, SILENT));
        assertEquals(0, portable.made);
    }

    @Test
    void noneIsRefusedWithWhatWasFoundAndWhy() {
        assertSays(refused(null), "found: none", "dev.fringe:fringe");
        assertSays(refused(null, unfit(EngineProvider.NATIVE, "no backend for s390x", "aarch64", "x86_64"),
                unfit(EngineProvider.PORTABLE, "no continuations", "portable")),
                "found: aarch64, x86_64, portable", "no backend for s390x", "no continuations", "dev.fringe:fringe");
    }

    @Test
    void thePropertyForcesOneByName() {
        Provider nativeOne = fitting(EngineProvider.NATIVE, "aarch64", "x86_64");
        Provider portable = fitting(EngineProvider.PORTABLE, "portable");
        assertEquals("portable", Engines.choose(List.of(nativeOne, portable), "portable", SILENT).name());
        assertEquals(0, nativeOne.made);
        assertEquals("x86_64", Engines.choose(List.of(nativeOne, portable), "x86_64", SILENT).name());
        assertEquals("x86_64", nativeOne.forced);
    }

    @Test
    void oneThatIsForcedIsNotReplaced() {
        Provider portable = fitting(EngineProvider.PORTABLE, "portable");
        assertSays(refused("riscv", fitting(EngineProvider.NATIVE, "x86_64"), portable), "dev.fringe.backend",
                "\"riscv\"", "x86_64, portable", "dev.fringe:fringe-riscv", "remove the property");
        assertSays(refused("x86_64", unfit(EngineProvider.NATIVE, "\"x86_64\" does not fit", "x86_64"), portable),
                "dev.fringe.backend", "does not fit", "remove the property");
        assertThrows(IllegalCallerException.class, () -> Engines.choose(List.of(
                failing(EngineProvider.NATIVE, new IllegalCallerException("denied"), "x86_64"), portable), "x86_64", SILENT));
        assertEquals(0, portable.made);
    }

    @Test
    void whatAnEngineLacksIsRefusedByName() {
        Engine engine = new Fake("portable", EnumSet.complementOf(EnumSet.of(Capability.GIVEN_STACK,
                Capability.NATIVE_BODY)));
        engine.require(Capability.STACK_SIZE);
        for (Capability missing : List.of(Capability.GIVEN_STACK, Capability.NATIVE_BODY)) {
            assertSays(assertThrows(UnsupportedOperationException.class, () -> engine.require(missing)).getMessage(),
                    "\"portable\"", missing.verb(), "dev.fringe:fringe", "dev.fringe.backend");
        }
        assertSays(assertThrows(UnsupportedOperationException.class, engine::stacks).getMessage(), "stack");
        assertSays(assertThrows(UnsupportedOperationException.class, engine::nativeBodies).getMessage(), "C function");
    }
}
