// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.internal.settings.Settings;
import dev.fringe.internal.support.OtherThread;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.NativeCall;
import dev.fringe.nativestacks.linux.ProcMem;
import dev.fringe.spi.Assembly;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where HotSpot keeps the running thread for each kernel thread, in two words: {@code fringe.h} says what the
 * components are, and what they are for.
 *
 * <ul>
 * <li>{@code Thread::_thr_current}, a thread variable of HotSpot's library. The dynamic linker tells where the
 *     library's block of thread variables is for the calling thread, and how large. The word in it is the one that
 *     holds the address of the thread's record, and without which HotSpot takes the thread for a stranger. The block is found through the thread's vector of blocks, in
 *     which an entry has 16 bytes in glibc and 8 in musl; the entry with the block's address decides.
 * <li>The value of a key of the C library. The values are in the control block in glibc (for the first 32
 *     keys) and in an array of their own in musl, which may be near the control block too, but is not at the same
 *     distance in each thread. Two keys are made to find out, with values that are nowhere
 *     else: they tell where the first value is, and how far it is from one to the next. The record's address alone
 *     would not do: it is in the control block a second time, as the argument of the thread's start routine.
 * </ul>
 *
 * <p>Two threads look, and must agree; memory is read as a file, which fails where there is none. Nothing is
 * assumed that has not been seen, and if anything is not as expected, threads are moved by their thread pointers.
 */
public record Words(long values, long key, long vector, long block) {

    private static final long WORD = Long.BYTES;
    private static final int JNI_EDETACHED = -2;
    /** How far above the thread pointer the values, or the address of their array, are looked for. */
    private static final int REACH = 4096;
    private static final int HEADER = 512;
    /** The most of a block of thread variables that is looked through; HotSpot's has 80 bytes. */
    private static final long LARGEST_BLOCK = 65_536;

    /**
     * Whether both are the same. Not by {@link #equals}: the JDK keeps the type of the last record that has compared
     * itself, and with that the class loader of this library.
     */
    private boolean isSame(Words other) {
        return values == other.values && key == other.key && vector == other.vector && block == other.block;
    }

    /** What a thread has found, or why nothing; one of the two is null. */
    public record Finding(Words words, String reason) {

        private static Finding none(String reason) {
            return new Finding(null, reason);
        }

        /** What both of two threads have found. */
        static Finding agree(Finding one, Finding other) {
            if (one.words == null || other.words != null && one.words.isSame(other.words)) {
                return one;
            }
            return other.words == null ? other : none("two threads found different words: " + one.words + " and "
                    + other.words);
        }
    }

    /** How to switch, as far as the property decides. */
    public enum Choice {
        /** Each generator as suits it: see {@link dev.fringe.nativestacks.NativeFlow#bind}. */
        BY_RULE,
        WORDS,
        POINTER;

