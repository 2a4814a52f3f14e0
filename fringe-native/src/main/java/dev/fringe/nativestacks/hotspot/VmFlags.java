// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import dev.fringe.nativestacks.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** The flags of the running virtual machine, which another than HotSpot, or one without the module, does not tell. */
public final class VmFlags {

    private VmFlags() {}

    private static Optional<VMOption> option(String name) {
        try {
            return Optional.of(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption(name));
        } catch (LinkageError | RuntimeException e) { // no such module, or no such flag
            return Optional.empty();
        }
    }

    /** A flag that is a number, or {@code otherwise} if it is not told. */
    public static long number(String name, long otherwise) {
        try { // without a lambda that names a class of the module: it could not be linked
            Optional<VMOption> option = option(name);
            if (option.isPresent()) {
                return Long.parseLong(option.get().getValue());
            }
        } catch (LinkageError e) { // no such module
            return published(name, otherwise);
        }
        return published(name, otherwise);
    }

    /** A flag as the virtual machine publishes it for debuggers, which it does without the module as well. */
    private static long published(String name, long otherwise) {
        try (Arena arena = Arena.ofConfined()) {
            long address = VmStructs.in(arena).flag(name);
            return address == 0 ? otherwise : Libc.getWord(address);
        } catch (RuntimeException | LinkageError e) { // another virtual machine
            return otherwise;
        }
    }

    /** A flag that is true or false; false if it is not told. */
    public static boolean isSet(String name) {
        try {
            Optional<VMOption> option = option(name);
            return option.isPresent() && Boolean.parseBoolean(option.get().getValue());
        } catch (LinkageError e) { // no such module
            return false;
        }
    }

    /** Whether a flag is told, and has the value that it has by default. */
    public static boolean isDefault(String name) {
        try {
            Optional<VMOption> option = option(name);
            return option.isPresent() && option.get().getOrigin() == VMOption.Origin.DEFAULT;
        } catch (LinkageError e) { // no such module
            return false;
        }
    }
}
