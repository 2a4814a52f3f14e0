// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import dev.fringe.spi.StackObserver;
import java.util.ArrayList;
import java.util.List;

/** Remembers, and prints where asked to, which memory becomes a stack and which no longer is one. */
public final class Announcer implements StackObserver {

    static final String PROPERTY = "dev.fringe.valgrind.announce";

    static final List<String> SAID = new ArrayList<>();

    static volatile boolean failing;

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
