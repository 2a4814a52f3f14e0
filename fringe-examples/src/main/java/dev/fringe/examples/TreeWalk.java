// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.Iterator;

/**
 * Do two trees have the same fringe, that is the same leaves in the same order? The classic problem that
 * generators were made for: each walk is plain recursion, both advance in step, and the first difference
 * ends them.
 */
public final class TreeWalk {

    private TreeWalk() {}

    /** A binary tree that can be iterated any number of times. */
    sealed interface Tree extends Iterable<Integer> {

        record Leaf(int value) implements Tree {}

        record Node(Tree left, Tree right) implements Tree {}

        /** Suspends at each leaf, as deep in the recursion as that is. */
        default void walk(Yielder<Void, Integer> yielder) {
            switch (this) {
                case Leaf(int value) -> yielder.suspend(value);
                case Node(Tree left, Tree right) -> {
                    left.walk(yielder);
                    right.walk(yielder);
                }
            }
        }

        @Override
        default Iterator<Integer> iterator() {
            return Generator.of(this::walk).iterator();
        }
    }

    /** A tree with the leaves from {@code first} to {@code last}, with more on the left the smaller {@code part}. */
    static Tree tree(int first, int last, double part) {
        if (first == last) {
            return new Tree.Leaf(first);
        }
        int middle = first + (int) ((last - first) * part);
        return new Tree.Node(tree(first, middle, part), tree(middle + 1, last, part));
    }

    static boolean sameFringe(Tree one, Tree other) {
        try (var left = Generator.of(one::walk); var right = Generator.of(other::walk)) {
            while (true) {
                var next = left.resume(null);
                if (!next.equals(right.resume(null))) {
                    return false;
                } else if (next.isEmpty()) {
                    return true;
                }
            }
        }
    }

    /** Compares trees of different shapes. */
    public static void main(String[] arguments) {
        Tree balanced = tree(1, 10, 0.5);
        for (int leaf : balanced) {
            System.out.print(leaf + " ");
        }
        System.out.println();
        System.out.println("another shape: " + sameFringe(balanced, tree(1, 10, 0.9)));
        System.out.println("another leaf: " + sameFringe(balanced, tree(1, 11, 0.5)));
        System.out.println("a million leaves: " + sameFringe(tree(1, 1_000_000, 0.5), tree(1, 1_000_000, 0.4)));
    }
}
