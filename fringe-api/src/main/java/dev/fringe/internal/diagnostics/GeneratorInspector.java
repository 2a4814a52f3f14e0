// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.Generator;
import dev.fringe.internal.core.Coroutine;
import dev.fringe.management.GeneratorInfo;
import dev.fringe.management.Generators;
import dev.fringe.nativestacks.NativeFlow;
import dev.fringe.nativestacks.hotspot.GdbInterface;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Looks at all generators. There is no list of them that would have to be kept: each stack knows what
 * runs on it, and the making of a stack takes so long that noting it costs nothing.
 */
public final class GeneratorInspector {

    /** Whether the management bean is registered with the first generator. */
    static final String PROPERTY = "dev.fringe.management";

    private GeneratorInspector() {}

    /** What there is to start when the library is. */
    public static void start(long addressInLibrary) {
        GdbInterface.register(addressInLibrary);
        if (Boolean.getBoolean(PROPERTY)) {
            try {
                Generators.register();
            } catch (LinkageError | RuntimeException e) {
                Log.warn("the management bean that the property " + PROPERTY + " asks for can't be registered", e);
            }
        }
    }

    static Stream<Coroutine<?, ?>> live() {
        return NativeFlow.all().stream().sorted(Comparator.comparingLong(stack -> stack.thread().threadId()))
                .<Coroutine<?, ?>>map(NativeFlow::task).filter(task -> task != null && !task.hasEnded());
    }

    /** Every generator that has not ended. */
    public static List<GeneratorInfo> list() {
        return live().map(GeneratorInspector::look).filter(Objects::nonNull).toList();
    }

    /** How many stacks have no generator. */
    public static int idle() {
        return (int) NativeFlow.all().stream().map(NativeFlow::task).filter(task -> task == null || task.hasEnded())
                .count();
    }

    /** Every generator that has not ended, with its trace. */
    public static String dump() {
        StringBuilder text = new StringBuilder();
        live().forEach(coroutine -> {
            GeneratorInfo info = look(coroutine);
            if (info != null) {
                text.append(info).append('\n').append(Backtraces.toText(coroutine.backtrace())).append('\n');
            }
        });
        return text.toString();
    }

    private static GeneratorInfo look(Coroutine<?, ?> coroutine) {
        NativeFlow stack = coroutine.stackThread();
        Thread resumer = coroutine.resumer();
        Generator.State state = coroutine.state();
        if (stack == null || coroutine.hasEnded()) {
            return null;
        }
        StackTraceElement site = coroutine.site();
        if (state == Generator.State.SUSPENDED) {
            resumer = null;
        }
        return new GeneratorInfo(coroutine.name(), stack.thread().threadId(), state, coroutine.hasStarted(),
                coroutine.isShared(), stack.extent().base() - stack.extent().limit(),
                resumer == null ? stack.used() : -1, site == null ? null : site.toString(),
                resumer == null ? null : nameOf(resumer), resumer == null ? 0 : resumer.threadId());
    }

    /** A name also for a virtual thread that has none. */
    static String nameOf(Thread thread) {
        return thread.getName().isEmpty() ? "#" + thread.threadId() : thread.getName();
    }
}
