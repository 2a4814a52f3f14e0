// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import java.util.List;

/**
 * A body that will never go on, because it waits, through other threads, for itself. Either it runs, and waits for a
 * lock or the initialisation of a class by a thread that waits for this body. Or it is suspended, and holds a lock for
 * which its generator's owner waits: the only thread that may resume it.
 *
 * @param generator the name of the generator whose body waits
 * @param threadId the id of the generator's thread
 * @param lock what it waits for, or what it holds if it is suspended: a lock, as {@link
 *     java.lang.management.LockInfo#toString} has it, or "the initialisation of class" and a name
 * @param holder the name of the thread that holds the lock or initialises the class: in the plain case, the thread that
 *     resumed the body. If a virtual thread holds a monitor, it is that thread's carrier, and the chain goes on to the
 *     virtual thread
 * @param holderThreadId the id of the holder
 * @param chain which thread waits for which, one sentence for each wait, from the body round to itself
 */
public record GeneratorDeadlock(String generator, long threadId, String lock, String holder, long holderThreadId,
        List<String> chain) {

    /** Copies the chain. */
    public GeneratorDeadlock {
        chain = List.copyOf(chain);
    }

    @Override
    public String toString() {
        return String.join("; ", chain);
    }
}
