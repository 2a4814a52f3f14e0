// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Tries an engine out before anybody relies on it: a JDK that is newer than this library may do things in another way. It
 * also initialises every class that a switch may need, because later there may be no room on the stack for it, or no
 * memory.
 */
final class SelfTest {

    private static final long PATIENCE_SECONDS = 20;
    private static final int SUSPENSIONS = 3;
    private static final Options OPTIONS = options(false);
    private static final Options INTERRUPTIBLE = options(true);

    private static Options options(boolean interruptible) {
        return new Options(null, Options.ANY_SIZE, true, false, interruptible, null);
    }

    private final PortableEngine engine;
    private final Object resumersMonitor = new Object();

    private SelfTest(PortableEngine engine) {
        this.engine = engine;
    }

    /** Null if the engine works; else what does not, as the end of a sentence. */
    static String failure(PortableEngine engine) {
        String[] result = new String[1];
        CountDownLatch ended = new CountDownLatch(1);
        Thread thread = Thread.ofPlatform().daemon().name("fringe-portable-test").inheritInheritableThreadLocals(false)
                .unstarted(() -> {
                    try {
                        new SelfTest(engine).run();
                    } catch (Throwable t) {
                        result[0] = "in its own test there was " + t;
                    } finally {
                        ended.countDown();
                    }
                });
        thread.start();
        return awaitEnd(ended) ? result[0] : "its own test has not ended after " + PATIENCE_SECONDS + " s";
    }

    private static boolean awaitEnd(CountDownLatch ended) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() throws InterruptedException, IllegalAccessException {
        MethodHandles.lookup().ensureInitialized(Sneaky.class);
        resumeToTheEnd();
        resumeWithMonitor();
        resumeInBody();
        resumeByHelper();
        List<Throwable> thrown = new ArrayList<>();
        Thread virtual = Thread.ofVirtual().inheritInheritableThreadLocals(false).unstarted(() -> {
            try {
                resumeToTheEnd();
                resumeInBody();
            } catch (Throwable t) {
                thrown.add(t);
            }
        });
        virtual.start();
        virtual.join();
        if (!thrown.isEmpty()) {
            throw Sneaky.rethrow(thrown.getFirst());
        }
        helpOnce();
    }

    /** A body that suspends, blocks and ends, and sees one thread all the time. */
    private void resumeToTheEnd() {
        Thread resumer = Thread.currentThread();
        int[] steps = new int[1];
        Body body = new Body(flow -> {
            Thread thread = Thread.currentThread();
            check(thread == flow.thread() && flow.isCurrent(), "a body has its own thread");
            for (int i = 0; i < SUSPENSIONS; i++) {
                steps[0]++;
                Object monitor = new Object();
                synchronized (monitor) {
                    flow.suspend();
                    check(Thread.holdsLock(monitor), "a suspended body keeps its monitors");
                }
                check(Thread.currentThread() == thread, "a body keeps its thread");
                LockSupport.parkNanos(1);
                Thread.yield();
            }
            check(flow.canUnwind(), "an exception can leave a body");
            steps[0]++;
        });
        for (int i = 1; i <= SUSPENSIONS + 1; i++) {
            body.resume();
            check(steps[0] == i && Thread.currentThread() == resumer, "a resumer sees each step");
        }
        body.flow.retire();
        check(body.flow.origin() != 0 && !engine.flows().contains(body.flow), "diagnostics know which flows there are");
    }

    /** A resumer keeps its own monitors and its interrupts. */
    private void resumeWithMonitor() {
        synchronized (resumersMonitor) {
            Thread.currentThread().interrupt();
            resumeToTheEnd();
            check(Thread.holdsLock(resumersMonitor), "a resumer keeps its monitors");
            check(Thread.interrupted(), "a resumer keeps its interrupts");
        }
        check(!Thread.holdsLock(resumersMonitor), "monitors can be released");
    }

    private void resumeInBody() {
        Body outer = new Body(flow -> {
            int[] steps = new int[1];
            Body inner = new Body(innerFlow -> {
                steps[0]++;
                innerFlow.suspend();
                steps[0]++;
            });
            inner.resume();
            flow.suspend();
            inner.resume();
            check(steps[0] == 2, "a body resumes another");
            inner.flow.retire();
        });
        outer.resume();
        outer.resume();
        outer.flow.retire();
    }

    /** Makes a helper, so that there is one if the first is needed where there is no memory. */
    private static void helpOnce() {
        CountDownLatch helped = new CountDownLatch(1);
        Pools.HELPERS.execute(helped::countDown);
        awaitEnd(helped);
    }

    private void resumeByHelper() {
        int[] steps = new int[1];
        Body body = new Body(INTERRUPTIBLE, flow -> {
            steps[0]++;
            flow.suspend();
            steps[0]++;
        });
        body.resume();
        body.resume();
        check(steps[0] == 2, "a helper runs a body");
        body.flow.retire();
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("not true that " + what);
        }
    }

    /** A flow, and what its body has thrown. */
    private final class Body {

        private final Flow flow;
        private Throwable failure;

        private Body(Consumer<Flow> body) {
            this(OPTIONS, body);
        }

        private Body(Options options, Consumer<Flow> body) {
            flow = engine.create(options);
            flow.assign(() -> {
                try {
                    body.accept(flow);
                } catch (Throwable t) {
                    failure = t;
                }
            }, null, null);
        }

        private void resume() {
            check(flow.hasRoom(), "there is room");
            flow.resume();
            if (failure != null) {
                throw Sneaky.rethrow(failure);
            }
        }
    }
}
