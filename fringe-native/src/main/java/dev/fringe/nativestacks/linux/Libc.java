// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
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
    private static final int SC_PAGESIZE = 30;
    private static final int SC_THREAD_STACK_MIN = 75;
    private static final int PR_GET_TID_ADDRESS = 40;
    private static final int AT_HWCAP2 = 26;
    private static final int SIG_BLOCK = 0;
    /** {@code sizeof(sigset_t)}; the kernel uses the first 8 bytes. */
    private static final long SIGNAL_SET_SIZE = 128;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LOOKUP = LINKER.defaultLookup();
    public static final boolean WIDE = ValueLayout.ADDRESS.byteSize() == 8;
    /** The layout of {@code size_t}, {@code long} and addresses; by its name not equal to that of {@code int}. */
    public static final ValueLayout WORD = WIDE ? ValueLayout.JAVA_LONG : JAVA_INT.withName("word");
    public static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final long MAP_FAILED = WIDE ? -1L : 0xffff_ffffL;
    /** Addresses, in bytes, that stacks leave to the virtual machine: for its heap of native memory, mostly. */
    private static final long KEPT_FREE = 128L << 20;

    /** All of memory: to look at a word through it makes no object, which may be impossible where that is done. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** {@code sizeof(pthread_attr_t)} is 56 on 64-bit and 36 on 32-bit glibc; musl's is not larger. */
    private static final long ATTR_SIZE = 64;

    private static final MethodHandle MMAP = word("mmap", true, WORD, WORD, JAVA_INT, JAVA_INT, JAVA_INT, WORD);
    private static final MethodHandle MUNMAP = integer("munmap", WORD, WORD);
    private static final MethodHandle ALIGNED_ALLOC = word("aligned_alloc", false, WORD, WORD);
    private static final MethodHandle FREE = bind("free", FunctionDescriptor.ofVoid(WORD));
    private static final MethodHandle MPROTECT = integer("mprotect", WORD, WORD, JAVA_INT);
    private static final MethodHandle MADVISE = integer("madvise", WORD, WORD, JAVA_INT);
    private static final MethodHandle SYSCONF = word("sysconf", false, JAVA_INT);
    private static final MethodHandle GETTID = integer("gettid");
    private static final MethodHandle PRCTL = integer("prctl", JAVA_INT, POINTER, WORD, WORD, WORD);
    private static final MethodHandle GETAUXVAL = word("getauxval", false, WORD);
    private static final MethodHandle ATTR_INIT = integer("pthread_attr_init", POINTER);
    private static final MethodHandle ATTR_SETSTACK = integer("pthread_attr_setstack", POINTER, WORD, WORD);
    private static final MethodHandle CREATE = integer("pthread_create", POINTER, POINTER, POINTER, WORD);
    private static final MethodHandle JOIN = integer("pthread_timedjoin_np", WORD, WORD, POINTER);
    private static final MethodHandle SELF = word("pthread_self", false);
    private static final MethodHandle GETSPECIFIC = word("pthread_getspecific", false, JAVA_INT);
    private static final MethodHandle SIGMASK = integer("pthread_sigmask", JAVA_INT, POINTER, WORD);

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

    private static final VarHandle FLAGS = JAVA_INT.varHandle();
    /** The flags in the control block: the thread is about to end; and an id is about to be set in it. */
    private static final int EXITING = 1 << 4;
    private static final int SETTING_ID = 1 << 6;
    private static final long CANCELLATION = cancellation();

    private Libc() {}

    private static MethodHandle integer(String name, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    private static MethodHandle word(String name, boolean captureErrno, MemoryLayout... arguments) {
        FunctionDescriptor descriptor = FunctionDescriptor.of(WORD, arguments);
        return captureErrno
                ? bind(name, descriptor, Linker.Option.captureCallState("errno"))
                : bind(name, descriptor);
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment address = LOOKUP.find(name).orElseThrow(
                () -> new UnsatisfiedLinkError("the C library has no function " + name));
        return words(LINKER.downcallHandle(address, descriptor, options), descriptor);
    }

    /** Makes {@code long} of the words in a handle's type; a returned word is unsigned. */
    private static MethodHandle words(MethodHandle handle, FunctionDescriptor descriptor) {
        if (WIDE) {
            return handle;
        }
        MethodHandle result = handle;
        MethodType type = handle.type();
        int first = type.parameterCount() - descriptor.argumentLayouts().size();
        for (int i = 0; i < descriptor.argumentLayouts().size(); i++) {
            if (descriptor.argumentLayouts().get(i).equals(WORD)) {
                type = type.changeParameterType(first + i, long.class);
            }
        }
        if (WORD.equals(descriptor.returnLayout().orElse(null))) {
            try {
                result = MethodHandles.filterReturnValue(handle, MethodHandles.lookup().findStatic(
                        Integer.class, "toUnsignedLong", MethodType.methodType(long.class, int.class)));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
            type = type.changeReturnType(long.class);
        }
        return MethodHandles.explicitCastArguments(result, type);
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
        try (Arena arena = Arena.ofConfined()) {
            // Writable, because RLIMIT_DATA counts nothing else.
            long address = (long) MMAP.invokeExact(arena.allocate(CAPTURE), 0L, probe, PROT_READ_WRITE,
                    MAP_PRIVATE_ANONYMOUS_NORESERVE_STACK, -1, 0L);
            if (address == MAP_FAILED) {
                return false;
            }
            unmap(address, probe);
            return true;
        } catch (Throwable t) {
            throw unexpected(t);
        }
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
        try {
            check("pthread_attr_init", (int) ATTR_INIT.invokeExact(attributes));
        } catch (Throwable t) {
            throw unexpected(t);
        }
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
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(CAPTURE);
            long address = (long) MMAP.invokeExact(state, 0L, size + PAGE_SIZE, PROT_READ_WRITE,
                    MAP_PRIVATE_ANONYMOUS_NORESERVE_STACK, -1, 0L);
            if (address == MAP_FAILED) {
                return -(int) ERRNO.get(state, 0L);
            }
            return address;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Replaces whole pages by new ordinary ones; returns whether the kernel agreed. */
    public static boolean remap(long address, long size) {
        try (Arena arena = Arena.ofConfined()) {
            return (long) MMAP.invokeExact(arena.allocate(CAPTURE), address, size, PROT_READ_WRITE,
                    MAP_PRIVATE_ANONYMOUS_FIXED, -1, 0L) == address;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    public static void unmap(long address, long size) {
        try {
            check("munmap", (int) MUNMAP.invokeExact(address, size));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /**
     * Takes memory from the C library, with any content.
     *
     * @param size a multiple of {@code alignment}
     * @throws OutOfMemoryError if there is not so much
     */
    public static long allocate(long size, long alignment) {
        try {
            long address = hasRoom(size) ? (long) ALIGNED_ALLOC.invokeExact(alignment, size) : 0;
            if (address == 0) {
                throw new OutOfMemoryError("can't allocate " + size + " bytes for a generator's stack; the process is"
                        + " out of memory or address space (ulimit -v), or the size is beyond any reason");
            }
            return address;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    public static void free(long address) {
        try {
            FREE.invokeExact(address);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Changes the protection; returns whether the kernel agreed (it may be out of mappings). */
    public static boolean protect(long address, long size, int protection) {
        try {
            return (int) MPROTECT.invokeExact(address, size, protection) == 0;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Gives advice; the answer does not matter. */
    public static void advise(long address, long size, int advice) {
        try {
            int ignored = (int) MADVISE.invokeExact(address, size, advice);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static void check(String function, int result) {
        if (result != 0) {
            throw new IllegalStateException(function + " failed: " + result);
        }
    }

    private static long sysconf(int name) {
        try {
            return (long) SYSCONF.invokeExact(name);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** What glibc takes for the smallest stack of a thread, control block and all; 0 if not told. */
    public static long smallestThread() {
        MemorySegment function = LOOKUP.find("__pthread_get_minstack").orElse(null);
        if (function == null) {
            return 0;
        }
        FunctionDescriptor descriptor = FunctionDescriptor.of(WORD, WORD);
        try {
            return (long) words(LINKER.downcallHandle(function, descriptor), descriptor).invokeExact(0L);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** The kernel thread that runs the caller. */
    public static int gettid() {
        try {
            return (int) GETTID.invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    public static long hwcap2() {
        try {
            return (long) GETAUXVAL.invokeExact((long) AT_HWCAP2);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** The address of the calling thread's {@link ExitWord}, or 0 if the kernel does not tell. */
    static long tidAddress() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(8, 8);
            int answer = (int) PRCTL.invokeExact(PR_GET_TID_ADDRESS, result, 0L, 0L, 0L);
            if (answer != 0) {
                return 0;
            }
            return WIDE ? result.get(ValueLayout.JAVA_LONG, 0)
                    : Integer.toUnsignedLong(result.get(JAVA_INT, 0));
        } catch (Throwable t) {
            throw unexpected(t);
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
        try {
            int result = (int) ATTR_SETSTACK.invokeExact(ATTRIBUTES, limit, size);
            return result != 0 ? result : (int) CREATE.invokeExact(STARTED, ATTRIBUTES, start, argument);
        } catch (Throwable t) {
            throw unexpected(t);
        }
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
        try {
            int result = (int) JOIN.invokeExact(thread, 0L, DEADLINE);
            if (result != 0 && result != ETIMEDOUT) {
                check("pthread_timedjoin_np", result);
            }
            return result == 0;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** The {@code pthread_t} of the caller. */
    public static long self() {
        try {
            return (long) SELF.invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** What the calling thread has stored under a key; 0 if it has not, or if there is no such key. */
    public static long specific(int key) {
        try {
            return (long) GETSPECIFIC.invokeExact(key);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Has the calling thread never handle a signal again. */
    public static void block(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(SIGNAL_SET_SIZE, 8);
            set.set(JAVA_INT, 4L * ((signal - 1) / Integer.SIZE), 1 << (signal - 1) % Integer.SIZE);
            check("pthread_sigmask", (int) SIGMASK.invokeExact(SIG_BLOCK, set, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
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
            FLAGS.getAndBitwiseOr(MEMORY, flags, EXITING);
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
