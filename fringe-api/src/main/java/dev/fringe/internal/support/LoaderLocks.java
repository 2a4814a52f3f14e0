// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.support;

/**
 * Locks of class loaders that are not parallel capable. Such a loader loads one class at a time, under its own
 * monitor. A thread that holds it can't wait for another thread that needs a class of the loader, or of one that asks
 * it first: neither would go on.
 */
public final class LoaderLocks {

    private LoaderLocks() {}

    /**
     * Throws if the calling thread holds the lock of a class loader that another thread needs to load classes.
     *
     * @param loader what will load them, or null
     * @throws IllegalStateException if it does; the message says what to do
     */
    public static void requireNoneHeld(ClassLoader loader) {
        ClassLoader held = held(loader);
        if (held != null) {
            throw new IllegalStateException("the library can't be started in here: " + Thread.currentThread()
                    + " holds the lock of the class loader " + held + ", which is not parallel capable, so that no"
                    + " other thread can load the library's classes; make the first generator before, or outside of"
                    + " loadClass, or call ClassLoader.registerAsParallelCapable in the class of the loader");
        }
    }

    /** Whether the calling thread holds such a lock. */
    public static boolean isHeld(ClassLoader loader) {
        return held(loader) != null;
    }

    private static ClassLoader held(ClassLoader loader) {
        for (ClassLoader at = loader; at != null; at = at.getParent()) {
            if (!at.isRegisteredAsParallelCapable() && Thread.holdsLock(at)) {
                return at;
            }
        }
        return null;
    }
}
