// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.engine.Engines;
import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.engine.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Stack traces that go on where the stack of a generator ends: the frames of the body, one that marks the
 * boundary, and the frames of the thread that resumes it, down to the oldest.
 *
 * <p>The virtual machine walks one stack, that of the thread, so the trace of an exception that is created
 * in a body ends with the engine's entry methods. These, which say nothing, are what the
 * boundary and the resumer's frames replace.
 *
 * <p>A body that has delegated to another waits on a stack of its own, which neither the trace of the other
 * nor that of the resumer shows, because a resumer switches past it. Its frames come between the two, as if
 * it had resumed the other itself.
 */
public final class Backtraces {

    private static final StackTraceElement[] NONE = {};
    private static final String INTERNAL = "dev.fringe.internal.";
    private static final String GENERATOR = "dev.fringe.Generator";
    private static final Set<String> PLUMBING = Set.of("step", "next", "peek", "standIn", "iterate");
    /** The name of the method that a boundary seems to be. */
    private static final String BOUNDARY = "trampoline";
    /** {@link Task#runBody}, the oldest frame of the library above a body's. */
    private static final String RUN = "runBody";
    /** The virtual machine leaves out the oldest frames of a trace beyond this (MaxJavaStackTraceDepth). */
    private static final int DEEPEST = 1024;
    /** How often a trace of a generator that goes on running is tried before a part of it must do. */
    private static final int ATTEMPTS = 50;
    /** So many bodies that wait for a delegate an exception's trace shows: each takes a walk of its stack. */
    private static final int DELEGATING = 64;

    private Backtraces() {}

    /**
     * Continues the trace of an exception that leaves a body with the frames of the calling thread, which
     * has resumed the body. Does nothing if the exception was not created in this body, has been here
     * before, or does not let its trace be changed; never throws.
     */
    public static void splice(Throwable failure, Inspectable coroutine, Flow flow) {
        try {
            StackTraceElement[] body = failure.getStackTrace();
            int kept = endOfBody(body, flow);
            if (kept < 0) {
                return;
            }
            List<StackTraceElement> whole = new ArrayList<>();
            addBody(whole, body, 0, kept);
            Inspectable oldest = addDelegating(whole, coroutine);
            whole.add(boundary(quote(oldest.name()) + ", resumed by " + describe(Thread.currentThread())));
            StackTraceElement[] rest = new Throwable().getStackTrace();
            whole.addAll(Arrays.asList(rest).subList(firstOutside(rest), rest.length));
            failure.setStackTrace(whole.toArray(NONE));
        } catch (Throwable t) { // out of memory, or overridden methods: the exception matters more than its trace
            return;
        }
    }

    /** The frames of a body, and a word if the virtual machine has left some out. */
    private static void addBody(List<StackTraceElement> whole, StackTraceElement[] trace, int first, int end) {
        whole.addAll(Arrays.asList(trace).subList(Math.min(first, end), end));
        if (end == DEEPEST) {
            whole.add(boundary("older frames are left out: see -XX:MaxJavaStackTraceDepth"));
        }
    }

    /**
     * Adds the boundary of a coroutine whose body was delegated to, the frames of the body that has done so,
     * and so on, but not the last boundary. They don't move meanwhile: it is the calling thread that has
     * resumed the oldest.
     *
     * @return the coroutine whose boundary comes next
     */
    private static Inspectable addDelegating(List<StackTraceElement> whole, Inspectable delegate) {
        Inspectable inner = delegate;
        int shown = 0;
        for (Inspectable outer = inner.delegating(); outer != null; outer = inner.delegating()) {
            if (shown < DELEGATING) {
                addDelegating(whole, inner, outer);
            } else if (shown == DELEGATING) {
                whole.add(boundary("more generators that delegate are left out"));
            }
            shown++;
            inner = outer;
        }
        return inner;
    }

