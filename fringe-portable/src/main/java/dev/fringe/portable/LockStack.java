// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

/**
 * Keeps the monitors of a resumer from going with the body that it carries.
 *
 * <p>HotSpot notes the monitors that a thread holds, and nobody has waited for, in a small <i>lock stack</i> of that
 * thread ({@code lockStack.hpp}). When a continuation is frozen, the whole lock stack of its carrier goes into it, for
 * a thread of the JDK's pool holds none itself. A resumer may: {@code synchronized (x) { generator.resume(null); }}.
 * So before a body is carried the lock stack is emptied: a monitor that has been <i>inflated</i> belongs to the thread
 * by another record and is not in it. HotSpot inflates the oldest ones when the lock stack is full.
 */
final class LockStack {

    /** {@code LockStack::CAPACITY}, which has never been another. Fewer than needed would be seen by the self-test. */
    private static final int CAPACITY = 8;

    /** What the monitors are taken of; where other threads could see it, so that no compiler leaves them out. */
    private static volatile Object[] visible;

    private LockStack() {}

    /**
     * Empties the lock stack of a platform thread, which is the caller.
     *
     * @throws OutOfMemoryError if there is no memory; the monitors are still held then
     */
    static void empty(Thread current) {
        if (!JavaThreads.knowsLocks()) {
            fill();
        } else if (!JavaThreads.lockStackIsEmpty(current)) {
            fill();
        }
    }

    private static void fill() {
        Object[] objects = new Object[CAPACITY];
        for (int i = 0; i < objects.length; i++) {
            objects[i] = new Object();
        }
        visible = objects;
        lockFrom(objects, 0);
        visible = null;
    }

    private static void lockFrom(Object[] objects, int first) {
        if (first < objects.length) {
            synchronized (objects[first]) {
                lockFrom(objects, first + 1);
            }
        }
    }
}
