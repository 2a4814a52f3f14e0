// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import java.util.List;

/**
 * The generators of a virtual machine as a management bean, {@code dev.fringe:type=Generators}. {@link
 * Generators#register} registers it. With the system property {@code dev.fringe.management=true}, the first generator
 * does.
 */
public interface GeneratorsMXBean {

    /**
     * Returns how many generators have not ended.
     *
     * @return the number
     */
    int getLiveCount();

    /**
     * Returns how many stacks wait in pools for a generator.
     *
     * @return the number
     */
    int getIdleStackCount();

    /**
     * Returns every generator that has not ended. It looks at one after the other, so while generators run, the answer
     * is no snapshot of one moment.
     *
     * @return the generators, in the order in which their stacks were made
     */
    List<GeneratorInfo> getGenerators();

    /**
     * Finds bodies that can't go on. They wait for a lock that their resumer holds, or that one's resumer, and so on;
     * or for a class that such a thread is initialising, as in a static initialiser that iterates a generator whose
     * body uses the class. It also finds suspended bodies of confined generators that hold a lock for which their owner
     * waits. Deadlocks without a generator are for {@link java.lang.management.ThreadMXBean#findDeadlockedThreads}. On
     * the portable engine it does not find waits of virtual threads, nor monitors that a virtual thread holds: the JDK
     * does not tell them.
     *
     * @return one deadlock for each body
     */
    List<GeneratorDeadlock> findDeadlocked();

    /**
     * Returns every generator that has not ended, with its {@linkplain dev.fringe.Generator#backtrace backtrace}.
     *
     * @return a text for people
     */
    String dump();
}
