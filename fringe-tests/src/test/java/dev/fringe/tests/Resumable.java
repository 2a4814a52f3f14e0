// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

/** What {@link RandomTreesTest} calls, of a generator and of its model. */
interface Resumable {

    /** The next value, or null at the end. */
    Long resume(Long input);

    boolean hasNext();

    Long next();

    Long peek();

    /** As {@link #resume}. */
    Long throwInto(RuntimeException exception);

    void close();

    /** The name of the state. */
    String state();
}
