// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

/**
 * The library's own threads. They belong to no program: not to the thread group of the thread that happens to
 * start them, whose interrupts are not meant for them; nor do they keep its class loader or its thread-locals.
 */
public final class Daemons {

    private Daemons() {}

    public static Thread unstarted(String name, Runnable task) {
        Thread thread = Thread.ofPlatform().name(name).daemon().priority(Thread.NORM_PRIORITY).group(root())
                .inheritInheritableThreadLocals(false).unstarted(task);
        thread.setContextClassLoader(null);
        return thread;
    }

    private static ThreadGroup root() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        for (ThreadGroup parent = group.getParent(); parent != null; parent = group.getParent()) {
            group = parent;
        }
        return group;
    }
}
