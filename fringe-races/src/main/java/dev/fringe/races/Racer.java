// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.races;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.LongYielder;
import dev.fringe.Step;
import dev.fringe.Yielder;
import dev.fringe.internal.core.Coroutine;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

/**
 * One generator that two threads race for: each operation gives a word or a number for what it has given or thrown.
 * The body suspends with 0, 1, 2 and so on, goes on where something is thrown into it, and notes that it has begun
 * and ended.
 */
final class Racer {

    /** What is thrown into bodies. */
    private static final class Thrown extends RuntimeException {

        private static final long serialVersionUID = 1;

        Thrown() {
            super(null, null, false, false);
        }
    }

    /** What a body ends with. */
    static final class Failure extends RuntimeException {

        private static final long serialVersionUID = 1;

        Failure() {
            super(null, null, false, false);
        }
    }

    /** The body of a generator, whatever its kind. */
    @FunctionalInterface
    interface Body {

        void run(LongConsumer out);
    }

    /** What kinds of generators there are. */
    enum Kind { PLAIN, STEP, DELEGATING, DELEGATING_TO_SHARED, ITERATING, LONGS, BUFFERED, BUFFERED_LONGS }

    /** Those that can be thrown into. */
    static final int RECEPTIVE = Kind.BUFFERED.ordinal();

    private static final Kind[] KINDS = Kind.values();
    private static final VarHandle OF_OBJECTS = coroutineOf(Generator.class);
    private static final VarHandle OF_LONGS = coroutineOf(LongGenerator.class);

