// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import dev.fringe.Yielder;

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
        try (Generator<Void, Integer> numbers = Generator.of(yielder -> {
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
        for (String value : Generator.of(tree::walk)) {
            System.out.print(" " + value);
        }
        System.out.println();
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
