// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Stack traces that go on where the stack of a generator ends: the frames of the body, one that marks the
 * boundary, and the frames of the thread that resumes it, down to the oldest.
 *
 * <p>The virtual machine walks one stack, that of the thread, so the trace of an exception that is created
 * in a body ends with the entry methods of {@link StackThread}. These, which say nothing, are what the
 * boundary and the resumer's frames replace.
 */
final class Backtraces {

    private static final StackTraceElement[] NONE = {};
    private static final String INTERNAL = Backtraces.class.getPackageName() + ".";
    private static final String GENERATOR = "dev.fringe.Generator";
    /** The name of the method that a boundary seems to be. */
    private static final String BOUNDARY = "trampoline";
    private static final String RUN = Coroutine.class.getName();
    private static final String ENTRY = StackThread.class.getName();
    private static final String ORIGIN = Origin.class.getName();
    private static final String SWITCH = Switch.class.getName();
    /** The virtual machine leaves out the oldest frames of a trace beyond this (MaxJavaStackTraceDepth). */
    private static final int DEEPEST = 1024;
    /** How often a trace of a generator that goes on running is tried before a part of it must do. */
    private static final int ATTEMPTS = 50;

    private Backtraces() {}

    /**
     * Continues the trace of an exception that leaves a body with the frames of the calling thread, which
     * has resumed the body. Does nothing if the exception was not created in this body, has been here
     * before, or does not let its trace be changed; never throws.
     */
    static void splice(Throwable failure, String name, StackThread stack) {
        try {
            StackTraceElement[] body = failure.getStackTrace();
            int kept = endOfBody(body, stack);
            if (kept < 0) {
                return;
            }
            List<StackTraceElement> whole = new ArrayList<>(Arrays.asList(body).subList(0, kept));
            if (kept == DEEPEST) {
                whole.add(boundary("older frames are left out: see -XX:MaxJavaStackTraceDepth"));
            }
            Thread resumer = Thread.currentThread();
            whole.add(boundary(quote(name) + ", resumed by " + describe(resumer)));
            StackTraceElement[] rest = new Throwable().getStackTrace();
            whole.addAll(Arrays.asList(rest).subList(firstOutside(rest), rest.length));
            failure.setStackTrace(whole.toArray(NONE));
        } catch (Throwable t) { // out of memory, or overridden methods: the exception matters more than its trace
            return;
        }
    }

    /**
     * The trace of a generator as it is now: of its body, and if some thread runs it, of that thread and
     * so on. Empty if the body has ended.
     */
    static StackTraceElement[] of(Coroutine<?, ?> coroutine) {
        List<StackTraceElement> best = List.of();
        for (int i = 0; i < ATTEMPTS; i++) {
            List<StackTraceElement> whole = new ArrayList<>();
            if (append(whole, coroutine, 0)) {
                return whole.toArray(NONE);
            }
            best = whole;
            Thread.onSpinWait();
        }
        return best.toArray(NONE);
    }

    /** Returns false if what it found does not fit together because things have moved meanwhile. */
    private static boolean append(List<StackTraceElement> whole, Coroutine<?, ?> coroutine, int depth) {
        StackThread stack = coroutine.stackThread();
        Thread resumer = coroutine.resumer();
        if (stack == null || coroutine.hasEnded()) {
            return true;
        }
        StackTraceElement[] body = stack.thread().getStackTrace();
        if (stack.task() != coroutine) {
            return false;
        }
        int end = endOfRun(body);
        if (end >= 0) {
            whole.addAll(Arrays.asList(body).subList(Math.min(end, firstOfBody(body, stack.thread())), end));
        }
        String name = quote(coroutine.name());
        if (resumer == null) {
            whole.add(boundary(name + (end < 0 ? ", not started" : ", suspended")));
            return coroutine.resumer() == null && coroutine.stackThread() == stack;
        }
        whole.add(boundary(name + ", resumed by " + describe(resumer)));
        return appendResumer(whole, resumer, depth) && coroutine.resumer() == resumer;
    }

    private static boolean appendResumer(List<StackTraceElement> whole, Thread resumer, int depth) {
        StackTraceElement[] trace = resumer.getStackTrace();
        int first = resumer == Thread.currentThread() ? firstOfBody(trace, resumer) : firstOutside(trace);
        if (first >= trace.length || !trace[first].getClassName().equals(GENERATOR)) {
            return false;
        }
        StackThread stack = StackThread.of(resumer);
        Coroutine<?, ?> outer = stack == null ? null : stack.task();
        int end = outer == null ? trace.length : endOfRun(trace);
        if (end < first) {
            return false;
        }
        whole.addAll(Arrays.asList(trace).subList(first, end));
        if (outer == null || depth > DEEPEST) {
            return true;
        }
        String name = quote(outer.name());
        Thread next = outer.resumer();
        if (next == null) {
            return false;
        }
        whole.add(boundary(name + ", resumed by " + describe(next)));
        return appendResumer(whole, next, depth + 1) && outer.resumer() == next;
    }

    /**
     * How many frames of a trace belong to the body that runs on a stack, or -1 if the trace was not
     * taken there.
     */
    private static int endOfBody(StackTraceElement[] trace, StackThread stack) {
        if (trace.length == DEEPEST && find(trace, ENTRY, "enter") < 0) {
            return trace.length; // too deep to tell, which in a body means that it is the body's
        }
        int origin = find(trace, ORIGIN, "enter");
        return origin >= 0 && trace[origin].getLineNumber() == stack.originLine() ? find(trace, RUN, "run") : -1;
    }

    /** The index of the oldest frame that is not a body's, or -1 if the thread runs none. */
    private static int endOfRun(StackTraceElement[] trace) {
        return trace.length == DEEPEST && find(trace, ENTRY, "enter") < 0 ? trace.length : find(trace, RUN, "run");
    }

    /** The line at which {@link Origin} has called the bodies of a thread that is between two of them. */
    static int originLine(Thread thread) {
        StackTraceElement[] trace = thread.getStackTrace();
        int origin = find(trace, ORIGIN, "enter");
        return origin < 0 ? 0 : trace[origin].getLineNumber();
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
        first = firstAfterLinker(trace);
        while (first < trace.length && trace[first].getClassName().equals(SWITCH)) {
            first++;
        }
        return first;
    }

    /** Where {@link Switch} is, if above it there are only frames of the linker, which the Zero VM shows. */
    private static int firstAfterLinker(StackTraceElement[] trace) {
        int first = 0;
        while (first < trace.length && (trace[first].getClassName().startsWith("jdk.internal.foreign.")
                || trace[first].getClassName().startsWith("java.lang.invoke."))) {
            first++;
        }
        return first < trace.length && trace[first].getClassName().equals(SWITCH) ? first : 0;
    }

    /** The index of the first frame that is not this package's. */
    private static int firstOutside(StackTraceElement[] trace) {
        int first = firstAfterLinker(trace);
        while (first < trace.length && (trace[first].getClassName().startsWith(INTERNAL)
                || is(trace[first], Thread.class.getName(), "getStackTrace") || is(trace[first], GENERATOR, "step"))) {
            first++;
        }
        return first;
    }

    /** The index of the oldest frame of a method, or -1. */
    private static int find(StackTraceElement[] trace, String className, String method) {
        for (int i = trace.length - 1; i >= 0; i--) {
            if (is(trace[i], className, method)) {
                return i;
            }
        }
        return -1;
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
