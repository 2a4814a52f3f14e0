// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * The functions of the C library and the kernel that are called, the same way on every architecture.
 * Addresses and sizes are {@code long} here also where they are 32 bits wide.
 */
public final class Libc {

    /** A call that failed, with the error number. */
    public record Failure(int errno) {
        @Override
        public String toString() {
            return switch (errno) {
                case 1 -> "EPERM";
                case 11 -> "EAGAIN";
                case 12 -> "ENOMEM";
                case 22 -> "EINVAL";
                default -> "errno " + errno;
            };
        }
    }

    public static final int ENOMEM = 12;
    public static final int EAGAIN = 11;
    private static final int ETIMEDOUT = 110;

    public static final int PROT_NONE = 0;
    public static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE_STACK = 0x2 | 0x20 | 0x4000 | 0x20000;
    private static final int MAP_PRIVATE_ANONYMOUS_FIXED = 0x2 | 0x20 | 0x10;
    public static final int MADV_DONTNEED = 4;
    public static final int MADV_NOHUGEPAGE = 15;
    private static final int O_CLOEXEC = 0x8_0000;
    private static final int SC_PAGESIZE = 30;
    private static final int SC_THREAD_STACK_MIN = 75;
    private static final int PR_GET_TID_ADDRESS = 40;
    private static final int AT_HWCAP2 = 26;
    private static final int SIG_BLOCK = 0;
    /** {@code sizeof(sigset_t)}; the kernel uses the first 8 bytes. */
    private static final long SIGNAL_SET_SIZE = 128;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LOOKUP = LINKER.defaultLookup();
    public static final boolean WIDE = NativeCall.WIDE;
    /** The layout of {@code size_t}, {@code long} and addresses; by its name not equal to that of {@code int}. */
    public static final ValueLayout WORD = NativeCall.WORD;
    private static final long MAP_FAILED = WIDE ? -1L : 0xffff_ffffL;
    /** Addresses, in bytes, that stacks leave to the virtual machine: for its heap of native memory, mostly. */
    private static final long KEPT_FREE = 128L << 20;

    /** All of memory: to look at a word through it makes no object, which may be impossible where that is done. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** {@code sizeof(pthread_attr_t)} is 56 on 64-bit and 36 on 32-bit glibc; musl's is not larger. */
    private static final long ATTR_SIZE = 64;

    private static final MemorySegment MMAP = function("mmap");
    private static final MemorySegment MUNMAP = function("munmap");
    private static final MemorySegment ALIGNED_ALLOC = function("aligned_alloc");
    private static final MemorySegment FREE = function("free");
    private static final MemorySegment MPROTECT = function("mprotect");
    private static final MemorySegment MADVISE = function("madvise");
    private static final MemorySegment SYSCONF = function("sysconf");
    private static final MemorySegment GETTID = function("gettid");
    private static final MemorySegment PRCTL = function("prctl");
    private static final MemorySegment GETAUXVAL = function("getauxval");
    private static final MemorySegment ATTR_INIT = function("pthread_attr_init");
    private static final MemorySegment ATTR_SETSTACK = function("pthread_attr_setstack");
    private static final MemorySegment CREATE = function("pthread_create");
    private static final MemorySegment JOIN = function("pthread_timedjoin_np");
    private static final MemorySegment SELF = function("pthread_self");
    private static final MemorySegment GETSPECIFIC = function("pthread_getspecific");
    private static final MemorySegment SIGMASK = function("pthread_sigmask");
    private static final MemorySegment ERRNO_LOCATION = function("__errno_location");
    private static final MemorySegment OPEN = function("open");
    private static final MemorySegment READ = function("read");
    private static final MemorySegment CLOSE = function("close");

    public static final long PAGE_SIZE = sysconf(SC_PAGESIZE);
    /**
     * What starting and joining a thread needs besides. Made beforehand, because neither may fail for want of
     * memory in the middle; one thread at a time uses it, see {@link Bystander}.
     */
    private static final MemorySegment ATTRIBUTES = attributes();
    private static final MemorySegment STARTED = Arena.ofAuto().allocate(8, 8);
    private static final MemorySegment DEADLINE = Arena.ofAuto().allocate(16, 8);

