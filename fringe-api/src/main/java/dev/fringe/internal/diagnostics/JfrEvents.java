// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** The events themselves; only loaded where there is a flight recorder. All are disabled by default. */
public final class JfrEvents {

    private static final Created CREATED = new Created();
    private static final Finished FINISHED = new Finished();
    private static final Closed CLOSED = new Closed();
    private static final Abandoned ABANDONED = new Abandoned();
    private static final LongResume LONG_RESUME = new LongResume();

    private JfrEvents() {}

    /** What all have in common. */
    @Category({"Fringe"})
    @Enabled(false)
    abstract static class Base extends Event {
        @Label("Generator")
        String generator;

        @Label("Generator Thread")
        Thread generatorThread;
    }

    @Name("dev.fringe.GeneratorCreated")
    @Label("Generator Created")
    static final class Created extends Base {
        @Label("Stack Size")
        @jdk.jfr.DataAmount
        long stackSize;

        @Label("Shared")
        boolean shared;
    }

    @Name("dev.fringe.GeneratorFinished")
    @Label("Generator Finished")
    @Description("The body of a generator has returned or thrown")
    static final class Finished extends Base {
        @Label("Exception")
        Class<?> exception;
    }

    @Name("dev.fringe.GeneratorClosed")
    @Label("Generator Closed")
    @Description("A generator has been closed before its body had ended")
    static final class Closed extends Base { }

    @Name("dev.fringe.GeneratorAbandoned")
    @Label("Generator Abandoned")
    @Description("A generator became unreachable before its body had ended, and nobody had closed it")
    @StackTrace(false)
    static final class Abandoned extends Base { }

    @Name("dev.fringe.LongResume")
    @Label("Long Resume")
    @Description("A body kept the thread that resumed it for long")
    @Threshold("20 ms")
    static final class LongResume extends Base { }

    static void created(Inspectable coroutine) {
        if (CREATED.isEnabled()) {
            Created event = new Created();
            fill(event, coroutine.name(), coroutine.flow().thread());
            event.stackSize = coroutine.flow().stackSize();
            event.shared = coroutine.isShared();
            event.commit();
        }
    }

    static void finished(String name, Thread thread, Throwable failure) {
        if (FINISHED.isEnabled()) {
            Finished event = new Finished();
            fill(event, name, thread);
            event.exception = failure == null ? null : failure.getClass();
            event.commit();
        }
    }

    static void closed(String name, Thread thread, boolean abandoned) {
        if (abandoned ? ABANDONED.isEnabled() : CLOSED.isEnabled()) {
            Base event = abandoned ? new Abandoned() : new Closed();
            fill(event, name, thread);
            event.commit();
        }
    }

    static Object resuming() {
        if (!LONG_RESUME.isEnabled()) {
            return null;
        }
        LongResume event = new LongResume();
        event.begin();
        return event;
    }

    static void resumed(Object begun, String name, Thread thread) {
        LongResume event = (LongResume) begun;
        event.end();
        if (event.shouldCommit()) {
            fill(event, name, thread);
            event.commit();
        }
    }

    private static void fill(Base event, String name, Thread thread) {
        event.generator = name;
        event.generatorThread = thread;
    }
}