    private static VarHandle coroutineOf(Class<?> type) {
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findVarHandle(type, "coroutine", Coroutine.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private final Kind kind;
    /** One of the two; the other is null. */
    private final Generator<Void, ?> generator;
    private final LongGenerator longs;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    private Racer(Kind kind, boolean shared, Body body) {
        this.kind = kind;
        Body noted = out -> {
            begun.incrementAndGet();
            try {
                body.run(out);
            } finally {
                ended.incrementAndGet();
            }
        };
        Generator.Builder builder = shared ? Generator.builder().shared() : Generator.builder();
        LongGenerator.Builder longBuilder = shared ? LongGenerator.builder().shared() : LongGenerator.builder();
        generator = switch (kind) {
            case LONGS, BUFFERED_LONGS -> null;
            case PLAIN -> builder.build((Yielder<Void, Long> out) -> noted.run(out::suspend));
            case BUFFERED -> builder.buffered(2).build((Yielder<Void, Long> out) -> noted.run(out::suspend));
            case STEP -> builder.buildSteps((Yielder<Void, Long> out, Void input) -> {
                noted.run(out::suspend);
                return "end";
            });
            case DELEGATING -> builder.build((Yielder<Void, Long> out) ->
                    out.suspendAll(Generator.of((Yielder<Void, Long> inner) -> noted.run(inner::suspend))));
            case DELEGATING_TO_SHARED -> builder.build((Yielder<Void, Long> out) ->
                    out.suspendAll(Generator.ofShared((Yielder<Void, Long> inner) -> noted.run(inner::suspend))));
            case ITERATING -> builder.build((Yielder<Void, Long> out) -> iterate(out, noted));
        };
        longs = switch (kind) {
            case LONGS -> longBuilder.build((LongYielder out, long input) -> noted.run(out));
            case BUFFERED_LONGS -> longBuilder.buffered(2).build(noted::run);
            default -> null;
        };
    }

    private static void iterate(Yielder<Void, Long> out, Body noted) {
        try (Generator<Void, Long> inner = Generator.of((Yielder<Void, Long> yielder) -> noted.run(yielder::suspend))) {
            while (true) {
                try {
                    out.suspendAll((Iterable<Long>) inner);
                    return;
                } catch (Thrown e) { // which the other has not seen
                    continue;
                }
            }
        }
    }

    // ---- what there is to race for ---------------------------------------------------------------------

    private static int made; // by several threads, but it does not matter if one kind comes more often

    /** Of the next kind, which may have started or not. It gives 0, 1 and so on. */
    static Racer any() {
        int number = made++ & Integer.MAX_VALUE;
        return endless(KINDS[number % KINDS.length], number / KINDS.length % 2 == 0);
    }

    /** Of the next kind that can be thrown into. */
    static Racer receptive(boolean started) {
        return endless(KINDS[(made++ & Integer.MAX_VALUE) % RECEPTIVE], started);
    }

    static Racer endless(Kind kind, boolean started) {
        Racer racer = new Racer(kind, true, endless(started ? -1 : 0));
        if (started) {
            racer.resume();
        }
        return racer;
    }

    private static Body endless(long first) {
        return out -> {
            for (long next = first; ; next++) {
                try {
                    out.accept(next);
                } catch (Thrown e) {
                    continue;
                }
            }
        };
    }

    /** One that is suspended, and whose body does {@code rest} when it is resumed; {@code Step}s are left out. */
    static Racer ending(Body rest) {
        int number = made++ & Integer.MAX_VALUE;
        Kind kind = KINDS[number % KINDS.length];
        Racer racer = new Racer(kind == Kind.STEP ? Kind.PLAIN : kind, true, out -> {
            out.accept(-1);
            if (kind == Kind.BUFFERED || kind == Kind.BUFFERED_LONGS) {
                out.accept(-1); // which fill the buffer, so that it waits
                out.accept(-1);
            }
            rest.run(out);
        });
        racer.resume();
        if (kind == Kind.BUFFERED || kind == Kind.BUFFERED_LONGS) {
            racer.resume();
            racer.resume();
        }
        return racer;
    }

    /** One that has returned, and whose result has been fetched and not taken. */
    static Racer returned() {
        Racer racer = new Racer(Kind.STEP, true, out -> { });
        racer.hasNext();
        return racer;
    }

    /** One that is suspended, and whose owner has ended. */
    static Racer orphaned() {
        Racer[] made = new Racer[1];
        Thread owner = Thread.ofPlatform().start(() -> {
            made[0] = new Racer(Kind.PLAIN, false, endless(-1));
            made[0].resume();
        });
        try {
            owner.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return made[0];
    }

    /** One whose body has delegated to the other and given its next value. It gives "refused" if it may not use it. */
    static Racer delegatingTo(Racer inner) {
        @SuppressWarnings("unchecked") // of a kind that gives numbers
        Generator<Void, Long> other = (Generator<Void, Long>) inner.generator;
        return new Racer(Kind.PLAIN, other);
    }

    private Racer(Kind kind, Generator<Void, Long> inner) {
        this.kind = kind;
        longs = null;
        generator = Generator.ofShared((Yielder<Void, Object> out) -> {
            begun.incrementAndGet();
            try {
                out.suspendAll(inner);
            } catch (IllegalStateException e) {
                if (out.isClosing()) {
                    throw e;
                }
                out.suspend("refused");
            } finally {
                ended.incrementAndGet();
            }
        });
        resume();
    }

    // ---- what threads do -------------------------------------------------------------------------------

    private static String word(Callable<?> operation) {
        try {
            return String.valueOf(operation.call());
        } catch (Thrown e) {
            return "thrown";
        } catch (Failure e) {
            return "failed";
        } catch (WrongThreadException e) {
            return "confined";
        } catch (IllegalStateException e) {
            String message = String.valueOf(e.getMessage());
            return message.contains("has been closed") ? "closed" : message.contains("is running") ? "running"
                    : message.contains("has fetched") ? "fetched" : e.toString();
        } catch (Throwable e) {
            return e.toString();
        }
    }

    private static Object valueOf(Object output) {
        return switch (output) {
            case Step.Yielded<?, ?>(Object value) -> value;
            case Step.Returned<?, ?>(Object value) -> "returned";
            default -> output;
        };
    }

    private static Object valueOf(OptionalLong output) {
        return output.isPresent() ? (Object) output.getAsLong() : "end";
    }

    String resume() {
        return word(() -> generator == null ? valueOf(longs.resume(0))
                : generator.resume().map(Racer::valueOf).orElse("end"));
    }

    String raise() {
        return word(() -> generator == null ? valueOf(longs.throwInto(new Thrown()))
                : generator.throwInto(new Thrown()).map(Racer::valueOf).orElse("end"));
    }

    String hasNext() {
        return word(() -> generator == null ? longs.iterator().hasNext() : generator.iterator().hasNext());
    }

    String close() {
        return word(() -> {
            if (generator == null) {
                longs.close();
            } else {
                generator.close();
            }
            return "closed";
        });
    }

    private Coroutine<?, ?> coroutine() {
        return (Coroutine<?, ?>) (generator == null ? OF_LONGS.get(longs) : OF_OBJECTS.get(generator));
    }

    /** What the reaper does with one that is unreachable. */
    String abandon() {
        return word(() -> {
            coroutine().close(true);
            return "closed";
        });
    }

    /** What the reaper does with one that has lived for a while. */
    String watch() {
        return word(() -> {
            coroutine().watch();
            return "watched";
        });
    }

    /** What diagnostics do. */
    String look() {
        return word(() -> {
            coroutine().backtrace();
            coroutine().state();
            coroutine().thread();
            coroutine().resumer();
            coroutine().delegate();
            return "seen";
        });
    }

    /** What is left afterwards: what another {@link #resume} gives. Closes it, and adds what is wrong then. */
    String rest() {
        String next = resume();
        return next + end();
    }

    /** Closes it; empty unless something is wrong. */
    String end() {
        String close = close();
        return (close.equals("closed") || close.equals("failed") ? "" : "! can't be closed: " + close)
                + (begun.get() == ended.get() ? "" : "! " + begun + " bodies have begun, and " + ended + " have ended");
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase();
    }
}
