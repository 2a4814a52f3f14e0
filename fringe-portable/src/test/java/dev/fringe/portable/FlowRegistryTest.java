// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import dev.fringe.internal.engine.StackMarker;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What diagnostics ask of the engine and of flows. */
class FlowRegistryTest {

    private static final Options OPTIONS = new Options(null, Options.ANY_SIZE, true, false, false, null);

    private static Flow make(PortableEngine engine, List<Flow> flows) {
        Flow flow = engine.create(OPTIONS);
        flow.assign(() -> { }, "a name", null);
        flows.add(flow);
        return flow;
    }

    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void listsThoseThatHaveABody(PortableEngine engine) {
        List<Flow> flows = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            make(engine, flows);
        }
        assertTrue(engine.flows().containsAll(flows));
        Collections.shuffle(flows, new Random(1));
        while (!flows.isEmpty()) {
            Flow retired = flows.removeLast();
            retired.retire();
            retired.retire(); // does no harm
            assertFalse(retired.leased);
            Set<Flow> listed = new HashSet<>(engine.flows());
            assertFalse(listed.contains(retired));
            assertTrue(listed.containsAll(flows));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void lostFlowsAreRetiredWhenTheyAreMet(PortableEngine engine) {
        Flow flow = make(engine, new ArrayList<>());
        flow.lost = true;
        assertFalse(engine.flows().contains(flow));
        assertFalse(flow.leased);
        assertFalse(flow.lost);
    }

    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void threadsAreKnownByTheirBodies(PortableEngine engine) {
        Flow[] found = new Flow[2];
        TestGenerator generator = new TestGenerator(engine, self -> {
            found[0] = engine.flowOf(Thread.currentThread());
            Thread child = Thread.ofVirtual().start(() -> found[1] = engine.flowOf(Thread.currentThread()));
            child.join();
            self.suspend(1);
        });
        assertSame(generator.flow, engine.flowOf(generator.flow.thread()));
        generator.next();
        assertSame(generator.flow, found[0]);
        assertNull(found[1]);
        assertNull(engine.flowOf(Thread.currentThread()));
        generator.close();
    }

    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void namesAndClassLoaders(PortableEngine engine) {
        ClassLoader loader = new ClassLoader() { };
        Flow flow = engine.create(OPTIONS);
        Object[] seen = new Object[2];
        flow.assign(() -> {
            seen[0] = Thread.currentThread().getName();
            seen[1] = Thread.currentThread().getContextClassLoader();
        }, "a name", loader);
        flow.resume();
        flow.retire();
        assertEquals("a name", seen[0]);
        assertSame(loader, seen[1]);
        assertTrue(flow.name().startsWith("fringe-"));
    }

    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void tracesBeginAndEndWithWhatTheEngineKnows(PortableEngine engine) {
        StackTraceElement[][] traces = new StackTraceElement[2][];
        Thread resumer = Thread.currentThread();
        TestGenerator generator = new TestGenerator(engine, self -> {
            traces[0] = new Throwable().getStackTrace();
            traces[1] = resumer.getStackTrace();
            self.suspend(1);
        });
        generator.next();
        assertEquals(generator.flow.origin(), StackMarker.of(traces[0]));
        assertEquals(0, engine.engineFrames(traces[0]));
        assertEquals(0, StackMarker.of(traces[1]));
        int first = engine.engineFrames(traces[1]);
        assertEquals("next", traces[1][first].getMethodName());
        StackTraceElement[] suspended = generator.flow.thread().getStackTrace();
        assertEquals(generator.flow.origin(), StackMarker.of(suspended));
        first = engine.engineFrames(suspended);
        assertEquals(TestGenerator.class.getName() + ".suspend",
                suspended[first].getClassName() + "." + suspended[first].getMethodName());
        generator.close();
    }

    @ParameterizedTest
    @MethodSource("dev.fringe.portable.SwitchTest#engines")
    void keptFlowsAreNotListed(PortableEngine engine) {
        TestGenerator generator = TestGenerator.counter(engine);
        generator.next();
        assertNotNull(generator.flow.task());
        generator.flow.keep();
        assertFalse(engine.flows().contains(generator.flow));
    }
}
