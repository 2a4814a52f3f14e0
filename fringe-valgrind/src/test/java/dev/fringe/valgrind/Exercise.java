// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import dev.fringe.Generator;
import dev.fringe.NativeGenerator;
import dev.fringe.OsStack;
import dev.fringe.OwnedStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import dev.fringe.internal.core.Startup;
import dev.fringe.spi.StackObserver;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.ServiceLoader;

/**
 * Does with generators what can be done with their stacks, for {@code ./fringe valgrind} to look at.
 *
 * <p>Arguments: the library made from exercise.c, the library of the backend, and {@code all} or
 * {@code faults}: the latter does nothing but writes that Memcheck must report.
 */
final class Exercise {

    private static final long SIZE = 512 * 1024;

    private final SymbolLookup exercise;
    private final SymbolLookup fringe;
    private int checks;

    private Exercise(Path exercise, Path fringe) {
        this.exercise = SymbolLookup.libraryLookup(exercise, Arena.global());
        this.fringe = SymbolLookup.libraryLookup(fringe, Arena.global());
    }

    /** Runs all of it and says so. */
    public static void main(String[] arguments) throws Throwable {
        System.out.println(Startup.describe());
        Exercise exercise = new Exercise(Path.of(arguments[0]), Path.of(arguments[1]));
        if (arguments[2].equals("faults")) {
            exercise.faults();
        } else {
            exercise.pool();
            exercise.osStacks();
            exercise.ownedStacks();
            exercise.sliceStacks();
            exercise.garbage();
            exercise.failures();
            exercise.threads();
            exercise.nativeFrames();
            exercise.nativeGenerators();
            exercise.bareContexts();
        }
        System.out.println(exercise.checks + " checks, all as expected");
    }

