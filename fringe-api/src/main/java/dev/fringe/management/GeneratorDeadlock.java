// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.management;

import java.util.List;

/**
 * A body that waits for a lock which nobody will release: the thread that holds it waits, perhaps through
 * others, for this very body.
 *
 * @param generator the name of the generator whose body waits
 * @param threadId the id of the generator's thread
 * @param lock what it waits for, as {@link java.lang.management.LockInfo#toString} has it
 * @param holder the name of the thread that holds the lock: in the plain case, that which resumed the body. If
 *     a virtual thread holds a monitor, it is that thread's carrier, and the chain goes on to the virtual thread
 * @param holderThreadId the id of that thread
 * @param chain who waits for whom, one sentence each, from the body round to itself
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