    /** The smallest stack that pthread_attr_setstack accepts. */
    public static final long SMALLEST_STACK = Math.max(0, sysconf(SC_THREAD_STACK_MIN));

    private static final VarHandle INTS = JAVA_INT.varHandle();
    /** The flags in the control block: the thread is about to end; and an id is about to be set in it. */
    private static final int EXITING = 1 << 4;
    private static final int SETTING_ID = 1 << 6;
    private static final long CANCELLATION = cancellation();

    private Libc() {}

    private static MemorySegment function(String name) {
        Optional<MemorySegment> address = LOOKUP.find(name);
        if (address.isEmpty()) {
            throw new UnsatisfiedLinkError("the C library has no function " + name);
        }
        return address.get();
    }

    /**
     * What the last call of a function has left in {@code errno}, for messages. HotSpot's own calls between the two
     * may change it, if they fail.
     */
    private static int errno() {
        return getInt(NativeCall.call(ERRNO_LOCATION));
    }

    /**
     * Whether there are addresses for so many bytes, and then some left for the virtual machine, which stops
     * when it gets none. There are few in 32 bits, or where a limit says so. (A size that needs more than 32
     * bits would be cut to one that does not.)
     */
    private static boolean hasRoom(long size) {
        long probe = size + KEPT_FREE;
        if (!WIDE && probe >>> 32 != 0) {
            return false;
        }
        // Writable, because RLIMIT_DATA counts nothing else.
        long address = mmap(0, probe, MAP_PRIVATE_ANONYMOUS_NORESERVE_STACK);
        if (address == MAP_FAILED) {
            return false;
        }
        unmap(address, probe);
        return true;
    }

    /** Maps memory that can be read and written. */
    private static long mmap(long address, long size, int flags) {
        return NativeCall.call(MMAP, address, size, PROT_READ_WRITE, flags, -1, 0, 0);
    }

    /** A call of a method handle can only throw what the VM throws. */
    public static RuntimeException unexpected(Throwable t) {
        if (t instanceof Error error) {
            throw error;
        }
        if (t instanceof RuntimeException exception) {
            throw exception;
        }
        throw new AssertionError(t);
    }

    /** Attributes of a thread, which are used again and again, so that there is nothing to do after a thread has been started. */
    private static MemorySegment attributes() {
        MemorySegment attributes = Arena.ofAuto().allocate(ATTR_SIZE, 16);
        check("pthread_attr_init", (int) NativeCall.call(ATTR_INIT, attributes.address()));
        return attributes;
    }