    private void expect(Object expected, Object actual) {
        checks++;
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    /** Suspends at each depth, on the way down; what it is resumed with comes out doubled. */
    private static int descend(Yielder<Integer, Integer> yielder, int input, int depth) {
        int next = yielder.suspend(2 * input);
        return depth == 0 ? next : descend(yielder, next, depth - 1) + depth;
    }

    private static void body(Yielder<Integer, Integer> yielder, Integer first) {
        descend(yielder, first, 10);
    }

    /** To the end, at different depths of the caller. */
    private void drain(Generator<Integer, Integer> generator, int from) {
        for (int i = from; i < 11; i++) {
            expect(2 * i, resume(generator, i, i % 3 * 5));
        }
        expect(true, generator.resume(0).isEmpty());
    }

    private static Integer resume(Generator<Integer, Integer> generator, int value, int depth) {
        return depth == 0 ? generator.resume(value).orElseThrow() : resume(generator, value, depth - 1);
    }

    private void pool() {
        for (int i = 0; i < 3; i++) { // the second and third reuse the stack of the first
            try (Generator<Integer, Integer> generator = Generator.of(Exercise::body)) {
                drain(generator, 0);
            }
        }
        nested(Generator.ofShared(Exercise::body), body -> Generator.of(body));
        // Bodies that are unwound, on stacks that go at once and so take a kernel thread for their end.
        for (int i = 0; i < 3; i++) {
            boolean[] unwound = {false};
            try (Generator<Integer, Integer> generator = Generator.builder().freshThread().build((yielder, first) -> {
                try {
                    descend(yielder, first, 5);
                } finally {
                    unwound[0] = true;
                }
            })) {
                expect(8, generator.resume(4).orElseThrow());
            }
            expect(true, unwound[0]);
        }
    }

    private interface Maker {
        Generator<Integer, Integer> make(Generator.Body<Integer, Integer> body);
    }

    /** A generator whose body resumes another one. */
    private void nested(Generator<Integer, Integer> inner, Maker maker) {
        try (inner; Generator<Integer, Integer> outer = maker.make((yielder, first) -> {
            int value = first;
            for (int i = 0; i < 11; i++) {
                value = yielder.suspend(resume(inner, value, i) / 2);
            }
        })) {
            drain(outer, inner);
        }
    }

    private void drain(Generator<Integer, Integer> outer, Generator<Integer, Integer> inner) {
        for (int i = 0; i < 11; i++) {
            expect(i, outer.resume(i).orElseThrow());
        }
        expect(true, outer.resume(0).isEmpty());
        expect(true, inner.resume(0).isEmpty());
    }

    private void onStacks(Stack first, Stack second) {
        for (int i = 0; i < 2; i++) {
            Generator<Integer, Integer> generator = Generator.of(first, Exercise::body);
            drain(generator, 0);
            expect(first, generator.unwrap());
        }
        nested(Generator.builder().shared().stack(first).build(Exercise::body), body -> Generator.of(second, body));
        nested(Generator.builder().shared().stack(second).build(Exercise::body), body -> Generator.of(first, body));
        try (Generator<Integer, Integer> a = Generator.of(first, Exercise::body);
                Generator<Integer, Integer> b = Generator.of(second, Exercise::body)) {
            for (int i = 0; i < 5; i++) {
                expect(2 * i, resume(a, i, i));
                expect(4 * i, resume(b, 2 * i, 7 - i));
            }
        } // unwinds both
    }

    private void osStacks() {
        try (OsStack first = OsStack.ofSize(SIZE); OsStack second = OsStack.ofSize(SIZE)) {
            onStacks(first, second);
        }
    }

    private void ownedStacks() {
        try (OwnedStack first = OwnedStack.ofSize(SIZE); OwnedStack second = OwnedStack.ofSize(SIZE)) {
            onStacks(first, second);
        }
    }

    /** Two halves of one block, and afterwards the memory for something else. */
    private void sliceStacks() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(2 * SIZE, 4096);
            onStacks(SliceStack.of(memory.asSlice(0, SIZE)), SliceStack.of(memory.asSlice(SIZE)));
            for (long at = 0; at < 2 * SIZE; at += 512) {
                memory.set(ValueLayout.JAVA_LONG, at, at);
            }
            for (long at = 0; at < 2 * SIZE; at += 512) {
                expect(at, memory.get(ValueLayout.JAVA_LONG, at));
            }
        }
    }

    /** The collector walks the stacks. */
    private void garbage() {
        try (Generator<Integer, Integer> generator = Generator.of((yielder, first) -> {
            Integer[] kept = {first + 1000, first + 2000};
            yielder.suspend(kept[0]);
            yielder.suspend(kept[1]);
        })) {
            expect(1001, generator.resume(1).orElseThrow());
            System.gc();
            expect(2001, generator.resume(1).orElseThrow());
        }
    }

    private static int endless(int depth) {
        return endless(depth + 1) + 1;
    }

    /** What the virtual machine learns from signals: null pointers and the end of the stack. */
    private void failures() {
        Integer nothing = checks < 0 ? 1 : null;
        try (OwnedStack stack = OwnedStack.ofSize(SIZE);
                Generator<Integer, Integer> generator = Generator.of(stack, (yielder, first) -> {
                    try {
                        yielder.suspend(nothing.hashCode());
                    } catch (NullPointerException e) {
                        yielder.suspend(1);
                    }
                    try {
                        yielder.suspend(endless(0));
                    } catch (StackOverflowError e) {
                        yielder.suspend(2);
                    }
                    throw new IllegalArgumentException();
                })) {
            expect(1, generator.resume(0).orElseThrow());
            expect(2, generator.resume(0).orElseThrow());
            try {
                expect("an exception", generator.resume(0));
            } catch (IllegalArgumentException e) {
                checks++;
            }
        }
    }

    /** A generator that goes from thread to thread. */
    private void threads() throws InterruptedException {
        try (Generator<Integer, Integer> generator = Generator.ofShared(Exercise::body)) {
            for (int i = 0; i < 6; i++) {
                int value = i;
                Integer[] answer = new Integer[1];
                Thread thread = i % 2 == 0
                        ? Thread.ofPlatform().start(() -> answer[0] = resume(generator, value, value))
                        : Thread.ofVirtual().start(() -> answer[0] = resume(generator, value, value));
                thread.join();
                expect(2 * i, answer[0]);
            }
        }
    }

    private MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(exercise.findOrThrow(name), descriptor);
    }

    /** Suspends in a callback of native code. */
    private void nativeFrames() throws Throwable {
        MethodHandle call = function("exercise_call", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofShared(); Generator<Integer, Integer> generator = Generator.of((yielder, first) -> {
            Runnable callback = () -> yielder.suspend(yielder.suspend(first) + 1);
            MethodHandle run = MethodHandles.lookup().findVirtual(
                    Runnable.class, "run", MethodType.methodType(void.class)).bindTo(callback);
            try {
                call.invokeExact(Linker.nativeLinker().upcallStub(run, FunctionDescriptor.ofVoid(), arena));
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        })) {
            expect(1, generator.resume(1).orElseThrow());
            expect(3, generator.resume(2).orElseThrow());
            expect(true, generator.resume(0).isEmpty());
        }
    }

    /** Bodies in C, two at a time on the parts of one block, and on a small stack of the library's. */
    private void nativeGenerators() throws Throwable {
        function("exercise_use", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS))
                .invokeExact(NativeGenerator.yieldFunction());
        MemorySegment body = exercise.findOrThrow("exercise_body");
        long size = 128 * 1024;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(2 * size, 16);
            for (int round = 0; round < 2; round++) {
                try (NativeGenerator first = NativeGenerator.builder().stack(SliceStack.of(memory.asSlice(0, size)))
                                .build(body);
                        NativeGenerator second = NativeGenerator.builder().stack(SliceStack.of(memory.asSlice(size)))
                                .build(body);
                        NativeGenerator third = NativeGenerator.of(body)) {
                    for (long depth = 5; depth >= 0; depth--) {
                        expect(OptionalLong.of(depth), first.resume(5));
                        expect(OptionalLong.of(depth), second.resume(5));
                        expect(OptionalLong.of(depth), third.resume(5));
                    }
                    for (long depth = 0; depth <= 5; depth++) {
                        expect(OptionalLong.of(depth), first.resume(1));
                    }
                    expect(OptionalLong.empty(), first.resume(1));
                    expect(Generator.State.FINISHED, first.state());
                } // the others are left in the middle
            }
        }
    }

    /** The functions below that, on memory from malloc. The library does not know these stacks. */
    private void bareContexts() throws Throwable {
        function("exercise_use", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS))
                .invokeExact(fringe.findOrThrow("fringe_yield"));
        MemorySegment body = exercise.findOrThrow("exercise_body");
        MethodHandle init = Linker.nativeLinker().downcallHandle(fringe.findOrThrow("fringe_init"),
                FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        MethodHandle swap = Linker.nativeLinker().downcallHandle(fringe.findOrThrow("fringe_swap"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG),
                Linker.Option.critical(false));
        SymbolLookup c = Linker.nativeLinker().defaultLookup();
        MethodHandle malloc = Linker.nativeLinker().downcallHandle(c.findOrThrow("malloc"),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        MethodHandle free = Linker.nativeLinker().downcallHandle(c.findOrThrow("free"),
                FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
        long size = 128 * 1024;
        try (Arena arena = Arena.ofConfined()) {
            for (int round = 0; round < 2; round++) {
                MemorySegment stack = (MemorySegment) malloc.invokeExact(size);
                long limit = stack.address();
                long base = limit + size & -16;
                for (StackObserver observer : ServiceLoader.load(StackObserver.class)) {
                    if (observer.isNeeded()) {
                        observer.inUse("bare-" + round, limit, base, false);
                        OBSERVERS.add(observer);
                    }
                }
                MemorySegment context = arena.allocate(24, 8);
                init.invokeExact(context, base, body);
                for (long depth = 5; depth >= 0; depth--) {
                    expect(depth, (long) swap.invokeExact(context, 5L));
                }
                for (long depth = 0; depth <= 5; depth++) {
                    expect(depth, (long) swap.invokeExact(context, 1L));
                }
                expect(0L, (long) swap.invokeExact(context, 1L));
                expect(1L, context.get(ValueLayout.JAVA_LONG, 16));
                OBSERVERS.forEach(observer -> observer.gone(limit, base));
                OBSERVERS.clear();
                free.invokeExact(stack);
            }
        }
    }

    private static final List<StackObserver> OBSERVERS = new ArrayList<>();

    /**
     * Native code, called by a body, writes into a frame that is no more; then the body does so itself,
     * through a memory segment. The stack is not the first, so that its name is not right by chance.
     */
    private void faults() throws Throwable {
        MethodHandle frame = function("exercise_frame", FunctionDescriptor.of(ValueLayout.ADDRESS));
        MethodHandle write = function("exercise_write_out_of_bounds", FunctionDescriptor.ofVoid());
        try (OsStack stack = OsStack.ofSize(SIZE);
                Generator<Integer, Integer> other = Generator.ofShared(Exercise::body);
                Generator<Integer, Integer> generator = Generator.of(stack, (yielder, first) -> {
                    yielder.suspend(resume(other, first, 0));
                    try {
                        System.out.println("fault in native code on " + Thread.currentThread().getName());
                        write.invokeExact();
                        MemorySegment gone = ((MemorySegment) frame.invokeExact()).reinterpret(4096);
                        System.out.println("fault in Java on " + Thread.currentThread().getName());
                        gone.set(ValueLayout.JAVA_INT, 512, 42);
                    } catch (Throwable t) {
                        throw new AssertionError(t);
                    }
                })) {
            expect(8, generator.resume(4).orElseThrow());
            expect(true, generator.resume(0).isEmpty());
        }
    }
}
