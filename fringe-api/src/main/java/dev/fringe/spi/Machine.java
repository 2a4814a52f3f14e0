// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.apache.commons.lang3.ArchUtils;
import org.apache.commons.lang3.arch.Processor;

/**
 * The machine on which this virtual machine runs, as far as a {@link Backend} needs it to decide whether it fits.
 *
 * @param linux whether the operating system is Linux
 * @param architecture the processor family as Commons Lang names it ({@code "x86"}, {@code "aarch64"}, ...), or the
 *     system property {@code os.arch} for a family that Commons Lang does not know
 * @param bits the width of a pointer in this process: 32 or 64
 */
public record Machine(boolean linux, String architecture, int bits) {

    /** Rejects a null architecture. */
    public Machine {
        Objects.requireNonNull(architecture, "architecture");
    }

    /**
     * Returns the machine on which this virtual machine runs.
     *
     * @return the machine
     */
    public static Machine current() {
        return of(System.getProperty("os.name", "").startsWith("Linux"), System.getProperty("os.arch"),
                (int) ValueLayout.ADDRESS.byteSize() * 8);
    }

    /**
     * Returns the machine with the given values of system properties.
     *
     * @param linux whether the operating system is Linux
     * @param osArch the value of {@code os.arch}; blank counts as {@code "unknown"}
     * @param bits the width of a pointer in the process: 32 or 64
     * @return the machine
     */
    public static Machine of(boolean linux, String osArch, int bits) {
        String name = osArch == null || osArch.isBlank() ? "unknown" : osArch;
        return new Machine(linux, switch (name) {
            case "amd64" -> "x86"; // what HotSpot calls the commonest; to ask the library takes a tenth of the start
            case "aarch64" -> "aarch64";
            default -> family(name);
        }, bits);
    }

    private static String family(String name) {
        Processor processor = ArchUtils.getProcessor(name);
        return processor == null ? name : family(processor, name);
    }

    private static String family(Processor processor, String name) {
        return switch (processor.getType()) {
            case X86 -> "x86";
            case AARCH_64 -> "aarch64";
            default -> name;
        };
    }

    @Override
    public String toString() {
        return architecture + ", " + bits + " bits, "
                + (linux ? "Linux" : System.getProperty("os.name", "an unknown system"));
    }
}
