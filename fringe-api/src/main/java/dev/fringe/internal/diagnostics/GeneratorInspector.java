// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.Generator;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.management.GeneratorInfo;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Looks at all generators. The engine knows its flows, and each flow what runs on it.
 */
public final class GeneratorInspector {

    private GeneratorInspector() {}

    private static Stream<? extends Flow> flows() {
        Engine engine = Engines.loaded();
        return engine == null ? Stream.of() : engine.flows().stream();
    }

    static Stream<Inspectable> live() {
        return flows().sorted(Comparator.comparingLong(flow -> flow.thread().threadId())).map(GeneratorInspector::live)
                .filter(Objects::nonNull);
    }

    /** What has not ended on a flow, or null. */
    private static Inspectable live(Flow flow) {
        return flow.task() instanceof Inspectable task && !task.hasEnded() ? task : null;
    }

    /** Every generator that has not ended. */
    public static List<GeneratorInfo> list() {
        return live().map(GeneratorInspector::look).filter(Objects::nonNull).toList();
    }

    /** How many stacks have no generator. */
    public static int idle() {
        return (int) flows().filter(flow -> live(flow) == null).count();
    }

    /** Every generator that has not ended, with its trace. */
    public static String dump() {
        StringBuilder text = new StringBuilder();
        live().forEach(coroutine -> {
            GeneratorInfo info = look(coroutine);
            if (info != null) {
                text.append(info).append('\n').append(Backtraces.toText(Backtraces.of(coroutine))).append('\n');
            }
        });
        return text.toString();
    }

    private static GeneratorInfo look(Inspectable coroutine) {
        Flow flow = coroutine.flow();
        Thread resumer = coroutine.resumer();
        Generator.State state = coroutine.state();
        if (flow == null || coroutine.hasEnded()) {
            return null;
        }
        StackTraceElement site = coroutine.site();
        if (state != Generator.State.RUNNING) {
            resumer = null;
        }
        return new GeneratorInfo(coroutine.name(), flow.thread().threadId(), state, coroutine.hasStarted(),
                coroutine.isShared(), flow.stackSize(),
                resumer == null ? flow.stackUsed() : -1, site == null ? null : site.toString(),
                resumer == null ? null : nameOf(resumer), resumer == null ? 0 : resumer.threadId());
    }

    /** A name also for a virtual thread that has none. */
    static String nameOf(Thread thread) {
        return thread.getName().isEmpty() ? "#" + thread.threadId() : thread.getName();
    }
}
