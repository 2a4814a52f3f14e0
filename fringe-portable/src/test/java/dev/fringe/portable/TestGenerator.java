// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.Options;
import java.util.concurrent.atomic.AtomicBoolean;

/** A generator of integers over a flow, with as little between the test and the engine as can be. */
final class TestGenerator implements AutoCloseable {

    private static final Options OPTIONS = new Options(null, Options.ANY_SIZE, true, false, false, null);
    private static final Options INTERRUPTIBLE = new Options(null, Options.ANY_SIZE, true, false, true, null);

    /** The body of a generator. */
    @FunctionalInterface
    interface Body {
        void run(TestGenerator self) throws Exception;
    }

    private static final class Closing extends Error {
        private static final long serialVersionUID = 1;

        private Closing() {
            super("the generator is being closed", null, false, false);
        }
    }

    final Flow flow;
    private final AtomicBoolean running = new AtomicBoolean();
    /** Plain on purpose: the engine publishes. */
    private Integer value;
    private Throwable failure;
    private boolean started;
    private boolean ended;
    private boolean closing;

    TestGenerator(PortableEngine engine, Body body) {
        this(engine, OPTIONS, body);
    }

    private TestGenerator(PortableEngine engine, Options options, Body body) {
        flow = engine.create(options);
        flow.assign(() -> {
            started = true;
            try {
                body.run(this);
            } catch (Closing e) {
                // as it should be
            } catch (Throwable t) {
                failure = t;
            }
            value = null;
            ended = true;
        }, null, ClassLoader.getSystemClassLoader());
    }

    /** One that counts from 1 for as long as it is resumed. */
    static TestGenerator counter(PortableEngine engine) {
        return new TestGenerator(engine, TestGenerator::count);
    }

    /** One that counts, and is to be interrupted with its resumer. */
    static TestGenerator interruptibleCounter(PortableEngine engine) {
        return interruptible(engine, TestGenerator::count);
    }

    /** One that is to be interrupted with its resumer. */
    static TestGenerator interruptible(PortableEngine engine, Body body) {
        return new TestGenerator(engine, INTERRUPTIBLE, body);
    }

    private static void count(TestGenerator self) {
        for (int i = 1; ; i++) {
            self.suspend(i);
        }
    }

    /** The next value; null at the end. Throws what the body throws. */
    Integer next() {
        if (!flow.hasRoom()) {
            throw new StackOverflowError("no room to resume");
        }
        if (!running.compareAndSet(false, true)) {
            throw new IllegalStateException("running");
        }
        if (ended) {
            running.set(false);
            return null;
        }
        Integer result;
        Throwable thrown = null;
        try {
            flow.resume();
            result = value;
            value = null;
            thrown = failure;
            failure = null;
            if (ended) {
                flow.retire();
            }
        } finally {
            running.set(false);
        }
        if (thrown != null) {
            throw Sneaky.rethrow(thrown);
        }
        return result;
    }

    /** By the body. */
    void suspend(Integer output) {
        if (closing) {
            throw new IllegalStateException("closing");
        }
        value = output;
        try {
            flow.suspend();
        } catch (Throwable t) {
            value = null;
            throw t;
        }
        if (closing) {
            throw new Closing();
        }
    }

    /** Unwinds the body. */
    @Override
    public void close() {
        if (!ended && started) {
            closing = true;
            next();
        } else if (!started) {
            flow.retire();
        }
    }
}