    /** Where {@code type} starts, in memory that is not tied to any arena. */
    public static MemorySegment at(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    /**
     * Maps memory for a stack and a page more.
     *
     * @return the address of that page, which is the lowest; if the kernel refuses, the negated error number
     */
    public static long mapStack(long size) {
        if (!hasRoom(size + PAGE_SIZE)) {
            return -ENOMEM;
        }
        long address = mmap(0, size + PAGE_SIZE, MAP_PRIVATE_ANONYMOUS_NORESERVE_STACK);
        return address == MAP_FAILED ? -Math.max(1, errno()) : address;
    }

    /** Replaces whole pages by new ordinary ones; returns whether the kernel agreed. */
    public static boolean remap(long address, long size) {
        return mmap(address, size, MAP_PRIVATE_ANONYMOUS_FIXED) == address;
    }

    public static void unmap(long address, long size) {
        check("munmap", (int) NativeCall.call(MUNMAP, address, size));
    }

    /**
     * Takes memory from the C library, with any content.
     *
     * @param size a multiple of {@code alignment}
     * @throws OutOfMemoryError if there is not so much
     */
    public static long allocate(long size, long alignment) {
        long address = hasRoom(size) ? NativeCall.call(ALIGNED_ALLOC, alignment, size) : 0;
        if (address == 0) {
            throw new OutOfMemoryError("can't allocate " + size + " bytes for a generator's stack; the process is"
                    + " out of memory, address space (ulimit -v) or data (ulimit -d), or the size is beyond any"
                    + " reason");
        }
        return address;
    }

    public static void free(long address) {
        NativeCall.call(FREE, address);
    }

    /** Changes the protection; returns whether the kernel agreed (it may be out of mappings). */
    public static boolean protect(long address, long size, int protection) {
        return (int) NativeCall.call(MPROTECT, address, size, protection) == 0;
    }

    /** Gives advice; the answer does not matter. */
    public static void advise(long address, long size, int advice) {
        NativeCall.call(MADVISE, address, size, advice);
    }

    /**
     * Opens a file to read it.
     *
     * @param path the address of its name
     * @return the descriptor, or -1
     */
    static int open(long path) {
        return (int) NativeCall.call(OPEN, path, O_CLOEXEC);
    }

    /** Reads; returns the number of bytes, 0 at the end, or -1. */
    static int read(int descriptor, long address, int size) {
        return (int) NativeCall.call(READ, descriptor, address, size);
    }

    /** Closes a descriptor; does nothing if it is -1. */
    static void close(int descriptor) {
        NativeCall.call(CLOSE, descriptor);
    }

    private static void check(String function, int result) {
        if (result != 0) {
            throw new IllegalStateException(function + " failed: " + result);
        }
    }

    private static long sysconf(int name) {
        long value = NativeCall.call(SYSCONF, name);
        return WIDE ? value : (int) value;
    }

    /** What glibc takes for the smallest stack of a thread, control block and all; 0 if not told. */
    public static long smallestThread() {
        Optional<MemorySegment> function = LOOKUP.find("__pthread_get_minstack");
        return function.isEmpty() ? 0 : NativeCall.call(function.get(), 0);
    }

    /** The kernel thread that runs the caller. */
    public static int gettid() {
        return (int) NativeCall.call(GETTID);
    }

    public static long hwcap2() {
        return NativeCall.call(GETAUXVAL, AT_HWCAP2);
    }

    /** The address of the calling thread's {@link ExitWord}, or 0 if the kernel does not tell. */
    static long tidAddress() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(8, 8);
            return (int) NativeCall.call(PRCTL, PR_GET_TID_ADDRESS, result.address()) != 0 ? 0
                    : getWord(result.address());
        }
    }

    /**
     * Starts a thread on given memory; {@link #started} tells which. Makes no objects. If it throws, there is no thread:
     * the last thing that may want memory is the call that starts it (the virtual machine makes a variant of a method
     * handle that is called often). To be called by one thread at a time.
     *
     * @return 0, or the error number
     */
    public static int startThread(long limit, long size, MemorySegment start, long argument) {
        int result = (int) NativeCall.call(ATTR_SETSTACK, ATTRIBUTES.address(), limit, size);
        return result != 0 ? result
                : (int) NativeCall.call(CREATE, STARTED.address(), ATTRIBUTES.address(), start.address(), argument);
    }

    /** The {@code pthread_t} that {@link #startThread} has started. */
    public static long started() {
        return WIDE ? STARTED.get(ValueLayout.JAVA_LONG, 0) : Integer.toUnsignedLong(STARTED.get(JAVA_INT, 0));
    }

    /**
     * Waits some time for the end of a thread. Makes no objects. To be called by one thread at a time.
     *
     * @return whether it has ended; it must not be asked again then
     */
    public static boolean join(long thread, long millis) {
        long until = System.currentTimeMillis() + millis;
        if (WIDE) {
            DEADLINE.set(ValueLayout.JAVA_LONG, 0, until / 1000);
            DEADLINE.set(ValueLayout.JAVA_LONG, 8, until % 1000 * 1_000_000);
        } else {
            DEADLINE.set(JAVA_INT, 0, (int) (until / 1000));
            DEADLINE.set(JAVA_INT, 4, (int) (until % 1000 * 1_000_000));
        }
        int result = (int) NativeCall.call(JOIN, thread, 0, DEADLINE.address());
        if (result != 0 && result != ETIMEDOUT) {
            check("pthread_timedjoin_np", result);
        }
        return result == 0;
    }

    /** The {@code pthread_t} of the caller. */
    public static long self() {
        return NativeCall.call(SELF);
    }

    /** What the calling thread has stored under a key; 0 if it has not, or if there is no such key. */
    public static long specific(int key) {
        return NativeCall.call(GETSPECIFIC, key);
    }

    /** Has the calling thread never handle a signal again. */
    public static void block(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(SIGNAL_SET_SIZE, 8);
            set.set(JAVA_INT, 4L * ((signal - 1) / Integer.SIZE), 1 << (signal - 1) % Integer.SIZE);
            check("pthread_sigmask", (int) NativeCall.call(SIGMASK, SIG_BLOCK, set.address(), 0));
        }
    }

    /**
     * Has {@code setuid}, {@code setgid} and their like of glibc pass over the calling thread, which is about to
     * lose its kernel thread.
     *
     * <p>The kernel changes the ids of one kernel thread, so glibc signals each thread that it lists, by the
     * kernel's id, and waits until each has answered. A suspended stack thread has the bystander's id, which
     * answers for itself: so glibc would ask again, for ever. It passes over threads that are on their way to their
     * end, by a flag in the control block, whose place it publishes for debuggers. That is true of a stack
     * thread as the kernel sees it: there is none. If glibc has chosen this thread already, its signal is on the way,
     * and waited for.
     */
    public static void exemptFromSetId() {
        if (CANCELLATION != 0) {
            long flags = self() + CANCELLATION;
            INTS.getAndBitwiseOr(MEMORY, flags, EXITING);
            while ((getInt(flags) & SETTING_ID) != 0) {
                Thread.onSpinWait();
            }
        }
    }

    /** Where in the control block of a thread glibc has the flags of {@link #exemptFromSetId}; 0 if not told. */
    private static long cancellation() {
        MemorySegment told = LOOKUP.find("_thread_db_pthread_cancelhandling").orElse(MemorySegment.NULL);
        if (told.address() == 0 || getInt(told.address()) != Integer.SIZE) { // the size in bits, a count, the offset
            return 0;
        }
        return getInt(told.address() + 8);
    }

    /** A symbol of the C library or its dynamic linker. */
    public static Optional<MemorySegment> find(String name) {
        return LOOKUP.find(name);
    }

    /** Reads a word. Makes no objects. */
    public static long getWord(long address) {
        return WIDE ? MEMORY.get(ValueLayout.JAVA_LONG, address)
                : Integer.toUnsignedLong(MEMORY.get(JAVA_INT, address));
    }

    /** Reads 64 bits. Makes no objects. */
    public static long getLong(long address) {
        return MEMORY.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    public static byte getByte(long address) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, address);
    }

    public static int getInt(long address) {
        return MEMORY.get(JAVA_INT, address);
    }

    /** Writes a word. Makes no objects. */
    public static void putWord(long address, long value) {
        if (WIDE) {
            MEMORY.set(ValueLayout.JAVA_LONG, address, value);
        } else {
            MEMORY.set(JAVA_INT, address, (int) value);
        }
    }

    public static void putInt(long address, int value) {
        MEMORY.set(JAVA_INT, address, value);
    }

    /** Exchanges a number atomically; false if it is not what is expected. */
    public static boolean compareAndSet(long address, int expected, int value) {
        return INTS.compareAndSet(MEMORY, address, expected, value);
    }

    /** Sets whole words to 0. Makes no objects. */
    public static void clear(long address, long size) {
        for (long at = address; at < address + size; at += WORD.byteSize()) {
            putWord(at, 0);
        }
    }

    /** What to tell a user whose generator could get no kernel thread. */
    public static String explainNoThread(Failure failure) {
        return "can't start a kernel thread for a generator: " + failure + (failure.errno() == EAGAIN
                ? "; the limit of threads is reached (ulimit -u, kernel.threads-max, kernel.pid_max or the"
                        + " pids limit of the control group). A generator needs one while it is made and freed"
                : "");
    }
}
