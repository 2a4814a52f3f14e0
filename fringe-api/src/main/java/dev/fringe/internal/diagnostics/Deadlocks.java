// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.diagnostics;

import dev.fringe.internal.support.FreeHeap;
import dev.fringe.internal.support.LoaderLocks;
import dev.fringe.internal.support.OtherThread;
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
import java.util.function.Supplier;

/**
 * Finds bodies that wait, round some corners, for themselves. A thread waits for at most one other, so from each
 * body there is one path to follow, and it is a deadlock if the path comes back:
 *
 * <ul>
 * <li>one that has resumed a generator waits for the body;
 * <li>one that wants a lock waits for the thread that holds it;
 * <li>one that wants a class to be initialised waits for the thread that does so;
 * <li>the body of a confined generator that is suspended waits for its owner, the only thread that may resume it.
 * </ul>
 */
public final class Deadlocks {

    /** Whether what it takes has been loaded. */
    private static volatile boolean linked;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    /** What runs, by the threads that have resumed it. */
    private final Map<Long, Inspectable> resumed = new HashMap<>();
    /** What is suspended and confined, by the threads of the bodies. */
    private final Map<Long, Inspectable> suspended = new HashMap<>();
    /** The threads of bodies, resumers and owners. */
    private final Map<Long, Thread> known = new HashMap<>();
    /** The classes that threads wait for; found when it is first asked for, as it takes a pause. */
    private Map<Long, String> classes;

    /** A thread that another waits for, and what there is to say of it. */
    private record Wait(long next, String holder, String thing, String text, boolean ofGenerator) {}

    private Deadlocks() {}

    /** What another thread does at first, see {@link GeneratorInspector}. Management is much to load. */
    private static final class FirstLook implements Supplier<Void> {

        @Override
        public Void get() {
            Deadlocks look = new Deadlocks();
            look.findAll();
            look.next(Thread.currentThread().threadId());
            ClassInitialization.runs(Thread.currentThread(), null);
            linked = true;
            return null;
        }
    }

    /** One for each body that is in a circle. */
    public static List<GeneratorDeadlock> find() {
        GeneratorInspector.link();
        if (!linked && !LoaderLocks.isHeld(Deadlocks.class.getClassLoader())) {
            FreeHeap.require(FreeHeap.TO_LOOK, "diagnostics");
            new OtherThread<>("fringe-diagnostics", null, new FirstLook()).await();
        }
        return new Deadlocks().findAll();
    }

    private List<GeneratorDeadlock> findAll() {
        List<Inspectable> started = new ArrayList<>();
        for (Inspectable coroutine : GeneratorInspector.live()) {
            if (coroutine.hasStarted() && coroutine.thread() != null) {
                started.add(coroutine);
            }
        }
        for (Inspectable coroutine : started) {
            Thread body = coroutine.thread();
            Thread resumer = coroutine.resumer();
            Thread owner = coroutine.owner();
            if (body == null) {
                continue;
            }
            know(body);
            if (resumer != null) {
                know(resumer);
                resumed.put(resumer.threadId(), coroutine);
            } else if (owner != null && owner.isAlive()) {
                know(owner);
                suspended.put(body.threadId(), coroutine);
            }
        }
        List<GeneratorDeadlock> found = new ArrayList<>();
        for (Inspectable coroutine : started) {
            Thread body = coroutine.thread();
            GeneratorDeadlock deadlock = body == null ? null : follow(coroutine, body);
            if (deadlock != null) {
                found.add(deadlock);
            }
        }
        return found;
    }

    private void know(Thread thread) {
        known.put(thread.threadId(), thread);
    }

    private GeneratorDeadlock follow(Inspectable body, Thread thread) {
        long start = thread.threadId();
        List<String> chain = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        boolean ofGenerator = false;
        Wait lock = null; // what the body waits for, or else what it is waited for
        long at = start;
        do {
            Wait wait = next(at);
            if (wait == null || at == start && wait.thing() == null && !suspended.containsKey(start)) {
                return null;
            }
            ofGenerator |= wait.ofGenerator();
            chain.add(wait.text());
            if (wait.thing() != null && (at == start || wait.next() == start)) {
                lock = lock == null ? wait : lock;
            }
            at = wait.next();
        } while (at != start && seen.add(at));
        return at == start && ofGenerator && lock != null
                ? new GeneratorDeadlock(body.name(), start, lock.thing(), lock.holder(), lock.next(), chain)
                : null;
    }

    private Wait next(long at) {
        Inspectable inner = resumed.get(at);
        if (inner != null) {
            Thread below = inner.thread();
            return below == null ? null : new Wait(below.threadId(), null, null, "\"" + nameOf(at)
                    + "\" waits for the body of \"" + inner.name() + "\", which it has resumed", true);
        }
        Inspectable holder = suspended.get(at);
        if (holder != null) {
            Thread owner = holder.owner();
            return new Wait(owner.threadId(), null, null, "the body of \"" + holder.name() + "\" waits for \""
                    + nameOf(owner.threadId()) + "\", the only thread that may resume or close it", true);
        }
        ThreadInfo info = threads.getThreadInfo(at);
        if (info != null && info.getLockInfo() != null && info.getLockOwnerId() >= 0) {
            return new Wait(info.getLockOwnerId(), info.getLockOwnerName(), info.getLockInfo().toString(),
                    "\"" + info.getThreadName() + "\" waits for " + info.getLockInfo() + ", which \""
                            + info.getLockOwnerName() + "\" holds", false);
        }
        return info == null || info.getLockInfo() != null ? null : waitForClass(at);
    }

    private Wait waitForClass(long at) {
        if (classes == null) {
            classes = isAnyInInitialiser() ? waiting() : Map.of();
        }
        String name = classes.get(at);
        if (name == null) {
            return null;
        }
        for (Thread thread : known.values()) {
            if (thread.threadId() != at && ClassInitialization.runs(thread, name)) {
                return new Wait(thread.threadId(), nameOf(thread.threadId()), "the initialisation of class " + name,
                        "\"" + nameOf(at) + "\" waits for the initialisation of class " + name + ", which \""
                                + nameOf(thread.threadId()) + "\" has begun", false);
            }
        }
        return null;
    }

    private boolean isAnyInInitialiser() {
        for (Thread thread : known.values()) {
            if (ClassInitialization.runs(thread, null)) {
                return true;
            }
        }
        return false;
    }

    /** By another thread, because it takes much room. */
    private static Map<Long, String> waiting() {
        return LoaderLocks.isHeld(Deadlocks.class.getClassLoader()) ? ClassInitialization.waiting()
                : new OtherThread<>("fringe-diagnostics", null, new ClassInitialization.Waiting()).await();
    }

    /** The name of a thread, which management does not tell of virtual ones. */
    private String nameOf(long id) {
        Thread thread = known.get(id);
        return thread == null || thread.getName().isEmpty() ? "#" + id : thread.getName();
    }
}
