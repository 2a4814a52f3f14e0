// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.core.Interrupts;
import dev.fringe.internal.core.Unwinding;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.CreationSites;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.GeneratorInspector;
import dev.fringe.internal.diagnostics.Log;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.library.LibraryFile;
import dev.fringe.internal.lifecycle.Daemons;
import dev.fringe.internal.lifecycle.Reaper;
import dev.fringe.nativestacks.hotspot.ExitWait;
import dev.fringe.nativestacks.hotspot.KernelThreadIds;
import dev.fringe.nativestacks.hotspot.UpcallDetector;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.TidSlot;
import dev.fringe.nativestacks.memory.MappingBudget;
import dev.fringe.nativestacks.memory.StackRequirements;
import dev.fringe.spi.Assembly;
import dev.fringe.spi.Backend;
import dev.fringe.spi.StackObserver;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The hosted half of a backend, loaded, checked and configured. There is one for each copy of this
 * library in a virtual machine, made when the first generator is.
 *
 * <p>Whatever can't work here is found before any switch is tried, and is the same exception each
 * time that somebody tries again.
 */
public final class NativeRuntime {

    /** Sets the thread pointer by a system call even where an instruction can do it. */
    static final String FORCE_SYSCALL_PROPERTY = "dev.fringe.forceSyscall";

    private static final int FLAG_FORCE_SYSCALL = 1;
    /** The least that the kernel registers for restartable sequences. */
    private static final int RSEQ_MINIMUM = 32;

    private static final String LOADER = "fringe-loader";

    private static volatile Object state;
    /** Before it is known whether all of it can be loaded; for the classes that are initialised meanwhile. */
    private static volatile NativeRuntime loading;

    public final Backend backend;
    public final Assembly assembly;
    /** The {@code JavaVM *} of this virtual machine. */
    final long vm;
    /** Whether an instruction sets the thread pointer, not a system call. */
    public final boolean instruction;
    private final long tidOffset;
    /** Where the virtual machine notes the kernel threads of its threads; null if that is not to be touched. */
    public final KernelThreadIds kernelThreadIds;
    /** Who wants to know which memory is a stack; usually nobody. */
    public final List<StackObserver> observers;

    private NativeRuntime() {
        probeNativeAccess();
        backend = Backends.find();
        try {
            assembly = LibraryFile.load(backend);
        } catch (IllegalCallerException e) {
            throw denied(backend.getClass().getModule(), e);
        }
        vm = findVm();
        kernelThreadIds = KernelThreadIds.find();
        Other<Set<Long>> other = new Other<>("fringe-probe", this::probe);
        other.start();
        tidOffset = TidSlot.agree(probe(), other.await());
        instruction = configure(Libc.gettid());
        observers = StackObservers.find();
    }

    /** The loaded backend; throws what makes it impossible on this machine. */
    public static NativeRuntime get() {
        Object current = state;
        if (current instanceof NativeRuntime hosted) {
            return hosted;
        }
        NativeRuntime half = loading;
        return half != null && Thread.currentThread().getName().equals(LOADER) ? half : load();
    }

    private static synchronized NativeRuntime load() {
        if (state == null) {
            ClassLoader callers = Thread.currentThread().getContextClassLoader(); // which may be where a backend is
            Other<Object> loader = new Other<>(LOADER, () -> {
                Thread.currentThread().setContextClassLoader(callers);
                return loadHere();
            });
            loader.start();
            state = loader.await();
        }
        return switch (state) {
            case NativeRuntime hosted -> hosted;
            case UnsupportedOperationException e -> throw new UnsupportedOperationException(e.getMessage(), e);
            case IllegalCallerException e -> throw new IllegalCallerException(e.getMessage(), e);
            case Throwable e -> throw new IllegalStateException("the fringe backend could not be loaded: "
                    + e.getMessage(), e);
            default -> throw new AssertionError(state);
        };
    }

