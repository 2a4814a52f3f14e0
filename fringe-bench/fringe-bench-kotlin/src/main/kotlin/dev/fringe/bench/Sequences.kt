// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench

/** Kotlin's generators: the compiler turns a body into a state machine, one for each function. */
object Sequences {

    /** The same object for ever. */
    @JvmStatic
    fun repeat(value: Any): Iterator<Any> = iterator {
        while (true) {
            yield(value)
        }
    }

    /** The keys of a tree in order; each level is a sequence of its own, because only those can suspend. */
    @JvmStatic
    fun walk(tree: KotlinTree?): Iterator<Int> = inOrder(tree).iterator()

    private fun inOrder(tree: KotlinTree?): Sequence<Int> = sequence {
        if (tree != null) {
            yieldAll(inOrder(tree.left))
            yield(tree.key)
            yieldAll(inOrder(tree.right))
        }
    }
}

/** A binary tree, as a Kotlin program would see it. */
interface KotlinTree {
    val key: Int
    val left: KotlinTree?
    val right: KotlinTree?
}
