// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks;

import dev.fringe.internal.engine.EngineListener;
import dev.fringe.internal.settings.Settings;
import dev.fringe.internal.support.OtherThread;
import dev.fringe.nativestacks.hotspot.KernelThreadIds;
import dev.fringe.nativestacks.hotspot.Words;
import dev.fringe.nativestacks.linux.ExitWord;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.NativeCall;
import dev.fringe.nativestacks.linux.TidSlot;
import dev.fringe.nativestacks.memory.StackObservers;
import dev.fringe.nativestacks.memory.StackRequirements;
import dev.fringe.spi.Assembly;
import dev.fringe.spi.Backend;
import dev.fringe.spi.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.function.Supplier;

/**
 * What the flows of this virtual machine have in common: the backend, loaded, checked and configured, and what was
 * found out about the C library and HotSpot. Made once, by {@link NativeEngineProvider}; whatever can't work is found
 * here, before any switch is tried.
 */
final class NativeRuntime {

    private static final int FLAG_FORCE_SYSCALL = 1;
    private static final int FLAG_SAME_MXCSR = 8;
    /** The least that the kernel registers for restartable sequences. */
    private static final int RSEQ_MINIMUM = 32;

    private static volatile NativeRuntime current;

    final Backend backend;
    final Assembly assembly;
    /** The {@code JavaVM *} of this virtual machine. */
    final long vm;
    /** Whether an instruction sets the thread pointer, not a system call. */
    final boolean instruction;
    /** The kernel thread that stands for those that stack threads don't have. */
    private int bystander;
    /** From the thread pointer to where the C library keeps the kernel thread's id, see {@link TidSlot}. */
    final long tidSlot;
    /** What the kernel clears when a thread has ended. */
    final ExitWord exitWord;
    /** Where the virtual machine notes the kernel threads of its threads; null if that is not to be touched. */
    final KernelThreadIds kernelThreadIds;
    /** By what a switch can move a thread without its thread pointer, or why it can't. */
    final Words.Finding words;
    final Words.Choice choice;
    final EngineListener listener;

    private NativeRuntime(Backend backend, EngineListener listener) {
        this.backend = backend;
        this.listener = listener;
        probeNativeAccess();
        try {
            assembly = NativeLibraries.load(backend.name(), backend.library(), backend::load);
        } catch (IllegalCallerException e) {
            throw denied(backend.getClass().getModule(), e);
        }
        vm = findVm();
        bystander = Libc.gettid(); // not before native access has been tried
        kernelThreadIds = KernelThreadIds.find();
        OtherThread<TidSlot.Look> other = new OtherThread<>("fringe-probe", null, new Probe(assembly));
        TidSlot.Look first = new Probe(assembly).get();
        TidSlot.Look second = other.await();
        tidSlot = TidSlot.agree(first, second);
        ExitWord told = ExitWord.told(first, second);
        exitWord = told != null ? told : observe();
        instruction = configure(exitWord.value(), exitWord.flags());
        choice = Words.Choice.read();
        words = Words.find(assembly, vm, choice, kernelThreadIds);
        if (words.words() != null) {
            words.words().configure(assembly);
        } else if (choice == Words.Choice.WORDS) {
            throw new UnsupportedOperationException("-D" + Settings.SWITCH + "=words can't be done here: "
                    + words.reason());
        }
        StackRequirements.align(backend.stackAlignment());
        StackObservers.load();
    }

    /** What {@link #load} has made. */
    static NativeRuntime get() {
        return current;
    }

    /** Loads a backend that fits this machine, once. */
    static NativeRuntime load(Backend backend, EngineListener listener) {
        NativeRuntime loaded = new NativeRuntime(backend, listener);
        current = loaded;
        return loaded;
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
        String own = NativeRuntime.class.getModule().getName();
        String names = own == null ? "ALL-UNNAMED"
                : module.isNamed() && !module.getName().equals(own) ? own + "," + module.getName() : own;
        return new IllegalCallerException("Fringe calls native code, and this virtual machine denies that;"
                + " start it with --enable-native-access=" + names
                + " or put \"Enable-Native-Access: ALL-UNNAMED\" into the manifest of an executable jar", cause);
    }

    /** What a thread sees of itself. A class, as those are that are run at the start: to make a lambda takes longer. */
    private record Probe(Assembly assembly) implements Supplier<TidSlot.Look> {

        @Override
        public TidSlot.Look get() {
            return TidSlot.look(NativeCall.call(assembly.threadPointer()));
        }
    }

    private ExitWord observe() {
        return ExitWord.observe(assembly, this::configure);
    }

    /** Has another kernel thread stand for those that stack threads don't have. To be called while there is no stack. */
    void adopt(int kernelThread) {
        bystander = kernelThread;
        configure(exitWord.value(), exitWord.flags());
    }

    private boolean configure(long exitWord, int more) {
        long rseqOffset = 0;
        int rseqSize = 0;
        MemorySegment size = Libc.find("__rseq_size").orElse(MemorySegment.NULL);
        MemorySegment offset = Libc.find("__rseq_offset").orElse(MemorySegment.NULL);
        if (size.address() != 0 && offset.address() != 0 && Libc.getInt(size.address()) != 0) {
            rseqOffset = Libc.WIDE ? Libc.getWord(offset.address()) : Libc.getInt(offset.address());
            rseqSize = Math.max(RSEQ_MINIMUM, Libc.getInt(size.address()));
        }
        int flags = more | (Settings.flag(Settings.FORCE_SYSCALL, false) ? FLAG_FORCE_SYSCALL : 0)
                | (hasStubs() ? FLAG_SAME_MXCSR : 0);
        return (int) NativeCall.call(assembly.configure(), tidSlot, exitWord, bystander, rseqOffset, rseqSize,
                Libc.hwcap2(), flags) != 0;
    }

    /** Whether calls between Java and native code go through HotSpot's stubs, of which {@code fringe.S} says more. */
    private static boolean hasStubs() {
        String vm = System.getProperty("java.vm.name", "");
        return (vm.contains("HotSpot") || vm.contains("OpenJDK")) && !StackRequirements.isZero();
    }

    private static long findVm() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment function = SymbolLookup.libraryLookup("libjvm.so", arena)
                    .findOrThrow("JNI_GetCreatedJavaVMs");
            MemorySegment vms = arena.allocate(8, 8);
            MemorySegment count = arena.allocate(4, 4);
            int answer = (int) NativeCall.call(function, vms.address(), 1, count.address());
            if (answer != 0 || Libc.getInt(count.address()) < 1) {
                throw new UnsupportedOperationException("JNI_GetCreatedJavaVMs does not tell of this VM: " + answer);
            }
            return Libc.getWord(vms.address());
        } catch (IllegalArgumentException e) {
            throw new UnsupportedOperationException(
                    "this virtual machine has no libjvm.so; Fringe needs HotSpot", e);
        }
    }
}
