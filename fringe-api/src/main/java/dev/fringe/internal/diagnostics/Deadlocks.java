// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.engine.Flow;
import dev.fringe.management.GeneratorDeadlock;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds bodies that wait, round some corners, for themselves. A thread waits for at most one other: one
 * that resumes waits for the body, one that wants a lock waits for its owner. So from each body there is
 * one path to follow, and it is a deadlock if the path comes back.
 */
public final class Deadlocks {

    private Deadlocks() {}

    /** One for each body that is in a circle. */
    public static List<GeneratorDeadlock> find() {
        Map<Long, Inspectable> resumed = new HashMap<>();
        List<Inspectable> running = GeneratorInspector.live().filter(coroutine -> coroutine.resumer() != null).toList();
        for (Inspectable coroutine : running) {
            Thread resumer = coroutine.resumer();
            if (resumer != null) {
                resumed.put(resumer.threadId(), coroutine);
            }
        }
        List<GeneratorDeadlock> found = new ArrayList<>();
        for (Inspectable coroutine : running) {
            GeneratorDeadlock deadlock = follow(coroutine, resumed);
            if (deadlock != null) {
                found.add(deadlock);
            }
        }
        return found;
    }

    private static GeneratorDeadlock follow(Inspectable body, Map<Long, Inspectable> resumed) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        Flow stack = body.flow();
        if (stack == null) {
            return null;
        }
        long start = stack.thread().threadId();
        ThreadInfo waiting = threads.getThreadInfo(start);
        if (waiting == null || waiting.getLockInfo() == null || waiting.getLockOwnerId() < 0) {
            return null;
        }
        List<String> chain = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        boolean resumes = false;
        long at = start;
        do {
            long next;
            Inspectable inner = resumed.get(at);
            if (inner != null) {
                Flow below = inner.flow();
                if (below == null) {
                    return null;
                }
                resumes = true;
                next = below.thread().threadId();
                chain.add("\"" + name(inner, at) + "\" waits for the body of \"" + inner.name()
                        + "\", which it has resumed");
            } else {
                ThreadInfo info = threads.getThreadInfo(at);
                if (info == null || info.getLockOwnerId() < 0) {
                    return null;
                }
                next = info.getLockOwnerId();
                chain.add("\"" + info.getThreadName() + "\" waits for " + info.getLockInfo() + ", which \""
                        + info.getLockOwnerName() + "\" holds");
            }
            at = next;
        } while (at != start && seen.add(at));
        if (at != start || !resumes) {
            return null;
        }
        return new GeneratorDeadlock(body.name(), start, waiting.getLockInfo().toString(), waiting.getLockOwnerName(),
                waiting.getLockOwnerId(), chain);
    }

    /** The name of who has resumed it, which management does not tell of virtual threads. */
    private static String name(Inspectable resumed, long resumer) {
        Thread thread = resumed.resumer();
        return thread == null || thread.getName().isEmpty() ? "#" + resumer : thread.getName();
    }
}
