// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.hotspot;

import dev.fringe.internal.support.Log;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.ProcMaps;
import dev.fringe.nativestacks.linux.ProcMaps.Mapping;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Tells gdb how to unwind Java frames, where that is known: a virtual machine that keeps frame pointers
 * ({@code -XX:+PreserveFramePointer} or {@code -Xint}) has them in all of its generated code. gdb knows
 * nothing of that code and guesses wrong, so that a backtrace would end before it comes to the boundary
 * of a generator. The library has the two symbols of gdb's interface for generated code; here an object
 * file in memory is entered, with one function over all of the code cache and its unwind rule. It costs
 * nothing until gdb attaches.
 */
public final class GdbInterface {

    private static final String DESCRIPTOR = "__jit_debug_descriptor";
    private static final long FIRST_ENTRY = 16;
    /** Of a 64-bit ELF file. */
    private static final int HEADER = 64;
    private static final int SECTION = 64;
    private static final int SYMBOL = 24;
    private static final int X86_64 = 62;

    private static volatile boolean entered;

    /** As long as the library is loaded, and no longer. */
    private static final Arena MEMORY = Arena.ofAuto();

    private GdbInterface() {}

    /** Whether gdb could make use of it. */
    private static boolean isUseful() {
        return Libc.WIDE && "amd64".equals(System.getProperty("os.arch")) && keepsFramePointers();
    }

    /** Why the code cache is not entered; null if it is. */
    public static String obstacle() {
        return entered ? null
                : !isUseful() ? "it needs x86_64, and -XX:+PreserveFramePointer or -Xint"
                : "neither the code cache nor the library's own file is where it is expected";
    }

    /** Enters the code cache, if gdb can make use of it. */
    public static void register(long addressInLibrary) {
        if (!isUseful()) {
            return;
        }
        try {
            List<Mapping> mappings = ProcMaps.all();
            Optional<Mapping> library = mappings.stream().filter(mapping -> mapping.contains(addressInLibrary)).findFirst();
            if (library.isEmpty() || library.get().path().isEmpty() || library.get().path().contains("(deleted)")) {
                return;
            }
            Optional<MemorySegment> descriptor = SymbolLookup.libraryLookup(library.get().path(), MEMORY)
                    .find(DESCRIPTOR);
            long[] code = codeCache(mappings);
            if (descriptor.isPresent() && code != null) {
                enter(descriptor.get().address(), objectFile(code[0], code[1] - code[0]));
                entered = true;
            }
        } catch (IllegalStateException | IllegalArgumentException e) { // gdb will not see Java frames, that is all
            Log.debug("the code cache is not entered for gdb", e);
        }
    }

    private static boolean keepsFramePointers() {
        return System.getProperty("java.vm.info", "").startsWith("interpreted")
                || VmFlags.isSet("PreserveFramePointer");
    }

    private static boolean isAnonymous(Mapping mapping, String access) {
        return mapping.path().isEmpty() && mapping.access().startsWith(access);
    }

    /** From the first code to the end of what is reserved for more; null if nothing looks like code. */
    private static long[] codeCache(List<Mapping> mappings) {
        long[] range = null;
        for (Mapping mapping : mappings) {
            if (range == null && isAnonymous(mapping, "rwx")) {
                range = new long[] {mapping.start(), mapping.end()};
            } else if (range != null && mapping.start() == range[1]
                    && (isAnonymous(mapping, "rwx") || isAnonymous(mapping, "---"))) {
                range[1] = mapping.end();
            }
        }
        return range;
    }

    /** The entry and its object file stay for ever, as gdb may come at any time. */
    private static void enter(long descriptor, byte[] object) {
        MemorySegment file = MEMORY.allocate(object.length, 16);
        MemorySegment.copy(object, 0, file, ValueLayout.JAVA_BYTE, 0, object.length);
        MemorySegment entry = MEMORY.allocate(32, 8);
        long next = Libc.getWord(descriptor + FIRST_ENTRY);
        entry.set(ValueLayout.JAVA_LONG, 0, next);
        entry.set(ValueLayout.JAVA_LONG, 16, file.address());
        entry.set(ValueLayout.JAVA_LONG, 24, object.length);
        Libc.putWord(descriptor + FIRST_ENTRY, entry.address());
    }

    private static byte[] objectFile(long start, long size) {
        byte[] frames = unwindRule(start, size);
        byte[] strings = "\0java\0".getBytes(StandardCharsets.US_ASCII);
        byte[] names = "\0.text\0.debug_frame\0.symtab\0.strtab\0.shstrtab\0".getBytes(StandardCharsets.US_ASCII);
        int framesAt = HEADER;
        int symbolsAt = framesAt + frames.length;
        int stringsAt = symbolsAt + 2 * SYMBOL;
        int namesAt = stringsAt + strings.length;
        int sectionsAt = namesAt + names.length + 7 & -8;
        ByteBuffer out = ByteBuffer.allocate(sectionsAt + 6 * SECTION).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        out.putShort((short) 2).putShort((short) X86_64).putInt(1); // executable: addresses are absolute
        out.putLong(0).putLong(0).putLong(sectionsAt).putInt(0);
        out.putShort((short) HEADER).putShort((short) 0).putShort((short) 0);
        out.putShort((short) SECTION).putShort((short) 6).putShort((short) 5);
        out.put(frames);
        out.position(symbolsAt + SYMBOL);
        out.putInt(1).put((byte) 2).put((byte) 0).putShort((short) 1).putLong(start).putLong(size); // local function
        out.put(strings).put(names).position(sectionsAt + SECTION);
        section(out, 1, 8, 6, start, 0, size, 0, 0, 0); // .text, has no bytes in this file
        section(out, 7, 1, 0, 0, framesAt, frames.length, 0, 0, 0);
        section(out, 20, 2, 0, 0, symbolsAt, 2 * SYMBOL, 4, 2, SYMBOL);
        section(out, 28, 3, 0, 0, stringsAt, strings.length, 0, 0, 0);
        section(out, 36, 3, 0, 0, namesAt, names.length, 0, 0, 0);
        return out.array();
    }

    private static void section(ByteBuffer out, int name, int type, long flags, long address, long offset, long size,
            int link, int info, long entrySize) {
        out.putInt(name).putInt(type).putLong(flags).putLong(address).putLong(offset).putLong(size)
                .putInt(link).putInt(info).putLong(8).putLong(entrySize);
    }

    /**
     * DWARF: the caller's frame pointer is at the frame pointer, the return address above it, and the
     * caller's stack above that.
     */
    private static byte[] unwindRule(long start, long size) {
        ByteBuffer out = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(20).putInt(-1); // CIE, 20 bytes after the first word
        out.put((byte) 1).put((byte) 0); // version, no augmentation
        out.put((byte) 1).put((byte) 0x78).put((byte) 16); // units 1 and -8; the return address is "register 16"
        out.put((byte) 0x0c).put((byte) 6).put((byte) 16); // the frame address is %rbp + 16
        out.put((byte) (0x80 | 16)).put((byte) 1); // the return address is 8 bytes below it
        out.put((byte) (0x80 | 6)).put((byte) 2); // %rbp is 16 bytes below it
        out.position(24);
        out.putInt(28).putInt(0).putLong(start).putLong(size);
        return out.array();
    }
}
