// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.Generator;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.support.FreeHeap;
import dev.fringe.internal.support.LoaderLocks;
import dev.fringe.internal.support.OtherThread;
import dev.fringe.management.GeneratorInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Looks at all generators. The engine knows its flows, and each flow what runs on it.
 *
 * <p>The thread that looks may have hardly any room on its stack, or memory. A class of the JDK's whose initialiser
 * fails for want of it can never be used again, nor can a call that could not be linked for that reason. So the first
 * look is taken by another thread, with an empty stack; and there are no lambdas, whose linking calls much of the JDK.
 */
public final class GeneratorInspector {

    /** Whether what a look takes has been loaded. */
    private static volatile boolean linked;

    private GeneratorInspector() {}

    /** What another thread does at first: all that the others do, with one generator. */
    private static final class FirstLook implements Supplier<Void> {

        @Override
        public Void get() {
            List<Inspectable> live = live();
            if (!live.isEmpty()) {
                StringBuilder text = new StringBuilder();
                append(text, live.getFirst());
                if (!text.isEmpty()) {
                    linked = true;
                }
            }
            return null;
        }
    }

    /**
     * Loads what a look takes, once, if there is a generator to look at.
     *
     * @throws OutOfMemoryError if there is no memory for it; nothing has happened
     * @throws StackOverflowError if there is no room for it; nothing has happened
     */
    public static void link() {
        if (linked || !any()) {
            return;
        }
        if (LoaderLocks.isHeld(GeneratorInspector.class.getClassLoader())) {
            return; // the other thread would wait for the calling one
        }
        FreeHeap.require(FreeHeap.TO_LOOK, "diagnostics");
        new OtherThread<>("fringe-diagnostics", null, new FirstLook()).await();
    }

    private static Collection<? extends Flow> flows() {
        Engine engine = Engines.loaded();
        return engine == null ? List.of() : engine.flows();
    }

    private static boolean any() {
        for (Flow flow : flows()) {
            if (live(flow) != null) {
                return true;
            }
        }
        return false;
    }

    /** The order in which stacks were made. */
    private static final class ByThread implements Comparator<Flow> {

        @Override
        public int compare(Flow one, Flow other) {
            return Long.compare(one.thread().threadId(), other.thread().threadId());
        }
    }

    static List<Inspectable> live() {
        List<Flow> flows = new ArrayList<>(flows());
        flows.sort(new ByThread());
        List<Inspectable> found = new ArrayList<>();
        for (Flow flow : flows) {
            Inspectable task = live(flow);
            if (task != null) {
                found.add(task);
            }
        }
        return found;
    }

    /** What has not ended on a flow, or null. */
    private static Inspectable live(Flow flow) {
        return flow.task() instanceof Inspectable task && !task.hasEnded() ? task : null;
    }

    /** Every generator that has not ended. */
    public static List<GeneratorInfo> list() {
        link();
        List<GeneratorInfo> found = new ArrayList<>();
        for (Inspectable coroutine : live()) {
            GeneratorInfo info = look(coroutine);
            if (info != null) {
                found.add(info);
            }
        }
        return List.copyOf(found);
    }

    /** How many stacks have no generator. */
    public static int idle() {
        int count = 0;
        for (Flow flow : flows()) {
            count += live(flow) == null ? 1 : 0;
        }
        return count;
    }

    /** Every generator that has not ended, with its trace. */
    public static String dump() {
        link();
        StringBuilder text = new StringBuilder();
        for (Inspectable coroutine : live()) {
            append(text, coroutine);
        }
        return text.toString();
    }

    private static void append(StringBuilder text, Inspectable coroutine) {
        GeneratorInfo info = look(coroutine);
        if (info != null) {
            text.append(info).append('\n').append(Backtraces.toText(Backtraces.of(coroutine))).append('\n');
        }
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
