// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.spi.StackObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** Tells whoever wants to know which memory becomes a stack and which no longer is one. */
final class StackObservers {

    private StackObservers() {}

    /** The observers on the path that have something to do: next to this library, else where the caller's code is. */
    static List<StackObserver> find() {
        try {
            List<StackObserver> found = load(
                    ServiceLoader.load(StackObserver.class, StackObservers.class.getClassLoader()));
            if (found.isEmpty()) {
                found = load(ServiceLoader.load(StackObserver.class));
            }
            found.removeIf(observer -> !isNeeded(observer));
            return List.copyOf(found);
        } catch (ServiceConfigurationError e) {
            throw new IllegalStateException("a stack observer is on the path but could not be made: "
                    + e.getMessage() + "; check that it has the same version as fringe-api, or remove it", e);
        }
    }

    private static List<StackObserver> load(ServiceLoader<StackObserver> loader) {
        List<StackObserver> found = new ArrayList<>();
        loader.forEach(found::add);
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

    /** To be called before anything runs on the stack. */
    static void inUse(String name, Extent extent) {
        tell(observer -> observer.inUse(name, extent.limit(), extent.base()));
    }

    /** To be called when nothing runs on the stack any more, and before its memory may be used again. */
    static void gone(Extent extent) {
        tell(observer -> observer.gone(extent.limit(), extent.base()));
    }

    private static void tell(Consumer<StackObserver> message) {
        for (StackObserver observer : Hosted.get().observers) {
            try {
                message.accept(observer);
            } catch (Throwable t) { // a tool must not keep generators from ending
                System.getLogger("dev.fringe").log(System.Logger.Level.WARNING,
                        "the stack observer " + observer.getClass().getName() + " threw", t);
            }
        }
    }
}
