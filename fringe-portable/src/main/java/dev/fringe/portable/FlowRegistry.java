// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.util.ArrayList;
import java.util.List;

/**
 * All flows that have a body. It keeps them reachable, and diagnostics find them here.
 *
 * <p>There may be a million, and each generator is added and removed once, so the flows are linked with each other: that
 * takes two references of a flow and no allocation. There are several lists with a lock each, for many threads.
 */
final class FlowRegistry {

    /** A power of two. */
    private static final int LISTS = 16;

    private final Head[] lists = new Head[LISTS];

    /** The lock of a list, and its first flow. */
    private static final class Head {
        private PortableFlow first;
    }

    FlowRegistry() {
        for (int i = 0; i < LISTS; i++) {
            lists[i] = new Head();
        }
    }

    private Head listOf(PortableFlow flow) {
        return lists[(int) flow.number & LISTS - 1];
    }

    void add(PortableFlow flow) {
        Head list = listOf(flow);
        synchronized (list) {
            PortableFlow second = list.first;
            flow.next = second;
            flow.registered = true;
            if (second != null) {
                second.previous = flow;
            }
            list.first = flow;
        }
    }

    /** Does nothing if it is not there. */
    void remove(PortableFlow flow) {
        Head list = listOf(flow);
        synchronized (list) {
            if (!flow.registered) {
                return;
            }
            PortableFlow before = flow.previous;
            PortableFlow after = flow.next;
            if (before == null) {
                list.first = after;
            } else {
                before.next = after;
            }
            if (after != null) {
                after.previous = before;
            }
            flow.previous = null;
            flow.next = null;
            flow.registered = false;
        }
    }

    /** Whether one of the lists had one that is not {@linkplain PortableFlow#lost lost}. */
    boolean hasLive() {
        for (Head list : lists) {
            synchronized (list) {
                for (PortableFlow flow = list.first; flow != null; flow = flow.next) {
                    if (!flow.lost) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** Those that there are now; of each list those that were there at one time. */
    List<PortableFlow> copy() {
        List<PortableFlow> all = new ArrayList<>();
        for (Head list : lists) {
            synchronized (list) {
                for (PortableFlow flow = list.first; flow != null; flow = flow.next) {
                    all.add(flow);
                }
            }
        }
        return all;
    }
}