    /** One of them. Returns false if the outer body does not delegate any more. */
    private static boolean addDelegating(List<StackTraceElement> whole, Inspectable inner, Inspectable outer) {
        Flow flow = outer.flow();
        if (flow == null) {
            return false;
        }
        StackTraceElement[] trace = traceOf(flow.thread());
        int end = endOfRun(trace);
        if (end < 0) {
            return false;
        }
        whole.add(boundary(quote(inner.name()) + ", delegated to by " + quote(outer.name())));
        int first = firstOutside(trace);
        addBody(whole, trace, first, end);
        return inner.delegating() == outer;
    }

    /**
     * The trace of a generator as it is now: of its body, or of that which runs in place of it; and if some
     * thread runs it, of that thread and so on. Empty if the body has ended.
     */
    public static StackTraceElement[] of(Inspectable coroutine) {
        List<StackTraceElement> best = List.of();
        for (int i = 0; i < ATTEMPTS; i++) {
            List<StackTraceElement> whole = new ArrayList<>();
            if (append(whole, newest(coroutine))) {
                return whole.toArray(NONE);
            }
            best = whole;
            Thread.onSpinWait();
        }
        return best.toArray(NONE);
    }

    /**
     * The trace of a thread.
     *
     * @throws StackOverflowError if there is no room for it, of which the JDK makes an {@link InternalError} if the thread
     *     is a virtual one
     */
    static StackTraceElement[] traceOf(Thread thread) {
        try {
            return thread.getStackTrace();
        } catch (InternalError e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof VirtualMachineError error) {
                    throw error;
                }
            }
            throw e;
        }
    }

    /** The coroutine whose body runs, or is to run, when this one is resumed. */
    private static Inspectable newest(Inspectable coroutine) {
        Inspectable newest = coroutine;
        for (Inspectable next = newest.delegate(); next != null && !next.hasEnded(); next = newest.delegate()) {
            newest = next;
        }
        return newest;
    }

    /** Returns false if what it found does not fit together because things have moved meanwhile. */
    private static boolean append(List<StackTraceElement> whole, Inspectable coroutine) {
        Flow flow = coroutine.flow();
        Thread resumer = coroutine.resumer();
        if (flow == null || coroutine.hasEnded()) {
            return true;
        }
        StackTraceElement[] body = traceOf(flow.thread());
        if (flow.task() != coroutine) {
            return false;
        }
        int end = endOfRun(body);
        if (end >= 0) {
            addBody(whole, body, firstOfBody(body, flow.thread()), end);
        }
        return appendOlder(whole, coroutine, end < 0, 0)
                && coroutine.resumer() == resumer && coroutine.flow() == flow;
    }

    /** The boundary of a coroutine and all that is older: who has delegated to it or resumed it, and so on. */
    private static boolean appendOlder(List<StackTraceElement> whole, Inspectable coroutine, boolean isNew, int depth) {
        Inspectable outer = coroutine.delegating();
        if (outer != null && depth <= DEEPEST) {
            return addDelegating(whole, coroutine, outer) && appendOlder(whole, outer, false, depth + 1)
                    && coroutine.delegating() == outer;
        }
        String name = quote(coroutine.name());
        Thread resumer = coroutine.resumer();
        if (resumer == null) {
            whole.add(boundary(name + (isNew ? ", not started" : ", suspended")));
            return coroutine.resumer() == null;
        }
        whole.add(boundary(name + ", resumed by " + describe(resumer)));
        return appendResumer(whole, resumer, depth) && coroutine.resumer() == resumer;
    }

    private static boolean appendResumer(List<StackTraceElement> whole, Thread resumer, int depth) {
        StackTraceElement[] trace = traceOf(resumer);
        int first = resumer == Thread.currentThread() ? firstOfBody(trace, resumer) : firstOutside(trace);
        if (first >= trace.length || !trace[first].getClassName().equals(GENERATOR)) {
            return false;
        }
        Flow flow = Engines.loaded().flowOf(resumer);
        Inspectable outer = flow == null ? null : (Inspectable) flow.task();
        int end = outer == null ? trace.length : endOfRun(trace);
        if (end < first) {
            return false;
        }
        whole.addAll(Arrays.asList(trace).subList(first, end));
        if (outer == null || depth > DEEPEST) {
            return true;
        }
        return outer.resumer() != null && appendOlder(whole, outer, false, depth + 1);
    }

    /**
     * How many frames of a trace belong to the body that runs on a stack, or -1 if the trace was not
     * taken there.
     */
    private static int endOfBody(StackTraceElement[] trace, Flow flow) {
        if (trace.length == DEEPEST && StackMarker.of(trace) == 0) {
            return trace.length; // too deep to tell, which in a body means that it is the body's
        }
        int origin = StackMarker.of(trace);
        return origin != 0 && origin == flow.origin() ? endOfTask(trace) : -1;
    }

    /** The index of the oldest frame that is not a body's, or -1 if the thread runs none. */
    private static int endOfRun(StackTraceElement[] trace) {
        return trace.length == DEEPEST && StackMarker.of(trace) == 0 ? trace.length : endOfTask(trace);
    }

    /** The index of a body's newest frame: without those that only take the trace, or switch. */
    private static int firstOfBody(StackTraceElement[] trace, Thread thread) {
        int first = 0;
        if (thread == Thread.currentThread()) {
            while (first < trace.length && !is(trace[first], GENERATOR, "backtrace")) {
                first++;
            }
            if (first < trace.length) {
                return first + 1;
            }
            return firstOutside(trace);
        }
        first = Engines.loaded().engineFrames(trace);
        while (first < trace.length && trace[first].getMethodName().equals("switchOut")
                && trace[first].getClassName().startsWith(INTERNAL)) {
            first++;
        }
        return first;
    }

    /** The index of the first frame that is neither the engine's nor the library's. */
    private static int firstOutside(StackTraceElement[] trace) {
        int first = Engines.loaded().engineFrames(trace);
        while (first < trace.length && (trace[first].getClassName().startsWith(INTERNAL)
                || is(trace[first], Thread.class.getName(), "getStackTrace") || isPlumbing(trace[first]))) {
            first++;
        }
        return first;
    }

    /** The index of the frame that has called the body, or -1. */
    private static int endOfTask(StackTraceElement[] trace) {
        for (int i = trace.length - 1; i >= 0; i--) {
            if (trace[i].getMethodName().equals(RUN) && trace[i].getClassName().startsWith(INTERNAL)) {
                return i;
            }
        }
        return -1;
    }

    /** A method of the generator that is no part of the interface. */
    private static boolean isPlumbing(StackTraceElement frame) {
        return frame.getClassName().equals(GENERATOR) && PLUMBING.contains(frame.getMethodName());
    }

    private static boolean is(StackTraceElement frame, String className, String method) {
        return frame.getMethodName().equals(method) && frame.getClassName().equals(className);
    }

    /** Where the name of a file stands in other frames, this one has what it says. */
    private static StackTraceElement boundary(String text) {
        return new StackTraceElement(GENERATOR, BOUNDARY, text, -1);
    }

    private static String quote(String name) {
        return "generator \"" + name + '"';
    }

    static String describe(Thread thread) {
        if (thread.getName().isEmpty()) {
            return (thread.isVirtual() ? "virtual thread #" : "thread #") + thread.threadId();
        }
        return (thread.isVirtual() ? "virtual thread \"" : "thread \"") + thread.getName() + '"';
    }

    /** The frames, one a line, as in a stack trace. */
    static String toText(StackTraceElement[] trace) {
        StringBuilder text = new StringBuilder();
        for (StackTraceElement frame : trace) {
            text.append("\tat ").append(frame).append('\n');
        }
        return text.toString();
    }
}
