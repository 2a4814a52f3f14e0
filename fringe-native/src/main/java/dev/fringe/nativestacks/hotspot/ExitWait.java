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
 *
 * <p>There is one flag, and there may be several copies of this class, each in a class loader of its own. All that they
 * have in common is the flag, so they count themselves there: it is as many units as there are copies with stack
 * threads, and what it is by itself when there is none. (A system property would do, but its lock is everybody's.)
 */
public final class ExitWait {

    private static final String FLAG = "UserThreadWaitAttemptsAtExit";
    private static final int ONE_UNIT = 1;
    /** What it is by itself, in HotSpot since the flag exists. If it is less, copies of this class are counted. */
    private static final int DEFAULT = 30;
    private static final int USUAL = usual();
    /** The address of the flag, a word of which the lower half is used; 0 if it is not to be changed. */
    private static final long ADDRESS = USUAL == 0 ? 0 : find();

    private static int threads;
    /** Whether this copy is counted. */
    private static boolean counted;

    private ExitWait() {}

    /** Why the flag is left alone; null if it is not. */
    public static String obstacle() {
        return ADDRESS != 0 ? null
                : !Settings.flag(Settings.QUICK_EXIT, true) ? Settings.QUICK_EXIT + " is false"
                : USUAL == 0 ? "the flag " + FLAG + " has been set by the user, or is not told"
                : "the flag " + FLAG + " is not found where this virtual machine says that its flags are";
    }

    /** Says that there is one more stack thread. */
    public static synchronized void threadStarts() {
        if (threads++ == 0 && ADDRESS != 0) {
            counted = count();
        }
    }

    /** Says that there is one less. */
    public static synchronized void threadEnds() {
        if (--threads == 0 && counted) {
            counted = false;
            discount();
        }
    }

    /** Returns false if so many copies are counted already that no number is left, or the flag is somebody else's. */
    private static boolean count() {
        while (true) {
            int units = Libc.getInt(ADDRESS);
            if (units != USUAL && (units < ONE_UNIT || units >= USUAL - 1)) {
                return false;
            }
            if (Libc.compareAndSet(ADDRESS, units, units == USUAL ? ONE_UNIT : units + 1)) {
                return true;
            }
        }
    }

    private static void discount() {
        while (true) {
            int units = Libc.getInt(ADDRESS);
            if (units < ONE_UNIT || units >= USUAL
                    || Libc.compareAndSet(ADDRESS, units, units == ONE_UNIT ? USUAL : units - 1)) {
                return;
            }
        }
    }

    /** What the flag is when there are no stack threads, or 0 if it should stay as it is. */
    private static int usual() {
        if (!Settings.flag(Settings.QUICK_EXIT, true) || !VmFlags.isDefault(FLAG)) {
            return 0;
        }
        long found = VmFlags.number(FLAG, 0);
        return found < ONE_UNIT || found > Integer.MAX_VALUE ? 0 : Math.max((int) found, DEFAULT);
    }

    /** The flag may change meanwhile, if there are other copies. */
    private static long find() {
        long address = VmFlags.address(FLAG);
        long found = address == 0 ? 0 : Libc.getWord(address);
        return found >= ONE_UNIT && found <= USUAL ? address : 0;
    }
}
