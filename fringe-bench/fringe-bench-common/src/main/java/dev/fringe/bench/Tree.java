// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

/** A binary tree, balanced, with keys from 0 up. */
final class Tree implements KotlinTree {

    final Tree left;
    final Integer key;
    final Tree right;

    private Tree(Tree left, Integer key, Tree right) {
        this.left = left;
        this.key = key;
        this.right = right;
    }

    /** The keys from the first to before the last. */
    static Tree of(int from, int to) {
        if (from == to) {
            return null;
        }
        int middle = (from + to) >>> 1;
        return new Tree(of(from, middle), middle, of(middle + 1, to));
    }

    @Override
    public Tree getLeft() {
        return left;
    }

    @Override
    public int getKey() {
        return key;
    }

    @Override
    public Tree getRight() {
        return right;
    }
}
