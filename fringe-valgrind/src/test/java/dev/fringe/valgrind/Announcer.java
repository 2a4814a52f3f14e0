// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import dev.fringe.spi.StackObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Remembers, and prints where asked to, which memory becomes a stack and which no longer is one. */
public final class Announcer implements StackObserver {

    static final String PROPERTY = "dev.fringe.valgrind.announce";

    static final List<String> SAID = new ArrayList<>();

    static volatile boolean failing;

    /** What it waits for when it is told that a stack is gone; null for nothing. */
    static volatile CountDownLatch hold;

    /** For the service loader. */
    public Announcer() {}

    @Override
    public boolean isNeeded() {
        return System.getProperty(PROPERTY) != null;
    }

    @Override
    public void inUse(String name, long limit, long base, boolean thread) {
        say(String.format("stack %s %#x %#x", name, limit, base));
    }

    @Override
    public void gone(long limit, long base) {
        CountDownLatch latch = hold;
        try {
            if (latch != null) {
                latch.await();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        say(String.format("gone %#x %#x", limit, base));
    }

    private static synchronized void say(String line) {
        if (failing) {
            throw new IllegalStateException("asked to fail: " + line);
        }
        SAID.add(line);
        if ("print".equals(System.getProperty(PROPERTY))) {
            System.out.println(line);
        }
    }
}
