// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.settings;

/**
 * The system properties of the library, and the one way to read them: a value that makes no sense is logged, once,
 * and the usual one is taken. Each is read once, when the class that needs it is initialised.
 */
public final class Settings {

    /** The backend to use: an architecture's name or {@code "portable"}. Read by {@code Engines}. */
    public static final String BACKEND = "dev.fringe.backend";
    /** The size of the stacks of generators that are made without one, in bytes. */
    public static final String STACK_SIZE = "dev.fringe.stackSize";
    /** Whether to note where generators are created, and to name those by it that have no other name. */
    public static final String CREATION_SITES = "dev.fringe.creationSites";
    /** Whether the names of generators' threads follow what the generators do. */
    public static final String THREAD_STATES = "dev.fringe.threadStates";
    /** Whether the management bean is registered with the first generator. */
    public static final String MANAGEMENT = "dev.fringe.management";
    /** Whether CPU-time samples are taken also of stacks that are born during a recording. */
    public static final String RENEW_CPU_TIME_SAMPLING = "dev.fringe.renewCpuTimeSampling";
    /** Where the private directory for libraries is made instead of {@code java.io.tmpdir}; must allow execution. */
    public static final String LIBRARY_DIRECTORY = "dev.fringe.library.directory";

    /** How long each self-test of the Doctor runs, in milliseconds. */
    public static final String SELF_TEST_MILLIS = "dev.fringe.doctor.millis";

    // ---- of the native engine -------------------------------------------------------------------

    /** The largest number of idle stacks of one size; 0 switches pooling off; by default pools follow what is in use. */
    public static final String POOL_SIZE = "dev.fringe.pool.size";
    /** After how many seconds an idle stack is freed. */
    public static final String POOL_IDLE_SECONDS = "dev.fringe.pool.idleSeconds";
    /** Whether to set the thread pointer by a system call even where an instruction can do it. */
    public static final String FORCE_SYSCALL = "dev.fringe.forceSyscall";
    /** What every switch exchanges: {@code words} or {@code pointer}; if it is not set, what suits each generator. */
    public static final String SWITCH = "dev.fringe.switch";
    /** Set to false, leaves alone what HotSpot waits for at its exit. */
    public static final String QUICK_EXIT = "dev.fringe.quickExit";
    /** Set to false, leaves alone what HotSpot has noted of kernel threads. */
    public static final String KERNEL_THREAD_IDS = "dev.fringe.kernelThreadIds";

    // ---- of the portable engine -----------------------------------------------------------------

    /** Whether bodies have platform threads of their own even where their resumers could carry them. */
    public static final String HANDOFF = "dev.fringe.portable.handoff";

    private Settings() {}

    /**
     * A property as it is.
     *
     * @param name one of the constants
     * @return its value, or null
     */
    public static String text(String name) {
        return System.getProperty(name);
    }

    /**
     * A property that says yes or no.
     *
     * @param name one of the constants
     * @param usual what is meant if it is not set
     * @return whether it is {@code "true"}, in any case of its letters
     */
    public static boolean flag(String name, boolean usual) {
        String value = System.getProperty(name);
        return value == null ? usual : Boolean.parseBoolean(value);
    }

    /**
     * A property that is a number.
     *
     * @param name one of the constants
     * @param usual what is meant if it is not set, or makes no sense
     * @param least the smallest value that makes sense
     * @param most the largest value that makes sense
     * @param unit what is counted, for the message
     * @return the number
     */
    public static long number(String name, long usual, long least, long most, String unit) {
        String value = System.getProperty(name);
        if (value == null) {
            return usual;
        }
        try {
            long number = Long.decode(value.strip());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the property " + name + " is \"" + value
                + "\", which is not a " + unit + " from " + least + " to " + most + "; " + usual + " is used");
        return usual;
    }
}
