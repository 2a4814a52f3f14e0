// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.settings.Settings;
import java.lang.invoke.MethodHandles;

/**
 * Whether this virtual machine lets the library carry virtual threads, and if not, why. Asked once, when the engine
 * is made; all that can fail has then failed.
 */
final class Access {

    private static TrustedLookup.Found found;

    private Access() {}

    /**
     * Tries to get at all that carrying needs.
     *
     * @return null if it is all there; else the reason, as the end of a sentence
     */
    static synchronized String obstacle() {
        if (Settings.flag(Settings.HANDOFF, false)) {
            return "the property " + Settings.HANDOFF + " is set";
        }
        try {
            if (found == null) {
                found = TrustedLookup.find();
            }
            MethodHandles.lookup().ensureInitialized(VirtualThreads.class);
            VirtualThreads.create(task -> { }, null, () -> { }); // throws where there are no continuations
            return null;
        } catch (UnsupportedOperationException e) {
            return "this virtual machine has no continuations";
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            Throwable root = rootOf(e);
            return root instanceof IllegalCallerException ? "native access is denied; allow it with "
                    + "--enable-native-access=" + moduleName() : "what it needs of the JDK is not there (" + root + ")";
        }
    }

    /** What --enable-native-access is to name. */
    static String moduleName() {
        Module module = Access.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }

    private static Throwable rootOf(Throwable t) {
        Throwable root = t;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }

    /** The lookup that {@link #obstacle} has found. */
    static synchronized MethodHandles.Lookup lookup() {
        return found.lookup();
    }

    /** How that was had, in words. */
    static synchronized String describe() {
        return switch (found.way()) {
            case OPENED -> "--add-opens";
            case NATIVE -> "native access";
        };
    }

    /**
     * Whether restricted methods may be called without a warning, or have been already. With --add-opens alone there
     * has been none, and there is to be none.
     */
    static synchronized boolean mayBeNative() {
        return found.way() == TrustedLookup.Way.NATIVE || Access.class.getModule().isNativeAccessEnabled();
    }
}
