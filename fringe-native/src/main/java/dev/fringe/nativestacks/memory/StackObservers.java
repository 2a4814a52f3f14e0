// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.memory;

import dev.fringe.internal.support.Daemons;
import dev.fringe.internal.support.Log;
import dev.fringe.spi.StackObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLong;

/** Tells whoever wants to know which memory becomes a stack and which no longer is one. */
public final class StackObservers {

    private static final AtomicLong NATIVE = new AtomicLong();

    private static volatile List<StackObserver> observers = List.of();

    private StackObservers() {}

    /** Finds those that have something to do; before the first stack. */
    public static void load() {
        observers = find();
    }

    /** Whether there are any. */
    public static boolean any() {
        return !observers.isEmpty();
    }

    /** Their names, for diagnostics. */
    public static List<String> names() {
        return observers.stream().map(observer -> observer.getClass().getName()).toList();
    }

    /** Those that have something to do: next to this library, else where the caller's code is. */
    private static List<StackObserver> find() {
        try {
            List<StackObserver> found = load(
                    ServiceLoader.load(StackObserver.class, StackObservers.class.getClassLoader()));
            if (found.isEmpty()) {
                found = load(ServiceLoader.load(StackObserver.class));
            }
            List<StackObserver> needed = new ArrayList<>();
            for (StackObserver observer : found) {
                if (isNeeded(observer)) {
                    needed.add(observer);
                }
            }
            return List.copyOf(needed);
        } catch (ServiceConfigurationError e) {
            throw new IllegalStateException("a stack observer is on the path but could not be made: "
                    + e.getMessage() + "; check that it has the same version as fringe-api, or remove it", e);
        }
    }

    private static List<StackObserver> load(ServiceLoader<StackObserver> loader) {
        List<StackObserver> found = new ArrayList<>();
        for (StackObserver observer : loader) {
            found.add(observer);
        }
        return found;
    }

    private static boolean isNeeded(StackObserver observer) {
        try {
            return observer.isNeeded();
        } catch (IllegalCallerException e) {
            Module module = observer.getClass().getModule();
            throw new IllegalCallerException("the stack observer " + observer.getClass().getName()
                    + " calls native code, and this virtual machine denies that; add "
                    + (module.isNamed() ? module.getName() : "ALL-UNNAMED")
                    + " to the modules named by --enable-native-access, or remove its artefact", e);
        }
    }

    /**
     * Does something with them on a thread of its own, as they are code of others, which may block.
     *
     * @throws OutOfMemoryError if there can be no thread
     */
    public static void elsewhere(Runnable task) {
        Daemons.unstarted("fringe-observer", task).start();
    }

    /** To be called before anything runs on the stack of a thread. */
    public static void inUse(String name, StackRange extent) {
        inUse(name, extent, true);
    }

    /** To be called before anything runs on the stack of a native body. */
    static void inUseByNative(StackRange extent) {
        if (!observers.isEmpty()) {
            inUse("fringe-native-" + NATIVE.incrementAndGet(), extent, false);
        }
    }

    private static void inUse(String name, StackRange extent, boolean thread) {
        for (StackObserver observer : observers) {
            try {
                observer.inUse(name, extent.limit(), extent.base(), thread);
            } catch (Throwable t) {
                report(observer, t);
            }
        }
    }

    /** To be called when nothing runs on the stack any more, and before its memory may be used again. */
    public static void gone(StackRange extent) {
        for (StackObserver observer : observers) {
            try {
                observer.gone(extent.limit(), extent.base());
            } catch (Throwable t) {
                report(observer, t);
            }
        }
    }

    /** A tool must not keep generators from being made or from ending. */
    private static void report(StackObserver observer, Throwable t) {
        Log.warn("the stack observer " + observer.getClass().getName() + " threw", t);
    }
}
