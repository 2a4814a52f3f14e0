// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.nativestacks.linux.Libc;
import java.util.Arrays;

/**
 * The flags of the running virtual machine, as it publishes them for debuggers. (Its management interface tells them as
 * well, but loads 150 classes for that.) Another than HotSpot does not tell them.
 */
public final class VmFlags {

    /** All that are asked for: the list is long, and is gone through once. */
    private static final String[] NAMES = {"StackRedPages", "StackYellowPages", "StackReservedPages", "StackShadowPages",
            "PreserveFramePointer", "UserThreadWaitAttemptsAtExit"};
    /** The bits of {@code JVMFlag::_flags} that say who has set the flag; 0 is the virtual machine's default. */
    private static final int ORIGIN = 15;

    /** The addresses of the values, and who has set them; 0 if there is no such flag. */
    private static final long[] ADDRESSES = new long[NAMES.length];
    private static final int[] ORIGINS = new int[NAMES.length];

    static {
        try {
            find();
        } catch (RuntimeException | LinkageError e) { // another virtual machine
            Arrays.fill(ADDRESSES, 0);
        }
    }

    private VmFlags() {}

    private static void find() {
        VmStructs tables = VmStructs.get();
        int name = tables.offset("JVMFlag", "_name");
        int address = tables.offset("JVMFlag", "_addr");
        int origin = tables.offset("JVMFlag", "_flags");
        VmStructs.Table flags = new VmStructs.Table(tables.value("JVMFlag", "flags"),
                (int) tables.value("JVMFlag", "numFlags"), tables.sizeOf("JVMFlag"));
        VmStructs.Strings names = new VmStructs.Strings(flags, name);
        for (int row = 0; row < flags.bytes.limit(); row += flags.stride) {
            long string = flags.word(row + name);
            byte initial = names.initial(string);
            if (initial != 'S' && initial != 'P' && initial != 'U') { // of most it is another
                continue;
            }
            for (int i = 0; i < NAMES.length; i++) {
                if (names.is(string, NAMES[i])) {
                    ADDRESSES[i] = flags.word(row + address);
                    ORIGINS[i] = flags.bytes.getInt(row + origin) & ORIGIN;
                }
            }
        }
    }

    private static int indexOf(String name) {
        for (int i = 0; i < NAMES.length; i++) {
            if (NAMES[i].equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** The address of the value of a flag; 0 if it is not told. */
    static long address(String name) {
        return ADDRESSES[indexOf(name)];
    }

    /** A flag that is a number, or {@code otherwise} if it is not told. */
    public static long number(String name, long otherwise) {
        long address = address(name);
        return address == 0 ? otherwise : Libc.getWord(address);
    }

    /** A flag that is true or false; false if it is not told. */
    public static boolean isSet(String name) {
        long address = address(name);
        return address != 0 && Libc.getByte(address) != 0;
    }

    /** Whether a flag is told, and has the value that it has by default. */
    public static boolean isDefault(String name) {
        int index = indexOf(name);
        return ADDRESSES[index] != 0 && ORIGINS[index] == 0;
    }
}
