// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.core.Coroutine;
import dev.fringe.internal.core.Interrupts;
import dev.fringe.internal.core.Unwinding;
import dev.fringe.internal.diagnostics.Backtraces;
import dev.fringe.internal.diagnostics.CreationSites;
import dev.fringe.internal.diagnostics.Events;
import dev.fringe.internal.diagnostics.GeneratorInspector;
import dev.fringe.internal.diagnostics.ThreadNames;
import dev.fringe.internal.library.LibraryFile;
import dev.fringe.internal.engine.StackMarker;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

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

    private static volatile Object state;

    public final Backend backend;
    public final Assembly assembly;
    /** The {@code JavaVM *} of this virtual machine. */
    final long vm;
    /** What the entry trampoline calls: {@link NativeFlow#enter}. */
    public final long entry;
    /** Whether an instruction sets the thread pointer, not a system call. */
    public final boolean instruction;
    /** The kernel thread that stands for those that stack threads don't have. */
    final int bystander;
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
        int[] bystander = new int[1];
        KernelThreadIds[] ids = new KernelThreadIds[1];
        CompletableFuture<Set<Long>> first = new CompletableFuture<>();
        CompletableFuture<Set<Long>> second = new CompletableFuture<>();
        startDaemon("fringe-bystander", () -> {
            bystander[0] = Libc.gettid();
            ids[0] = KernelThreadIds.find();
            probe(first);
            Bystander.run();
        });
        startDaemon("fringe-probe", () -> probe(second));
        long offset = TidSlot.agree(join(first), join(second));
        this.bystander = bystander[0];
        kernelThreadIds = ids[0];
        instruction = configure(offset, this.bystander);
        entry = NativeFlow.entryStub();
        observers = StackObservers.find();
    }

    /** The loaded backend; throws what makes it impossible on this machine. */
    public static NativeRuntime get() {
        Object current = state;
        return current instanceof NativeRuntime hosted ? hosted : load();
    }

    private static synchronized NativeRuntime load() {
        if (state == null) {
            CompletableFuture<Throwable> done = new CompletableFuture<>();
            ClassLoader callers = Thread.currentThread().getContextClassLoader(); // which may be where a backend is
            startDaemon("fringe-loader", () -> {
                Thread.currentThread().setContextClassLoader(callers);
                loadHere(done);
            });
            Throwable failure = done.join();
            if (failure != null) {
                throw Coroutine.sneak(failure);
            }
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
     */
    private static void loadHere(CompletableFuture<Throwable> done) {
        try {
            NativeRuntime loaded = new NativeRuntime();
            state = loaded;
            GeneratorInspector.start(loaded.assembly.entry().address());
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            for (Class<?> type : new Class<?>[] {Switch.class, Coroutine.class, Backtraces.class, CreationSites.class,
                    Events.class, ExitWait.class, Interrupts.class, MappingBudget.class, Quarantine.class, Reaper.class, StackPool.class,
                    StackRequirements.class, StacksInUse.class, NativeFlow.class, StackMarker.class, ThreadNames.class,
                    Unwinding.class, UpcallDetector.class}) {
                lookup.ensureInitialized(type);
            }
            done.complete(null);
        } catch (RuntimeException | LinkageError e) {
            state = e;
            done.complete(null);
        } catch (Throwable t) { // out of memory, perhaps; it may be tried again
            done.complete(t);
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

    private static void startDaemon(String name, Runnable task) {
        Thread thread = Thread.ofPlatform().name(name).daemon().inheritInheritableThreadLocals(false)
                .unstarted(task);
        thread.setContextClassLoader(null);
        thread.start();
    }

    private void probe(CompletableFuture<Set<Long>> result) {
        try {
            result.complete(TidSlot.candidates((long) assembly.threadPointer().invokeExact()));
        } catch (Throwable t) {
            result.completeExceptionally(t);
        }
    }

    private static Set<Long> join(CompletableFuture<Set<Long>> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw Libc.unexpected(e.getCause());
        }
    }

    private boolean configure(long tidOffset, int bystander) {
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