        public static Choice read() {
            String value = Settings.text(Settings.SWITCH);
            if (value == null) {
                return BY_RULE;
            }
            return switch (value) {
                case "words" -> WORDS;
                case "pointer" -> POINTER;
                default -> {
                    System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the property " + Settings.SWITCH
                            + " is \"" + value + "\", which is neither \"words\" nor \"pointer\"; each generator is"
                            + " switched as suits it");
                    yield BY_RULE;
                }
            };
        }
    }

    /**
     * What the calling thread and one more find, which are both platform threads.
     *
     * @param vm the {@code JavaVM *} of this virtual machine
     * @param kernelThreadIds null if that is not known
     */
    public static Finding find(Assembly assembly, long vm, Choice choice, KernelThreadIds kernelThreadIds) {
        if (choice == Choice.POINTER) {
            return Finding.none("-D" + Settings.SWITCH + "=pointer");
        }
        if (assembly.configureWords() == null) {
            return Finding.none("this architecture has no other way");
        }
        if (kernelThreadIds == null) {
            return Finding.none("it is not known on which kernel thread a thread runs (-D" + Settings.KERNEL_THREAD_IDS
                    + "=false, or this virtual machine does not tell)");
        }
        if (!UpcallDetector.canTell()) {
            return Finding.none("it can't be told whether there are native frames on a stack");
        }
        try (Search search = new Search(assembly, vm, kernelThreadIds)) {
            OtherThread<Finding> other = new OtherThread<>("fringe-probe", null, search);
            Finding own = search.get();
            return Finding.agree(own, other.await());
        } catch (RuntimeException | LinkageError e) { // another virtual machine, or another C library
            return Finding.none(e.toString());
        }
    }

    /** Tells the assembly. */
    public void configure(Assembly assembly) {
        NativeCall.call(assembly.configureWords(), values, key, vector, block, stateOffset(), 0, 0);
    }

    /** Where in the virtual machine's threads their state is: for a hint to the processor, so 0 does if it is not told. */
    private static int stateOffset() {
        try {
            return VmStructs.get().offset("JavaThread", "_thread_state");
        } catch (RuntimeException e) {
            return 0;
        }
    }

    /** A search by several threads, at once or one after the other. */
    private static final class Search implements AutoCloseable, Supplier<Finding> {

        private final Assembly assembly;
        private final long vm;
        private final KernelThreadIds ids;
        private final Arena arena = Arena.global();
        private final MemorySegment setSpecific;
        private final MemorySegment deleteKey;
        private final MemorySegment iterate;
        private final long library;
        private final int[] keys = new int[2];
        /** Two addresses that nobody else has. */
        private final long[] marks = new long[2];
        private int made;

        /** Throws a RuntimeException or LinkageError if something is not there. */
        Search(Assembly assembly, long vm, KernelThreadIds ids) {
            this.assembly = assembly;
            this.vm = vm;
            this.ids = ids;
            MemorySegment createKey = function("pthread_key_create");
            setSpecific = function("pthread_setspecific");
            deleteKey = function("pthread_key_delete");
            iterate = function("dl_iterate_phdr");
            library = SymbolLookup.libraryLookup("libjvm.so", arena).findOrThrow("JNI_GetCreatedJavaVMs").address();
            MemorySegment key = arena.allocate(ValueLayout.JAVA_INT);
            try {
                while (made < keys.length) {
                    if ((int) NativeCall.call(createKey, key.address()) != 0) {
                        throw new IllegalStateException("pthread_key_create has no key left");
                    }
                    keys[made] = key.get(ValueLayout.JAVA_INT, 0);
                    marks[made++] = arena.allocate(WORD, WORD).address();
                }
            } catch (Throwable t) {
                close();
                throw Libc.unexpected(t);
            }
        }

        private static MemorySegment function(String name) {
            Optional<MemorySegment> found = Libc.find(name);
            if (found.isEmpty()) {
                throw new IllegalStateException("the C library has no " + name);
            }
            return found.get();
        }

        /** What the calling thread finds, which is a platform thread. */
        @Override
        public Finding get() {
            try (ProcMem memory = ProcMem.open()) {
                for (int i = 0; i < keys.length; i++) {
                    set(i, marks[i]);
                }
                try {
                    return new Finding(find(memory, NativeCall.call(assembly.threadPointer())), null);
                } finally {
                    for (int i = 0; i < keys.length; i++) {
                        set(i, 0);
                    }
                }
            } catch (IllegalStateException | UnsupportedOperationException e) {
                return Finding.none(e.getMessage());
            }
        }

        private void set(int i, long value) {
            if ((int) NativeCall.call(setSpecific, keys[i], value) != 0) {
                throw new IllegalStateException("pthread_setspecific failed");
            }
        }

        private Words find(ProcMem memory, long threadPointer) {
            long self = ids.current();
            MemorySegment module = arena.allocate(4 * WORD, WORD);
            module.set(ValueLayout.JAVA_LONG, 0, library);
            int told = (int) NativeCall.call(iterate, assembly.findModule().address(), module.address());
            long id = module.get(ValueLayout.JAVA_LONG, WORD);
            long block = module.get(ValueLayout.JAVA_LONG, 2 * WORD);
            long size = module.get(ValueLayout.JAVA_LONG, 3 * WORD);
            if (told != 1 || id <= 0 || block == 0 || size <= 0 || size > LARGEST_BLOCK) {
                throw new IllegalStateException("the dynamic linker does not tell where libjvm.so has its thread"
                        + " variables (module " + id + ", block " + Long.toHexString(block) + ", " + size + " bytes)");
            }
            long variable = variable(read(memory, block, (int) (size / WORD)), block, self);

            long vectors = memory.word(threadPointer + WORD);
            long wide = vectors + 2 * WORD * id;
            long narrow = vectors + WORD * id;
            boolean isWide = memory.word(wide) == block;
            if (isWide == (memory.word(narrow) == block)) {
                throw new IllegalStateException("the thread's vector of blocks, at 8 bytes from the thread pointer, has"
                        + " the block of libjvm.so " + (isWide ? "twice" : "nowhere"));
            }
            long[] place = values(memory, threadPointer, ids.key());
            if (memory.word(memory.word(threadPointer + place[0]) + place[1]) != self) {
                throw new IllegalStateException("the value of key " + ids.key() + " is not where those of "
                        + keys[0] + " and " + keys[1] + " say that it is");
            }
            return new Words(place[0], place[1], (isWide ? wide : narrow) - vectors, variable);
        }

        /**
         * Where in the block the running thread is. Others may hold its address, too (the Z collector's note of which
         * thread has used a processor last), so it is tried which one HotSpot reads.
         */
        private long variable(long[] variables, long block, long self) {
            int found = -1;
            for (int i = 0; i < variables.length; i++) {
                if (variables[i] == self
                        && (int) NativeCall.call(assembly.tryWord(), block + i * WORD, vm) == JNI_EDETACHED) {
                    if (found >= 0) {
                        throw new IllegalStateException("HotSpot finds the running thread by two thread variables");
                    }
                    found = i;
                }
            }
            if (found < 0) {
                throw new IllegalStateException("HotSpot finds the running thread by none of the " + variables.length
                        + " words in libjvm.so's block of thread variables");
            }
            return found * WORD;
        }

        /** Where the value of a key is: {@code values} and {@code key}. */
        private long[] values(ProcMem memory, long threadPointer, int key) {
            long[] control = read(memory, threadPointer, (int) (REACH / WORD));
            for (int i = 0; i < Math.min(control.length, (int) (HEADER / WORD)); i++) { // musl
                if (control[i] % WORD == 0 && memory.word(control[i] + keys[0] * WORD) == marks[0]
                        && memory.word(control[i] + keys[1] * WORD) == marks[1]) {
                    return new long[] {i * WORD, key * WORD};
                }
            }
            if (count(control, marks[0]) == 1 && count(control, marks[1]) == 1) { // glibc
                int first = first(control, marks[0]);
                int step = first(control, marks[1]) - first;
                if (control[0] != threadPointer || step % (keys[1] - keys[0]) != 0) {
                    throw new IllegalStateException("the values of keys are not one after the other");
                }
                return new long[] {0, (first + (long) (key - keys[0]) * (step / (keys[1] - keys[0]))) * WORD};
            }
            throw new IllegalStateException("the values of the keys " + keys[0] + " and " + keys[1]
                    + " are not in the thread's control block, nor in an array that it has the address of");
        }

        private static long count(long[] words, long value) {
            long found = 0;
            for (long word : words) {
                found += word == value ? 1 : 0;
            }
            return found;
        }

        private static int first(long[] words, long value) {
            int i = 0;
            while (words[i] != value) {
                i++;
            }
            return i;
        }

        /** As many words as can be read, of a part of a page or two. */
        private static long[] read(ProcMem memory, long address, int count) {
            ByteBuffer bytes = memory.read(address, (int) (count * WORD));
            if (!bytes.hasRemaining()) { // up to the end of the page
                bytes = memory.read(address, (int) (Libc.PAGE_SIZE - address % Libc.PAGE_SIZE));
            }
            long[] words = new long[(int) (bytes.remaining() / WORD)];
            bytes.asLongBuffer().get(words);
            return words;
        }

        @Override
        public void close() {
            while (made > 0) {
                NativeCall.call(deleteKey, keys[--made]);
            }
        }
    }
}