    /**
     * On a stack of its own: a class whose initialiser has failed because the caller's had no room left could
     * never be used again. For the same reason all classes are initialised that a caller may need at its last.
     *
     * @return the backend, or what makes it impossible on this machine. What may be better another time is thrown
     */
    private static Object loadHere() {
        FirstUse.requireRoom(FirstUse.TO_LOAD);
        try {
            NativeRuntime loaded = new NativeRuntime();
            loading = loaded;
            GeneratorInspector.start(loaded.assembly.entry().address());
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            for (Class<?> type : new Class<?>[] {Switch.class, Coroutine.class, Backtraces.class, CreationSites.class,
                    Daemons.class, Events.class, ExitWait.class, Bystander.class, Interrupts.class, MappingBudget.class, Log.class,
                    Quarantine.class, Reaper.class, StackMarker.class, StackPool.class, StackRequirements.class, StacksInUse.class,
                    NativeFlow.class, ThreadNames.class, Unwinding.class, UpcallDetector.class}) {
                lookup.ensureInitialized(type);
            }
            return loaded;
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        } catch (RuntimeException | LinkageError e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof VirtualMachineError error) {
                    throw error;
                }
            }
            return e;
        } finally {
            loading = null;
        }
    }

    /**
     * Something that another thread does, whose result is waited for whatever happens to either: the other may end
     * by an error before it has begun, and the one that waits may be interrupted.
     */
    private static final class Other<T> {

        private static final long LOOK_NANOS = 10_000_000;

        private final Thread waiting = Thread.currentThread();
        private final Thread thread;
        private T result;
        private Throwable failure;
        private volatile boolean done;

        Other(String name, Supplier<T> task) {
            thread = Daemons.unstarted(name, () -> {
                try {
                    result = task.get();
                } catch (Throwable t) {
                    failure = t;
                } finally {
                    done = true;
                    LockSupport.unpark(waiting);
                }
            });
        }

        void start() {
            thread.start();
        }

        T await() {
            boolean interrupted = false;
            while (!done) {
                if (!thread.isAlive() && !done) {
                    throw new OutOfMemoryError("the thread " + thread.getName() + " ended before it had begun; there is"
                            + " hardly any memory");
                }
                LockSupport.parkNanos(this, LOOK_NANOS);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (failure != null) {
                throw Libc.unexpected(failure);
            }
            return result;
        }
    }

    /** The first restricted method of all, so that a VM that denies native access says so here. */
    private static void probeNativeAccess() {
        try {
            MemorySegment.ofAddress(1).reinterpret(1);
        } catch (IllegalCallerException e) {
            throw denied(NativeRuntime.class.getModule(), e);
        }
    }

    private static IllegalCallerException denied(Module module, IllegalCallerException cause) {
        String names = module.isNamed() ? "dev.fringe," + (module.getName().equals("dev.fringe")
                ? "dev.fringe.<backend>" : module.getName()) : "ALL-UNNAMED";
        return new IllegalCallerException("Fringe calls native code, and this virtual machine denies that;"
                + " start it with --enable-native-access=" + names
                + " or put \"Enable-Native-Access: ALL-UNNAMED\" into the manifest of an executable jar", cause);
    }

    private Set<Long> probe() {
        try {
            return TidSlot.candidates((long) assembly.threadPointer().invokeExact());
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /**
     * Tells the assembly what it can't find out; again for each new bystander, when there is no stack.
     *
     * @return whether an instruction sets the thread pointer
     */
    boolean configure(int bystander) {
        long rseqOffset = 0;
        int rseqSize = 0;
        MemorySegment size = Libc.find("__rseq_size").orElse(MemorySegment.NULL);
        MemorySegment offset = Libc.find("__rseq_offset").orElse(MemorySegment.NULL);
        if (size.address() != 0 && offset.address() != 0 && Libc.getInt(size.address()) != 0) {
            rseqOffset = Libc.WIDE ? Libc.getWord(offset.address()) : Libc.getInt(offset.address());
            rseqSize = Math.max(RSEQ_MINIMUM, Libc.getInt(size.address()));
        }
        int flags = Boolean.getBoolean(FORCE_SYSCALL_PROPERTY) ? FLAG_FORCE_SYSCALL : 0;
        try {
            return (int) assembly.configure().invokeExact(
                    tidOffset, bystander, rseqOffset, rseqSize, Libc.hwcap2(), flags) != 0;
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    private static long findVm() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment function = SymbolLookup.libraryLookup("libjvm.so", arena)
                    .findOrThrow("JNI_GetCreatedJavaVMs");
            var handle = Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, Libc.POINTER, ValueLayout.JAVA_INT, Libc.POINTER));
            MemorySegment vms = arena.allocate(8, 8);
            MemorySegment count = arena.allocate(4, 4);
            int answer = (int) handle.invokeExact(vms, 1, count);
            if (answer != 0 || count.get(ValueLayout.JAVA_INT, 0) < 1) {
                throw new UnsupportedOperationException("JNI_GetCreatedJavaVMs does not tell of this VM: " + answer);
            }
            return Libc.getWord(vms.address());
        } catch (IllegalArgumentException e) {
            throw new UnsupportedOperationException(
                    "this virtual machine has no libjvm.so; Fringe needs HotSpot", e);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }
}
