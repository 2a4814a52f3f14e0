// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.BodyContext;
import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import dev.fringe.management.Generators;
import dev.fringe.spi.StackObserver;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Methods of the user's that the library calls: at the n-th call of one, it does something that it had better not. So
 * for n = 1, 2, 3, ... until there is no n-th call any more.
 */
final class UserCode {

    /** What the method does at its n-th call. */
    private enum What { THROW, FAIL, BLOCK, SUSPEND, REENTER }

    /** What the library does meanwhile, on a body of which this is the yielder. */
    private interface Path {
        void go(Yielder<Void, Integer> yielder) throws Exception;
    }

    private static final Error FAILURE = new AssertionError("a user's method fails");

    private static int calls;
    private static int at = Integer.MAX_VALUE;
    private static What what;
    private static Yielder<Void, Integer> outer;
    /** The generator that the path is about, if there is one already. */
    private static Generator<Void, Integer> made;

    private UserCode() {}

    /** Called by each method of the user's. */
    static void called() {
        boolean now;
        synchronized (UserCode.class) {
            now = ++calls == at;
        }
        if (now) {
            misbehave();
        }
    }

    private static void misbehave() {
        switch (what) {
            case THROW -> throw new ArithmeticException("a user's method throws");
            case FAIL -> throw FAILURE;
            case BLOCK -> waitForOthers();
            case SUSPEND -> outer.suspend(9);
            default -> reenter();
        }
    }

    /** Blocks until another thread has made a stack and ended it: which must be possible meanwhile. */
    private static void waitForOthers() {
        CountDownLatch lived = new CountDownLatch(1);
        Thread.ofPlatform().daemon().start(() -> {
            Generator<Void, Integer> other = Generator.builder().freshThread().build(UserCode::body);
            other.resume(null);
            other.close();
            Attack.live();
            lived.countDown();
        });
        boolean interrupted = false;
        while (lived.getCount() > 0) {
            try {
                lived.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void reenter() {
        Generators.list();
        Generators.dump();
        Attack.live();
        Generator<Void, Integer> generator = made;
        if (generator != null) {
            try {
                generator.close();
            } catch (IllegalStateException e) { // it runs, or is another thread's
                Generators.findDeadlocked();
            }
        }
    }

    private static void body(Yielder<Void, Integer> yielder) {
        yielder.suspend(1);
        yielder.suspend(2);
    }

    /** A path, for each n and each thing to do. */
    private static void sweep(Path path) throws Exception {
        Attack.live();
        long before = Attack.stacks();
        long mappings = Attack.mappings();
        for (What each : What.values()) {
            what = each;
            int n = 0;
            do {
                n++;
                Attack.count();
                calls = 0;
                at = n;
                made = null;
                Generator<Void, Integer> running = Generator.of(yielder -> {
                    outer = yielder;
                    try {
                        path.go(yielder);
                    } catch (ArithmeticException | AssertionError | IllegalStateException e) {
                        yielder.suspend(8);
                    }
                });
                running.resume(null);
                Attack.live();
                if (n % 2 == 0 && running.state() == Generator.State.SUSPENDED) {
                    running.resume(null);
                }
                running.close();
                at = Integer.MAX_VALUE;
                Attack.live();
            } while (calls >= n);
            System.out.println(each + ": " + (n - 1) + " calls");
        }
        Attack.checkForgotten();
        Attack.checkLeaks(before + 2, mappings);
    }

    /** A whole life of the generator that is made. */
    private static void life(Generator<Void, Integer> generator) {
        made = generator;
        generator.resume(null);
        generator.resume(null);
        generator.close();
        generator.close();
    }

    static void stack() throws Exception {
        sweep(yielder -> {
            try (OsStack real = OsStack.ofSize(256 << 10)) {
                Stack stack = new Stack() {

                    @Override
                    public long base() {
                        called();
                        return real.base();
                    }

                    @Override
                    public long limit() {
                        called();
                        return real.limit();
                    }
                };
                try {
                    life(Generator.of(stack, (inner, first) -> body(inner)));
                    made.unwrap();
                } finally {
                    if (made != null) {
                        made.close();
                    }
                }
            }
        });
    }

    static void context() throws Exception {
        BodyContext<Integer> context = new BodyContext<>() {

            @Override
            public Integer capture() {
                called();
                return 1;
            }

            @Override
            public void enter(Integer captured) {
                called();
            }

            @Override
            public void leave(Integer captured) {
                called();
            }
        };
        sweep(yielder -> life(Generator.builder().context(context).build(UserCode::body)));
    }

    /** A consumer, and what is to be done when a stream is closed. */
    static void consumers() throws Exception {
        sweep(yielder -> {
            made = Generator.of(UserCode::body);
            made.stream().onClose(UserCode::called).peek(value -> called()).forEach(value -> called());
            made = Generator.of(UserCode::body);
            made.forEachWhile(value -> {
                called();
                return true;
            });
        });
    }

    /** What a body does while it is unwound. */
    static void finallyBlocks() throws Exception {
        sweep(yielder -> {
            made = Generator.of(inner -> {
                try {
                    inner.suspendAll(Generator.of(innermost -> {
                        try {
                            innermost.suspend(1);
                        } finally {
                            called();
                        }
                    }));
                } finally {
                    called();
                }
            });
            made.resume(null);
            made.close();
        });
    }

    /** A logger, of which there is a message when the body of an abandoned generator throws. */
    static void logger() throws Exception {
        Handler handler = new Handler() {

            @Override
            public void publish(LogRecord message) {
                called();
            }

            @Override
            public void flush() { }

            @Override
            public void close() { }
        };
        Logger logger = Logger.getLogger("dev.fringe");
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        sweep(yielder -> {
            abandon();
            for (int i = 0; i < 200 && calls == 0; i++) {
                System.gc();
                Thread.sleep(10);
            }
            if (calls == 0) {
                Attack.lost("what an abandoned body threw");
            }
        });
        logger.removeHandler(handler);
    }

    private static void abandon() {
        Generator.of((Yielder<Void, Integer> yielder) -> {
            try {
                yielder.suspend(1);
            } finally {
                if (at > 0) { // as ever
                    throw new IllegalStateException("from a finally block");
                }
            }
        }).resume(null);
    }

    /** In a copy of the library that finds it beside itself. */
    static void observer() throws Exception {
        Attack.Copy copy = new Attack.Copy(Attack.services(StackObserver.class, Observer.class)).prepare("observed");
        copy.run();
        copy.addUp();
    }

    /** In the copy. */
    static void observed() throws Exception {
        Attack.live();
        if (calls == 0) {
            Attack.lost("an observer, which has not been called");
        }
        sweep(yielder -> life(Generator.builder().freshThread().build(UserCode::body)));
        sweep(yielder -> {
            try (OsStack stack = OsStack.ofSize(256 << 10)) {
                life(Generator.builder().stack(stack).build(UserCode::body));
            }
        });
    }

    /** An observer of stacks. */
    public static final class Observer implements StackObserver {

        @Override
        public boolean isNeeded() {
            return true;
        }

        @Override
        public void inUse(String name, long limit, long base, boolean thread) {
            called();
        }

        @Override
        public void gone(long limit, long base) {
            called();
        }
    }
}
