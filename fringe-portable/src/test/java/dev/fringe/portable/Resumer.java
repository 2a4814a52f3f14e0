// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.util.ArrayList;
import java.util.List;

/** The kinds of threads that may resume. */
enum Resumer {
    PLATFORM_THREAD,
    VIRTUAL_THREAD,
    BODY,
    BODY_OF_VIRTUAL_THREAD;

    /** What a test does. */
    interface Action {
        void run() throws Exception;
    }

    /** Does it on such a thread; throws what it throws. */
    void run(PortableEngine engine, Action action) throws Exception {
        switch (this) {
            case PLATFORM_THREAD -> on(Thread.ofPlatform(), action);
            case VIRTUAL_THREAD -> on(Thread.ofVirtual(), action);
            case BODY -> inBody(engine, action);
            case BODY_OF_VIRTUAL_THREAD -> on(Thread.ofVirtual(), () -> inBody(engine, action));
            default -> throw new AssertionError(this);
        }
    }

    private static void inBody(PortableEngine engine, Action action) {
        TestGenerator outer = new TestGenerator(engine, self -> action.run());
        if (outer.next() != null) {
            throw new AssertionError("the action has suspended");
        }
    }

    static void on(Thread.Builder threads, Action action) throws Exception {
        List<Throwable> thrown = new ArrayList<>();
        Thread thread = threads.start(() -> {
            try {
                action.run();
            } catch (Throwable t) {
                thrown.add(t);
            }
        });
        thread.join();
        if (!thrown.isEmpty()) {
            throw Sneaky.rethrow(thrown.getFirst());
        }
    }
}
