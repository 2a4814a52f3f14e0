// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** All keys of a tree in order, one at a time, from a recursive walk; the time is that of one key. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class TreeWalk {

    private static final int NODES = 1 << 16;
    private static final ContinuationScope SCOPE = new ContinuationScope("walk");

    private final Tree tree = Tree.of(0, NODES);
    private Integer passed;

    /** A generator that suspends at each key. */
    @Benchmark
    @OperationsPerInvocation(NODES)
    public long fringe() {
        Generator<Void, Integer> keys = Generator.of((yielder, input) -> walk(tree, yielder));
        long sum = 0;
        for (Optional<Integer> key = keys.resume(null); key.isPresent(); key = keys.resume(null)) {
            sum += key.get();
        }
        return sum;
    }

    /** The same body, whose keys are handed over 64 at a time. */
    @Benchmark
    @OperationsPerInvocation(NODES)
    public long fringeBuffered() {
        return sum(Generator.builder().buffered(Buffered.SIZE)
                .<Integer>build(yielder -> walk(tree, yielder)).iterator());
    }

    private static void walk(Tree tree, Yielder<Void, Integer> yielder) {
        if (tree != null) {
            walk(tree.left, yielder);
            yielder.suspend(tree.key);
            walk(tree.right, yielder);
        }
    }

    /** The JDK's continuation that yields at each key. */
    @Benchmark
    @OperationsPerInvocation(NODES)
    public long continuation() {
        Continuation keys = new Continuation(SCOPE, () -> walk(tree));
        long sum = 0;
        for (keys.run(); !keys.isDone(); keys.run()) {
            sum += passed;
        }
        return sum;
    }

    private void walk(Tree tree) {
        if (tree != null) {
            walk(tree.left);
            passed = tree.key;
            Continuation.yield(SCOPE);
            walk(tree.right);
        }
    }

    /** Kotlin's sequences, one for each level. */
    @Benchmark
    @OperationsPerInvocation(NODES)
    public long kotlin() {
        return sum(Sequences.walk(tree));
    }

    /** The recursion undone by hand. */
    @Benchmark
    @OperationsPerInvocation(NODES)
    public long explicitStack() {
        return sum(new ByHand(tree));
    }

    private static long sum(Iterator<Integer> keys) {
        long sum = 0;
        while (keys.hasNext()) {
            sum += keys.next();
        }
        return sum;
    }

    private static final class ByHand implements Iterator<Integer> {
        private final Deque<Tree> above = new ArrayDeque<>();

        ByHand(Tree tree) {
            descend(tree);
        }

        private void descend(Tree tree) {
            for (Tree t = tree; t != null; t = t.left) {
                above.push(t);
            }
        }

        @Override
        public boolean hasNext() {
            return !above.isEmpty();
        }

        @Override
        public Integer next() {
            Tree tree = above.pop();
            descend(tree.right);
            return tree.key;
        }
    }
}
