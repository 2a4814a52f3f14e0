// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.internal.settings.Settings;
import dev.fringe.nativestacks.linux.Libc;

/**
 * Shortens what the virtual machine waits for at its exit while there are stack threads.
 *
 * <p>HotSpot gives threads that are in native code 300 ms to come back before the process ends
 * ({@code VM_Exit::wait_for_threads_in_native_to_block}), although they may be anywhere by then: they
 * stop by themselves when they come back. A stack thread is in native code as long as nobody resumes it,
 * so that time would always pass in full. The flag {@value #FLAG} sets it, in units of 10 ms. There is
 * no call that changes the flag later, but the VM publishes where its flags are, for debuggers: so while
 * there are stack threads it is set to one unit, which leaves other threads in native code something.
 * A flag that the user has set is left alone, and so is one that is not exactly what is expected.
 */
public final class ExitWait {

    private static final String FLAG = "UserThreadWaitAttemptsAtExit";
    private static final long ONE_UNIT = 1;
    /** What it is by itself, in HotSpot since the flag exists: another copy of this class may have changed it already. */
    private static final long DEFAULT = 30;
    private static final long FOUND = read();
    private static final long USUAL = FOUND == ONE_UNIT ? DEFAULT : FOUND;
    /** The address of the flag, a word; 0 if it is not to be changed. */
    private static final long ADDRESS = USUAL > ONE_UNIT ? find(FOUND) : 0;

    private static int threads;

    private ExitWait() {}

    /** Why the flag is left alone; null if it is not. */
    public static String obstacle() {
        return ADDRESS != 0 ? null
                : !Settings.flag(Settings.QUICK_EXIT, true) ? Settings.QUICK_EXIT + " is false"
                : USUAL == 0 ? "the flag " + FLAG + " has been set by the user, or is not told"
                : USUAL <= ONE_UNIT ? "the flag " + FLAG + " is " + USUAL + " already"
                : "the flag " + FLAG + " is not found where this virtual machine says that its flags are";
    }

    /** Says that there is one more stack thread. */
    public static synchronized void threadStarts() {
        if (threads++ == 0 && ADDRESS != 0) {
            Libc.putWord(ADDRESS, ONE_UNIT);
        }
    }

    /** Says that there is one less. */
    public static synchronized void threadEnds() {
        if (--threads == 0 && ADDRESS != 0) {
            Libc.putWord(ADDRESS, USUAL);
        }
    }

    /**
     * To be called from time to time: another copy of this class, in another class loader, may have set the flag back
     * when its last stack went.
     */
    public static synchronized void renew() {
        if (threads > 0 && ADDRESS != 0) {
            Libc.putWord(ADDRESS, ONE_UNIT);
        }
    }

    /** What the flag is, if the user has not set it, or 0 if it should stay so. */
    private static long read() {
        return Settings.flag(Settings.QUICK_EXIT, true) && VmFlags.isDefault(FLAG) ? VmFlags.number(FLAG, 0) : 0;
    }

    private static long find(long value) {
        long address = VmFlags.address(FLAG);
        return address != 0 && Libc.getWord(address) == value ? address : 0;
    }
}
