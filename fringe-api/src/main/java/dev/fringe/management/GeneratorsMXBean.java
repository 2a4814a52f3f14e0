// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import java.util.List;

/**
 * The generators of a virtual machine as a management bean, {@code dev.fringe:type=Generators}. {@link
 * Generators#register} registers it, and so does the system property {@code dev.fringe.management=true}
 * once there is a generator.
 */
public interface GeneratorsMXBean {

    /**
     * How many generators there are that have not ended.
     *
     * @return the number
     */
    int getLiveCount();

    /**
     * How many stacks wait in pools for a generator.
     *
     * @return the number
     */
    int getIdleStackCount();

    /**
     * Every generator that has not ended. While generators run, the answer is no more than a look at each
     * of them, one after the other.
     *
     * @return them, in the order in which their stacks were made
     */
    List<GeneratorInfo> getGenerators();

    /**
     * Finds bodies that can't go on, because they wait for a lock that is held by the thread which resumes
     * them, or by that one's resumer, and so on; or for a class which that thread is initialising, as a static
     * initialiser does that iterates a generator made of its own class. Suspended bodies of confined generators are
     * found, too, if they hold a lock that their owner waits for. Deadlocks without a generator are for {@link
     * java.lang.management.ThreadMXBean#findDeadlockedThreads}. A monitor that is held by a virtual thread
     * is not found: the virtual machine does not tell its owner.
     *
     * @return one for each body
     */
    List<GeneratorDeadlock> findDeadlocked();

    /**
     * Every generator that has not ended with its {@linkplain dev.fringe.Generator#backtrace backtrace}.
     *
     * @return a text for people
     */
    String dump();
}
