// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.Iterator;
import java.util.Optional;

/** The example of the original's README, and what else generators are for, in one screen each. */
public final class Demo {

    private Demo() {}

    /** Runs all of them. */
    public static void main(String[] arguments) {
        numbers();
        System.out.println();
        runningAverage();
        System.out.println();
        inOrder();
        System.out.println();
        exceptionLeavesBody();
    }

    /** The original's: a body that suspends three times and returns. */
    static void numbers() {
        try (Generator<Void, Integer> numbers = Generator.of((yielder, input) -> {
            for (int i = 1; i < 4; i++) {
                yielder.suspend(i);
            }
        })) {
            System.out.println(numbers.resume(null)); // Optional[1]
            System.out.println(numbers.resume(null)); // Optional[2]
            System.out.println(numbers.resume(null)); // Optional[3]
            System.out.println(numbers.resume(null)); // Optional.empty
        }
    }

    /** Values in both directions: each number goes in, the average so far comes out. */
    static void runningAverage() {
        System.out.println("A running average, numbers in and averages out:");
        try (Generator<Double, Double> average = Generator.of((yielder, first) -> {
            double sum = 0;
            double next = first;
            for (int count = 1; ; count++) {
                sum += next;
                next = yielder.suspend(sum / count);
            }
        })) {
            for (double number : new double[] {10, 20, 60}) {
                System.out.println("  " + number + " -> " + average.resume(number).orElseThrow());
            }
        }
    }

    record Tree(Tree left, String value, Tree right) {

        static Tree leaf(String value) {
            return new Tree(null, value, null);
        }

        /** Plain recursion, suspended at whatever depth a value is met. */
        void walk(Yielder<Void, String> yielder) {
            if (left != null) {
                left.walk(yielder);
            }
            yielder.suspend(value);
            if (right != null) {
                right.walk(yielder);
            }
        }
    }

    /** A recursive walk as a for-each loop. */
    static void inOrder() {
        Tree tree = new Tree(
                new Tree(Tree.leaf("a"), "b", Tree.leaf("c")), "d", new Tree(Tree.leaf("e"), "f", null));
        System.out.println("A recursive tree, in order, in a for-each loop:");
        System.out.print(" ");
        try (Generator<Void, String> walk = Generator.of((yielder, input) -> tree.walk(yielder))) {
            for (String value : each(walk)) {
                System.out.print(" " + value);
            }
        }
        System.out.println();
    }

    /** The values of a generator that needs no input. */
    private static <T> Iterable<T> each(Generator<?, T> generator) {
        return () -> new Iterator<>() {
            private Optional<T> next;

            @Override
            public boolean hasNext() {
                if (next == null) {
                    next = generator.resume(null);
                }
                return next.isPresent();
            }

            @Override
            public T next() {
                hasNext();
                T value = next.orElseThrow();
                next = null;
                return value;
            }
        };
    }

    /** An exception of the body leaves the resume that was running it. */
    static void exceptionLeavesBody() {
        System.out.println("An exception leaves a body through resume:");
        try (Generator<Integer, Integer> lookUp = Generator.of((yielder, index) -> {
            int[] values = {1, 2, 3};
            int next = index;
            while (true) {
                next = yielder.suspend(values[next]);
            }
        })) {
            System.out.println("  index 1: " + lookUp.resume(1));
            try {
                lookUp.resume(5);
            } catch (ArrayIndexOutOfBoundsException e) {
                System.out.println("  index 5: " + e.getMessage());
            }
            System.out.println("  afterwards: " + lookUp.resume(0) + ", " + lookUp.state());
        }
    }
}
