// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;

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
final class ExitWait {

    /** Set to false, leaves the flag alone. */
    static final String PROPERTY = "dev.fringe.quickExit";

    private static final String FLAG = "UserThreadWaitAttemptsAtExit";
    private static final long ONE_UNIT = 1;
    private static final long USUAL = read();
    /** The address of the flag, a word; 0 if it is not to be changed. */
    private static final long ADDRESS = USUAL > ONE_UNIT ? find(USUAL) : 0;

    private static int threads;

    private ExitWait() {}

    /** Says that there is one more stack thread. */
    static synchronized void threadStarts() {
        if (threads++ == 0 && ADDRESS != 0) {
            Libc.putWord(ADDRESS, ONE_UNIT);
        }
    }

    /** Says that there is one less. */
    static synchronized void threadEnds() {
        if (--threads == 0 && ADDRESS != 0) {
            Libc.putWord(ADDRESS, USUAL);
        }
    }

    /** What the flag is, or 0 if it should stay so. */
    private static long read() {
        try {
            if (!Boolean.parseBoolean(System.getProperty(PROPERTY, "true"))) {
                return 0;
            }
            VMOption option = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).getVMOption(FLAG);
            return option.getOrigin() == VMOption.Origin.DEFAULT ? Long.parseLong(option.getValue()) : 0;
        } catch (LinkageError | RuntimeException e) { // no such module, or no such flag
            return 0;
        }
    }

    private static long find(long value) {
        try (Arena arena = Arena.ofConfined()) {
            long address = new Tables(SymbolLookup.libraryLookup("libjvm.so", arena)).flag(FLAG);
            return address != 0 && Libc.getWord(address) == value ? address : 0;
        } catch (RuntimeException e) { // a VM without the tables
            return 0;
        }
    }

    /** The tables in which HotSpot describes its own data, so that a debugger can read it. */
    private record Tables(SymbolLookup vm) {

        long flag(String name) {
            long flags = Libc.getWord(field("JVMFlag", "flags", "Address"));
            long count = Libc.getWord(field("JVMFlag", "numFlags", "Address"));
            long nameOffset = field("JVMFlag", "_name", "Offset");
            long addressOffset = field("JVMFlag", "_addr", "Offset");
            long size = sizeOf("JVMFlag");
            for (long i = 0; i < count; i++) {
                long flag = flags + i * size;
                if (is(Libc.getWord(flag + nameOffset), name)) {
                    return Libc.getWord(flag + addressOffset);
                }
            }
            return 0;
        }

        /** The address of a static field, or the offset of another. */
        private long field(String type, String field, String what) {
            long entry = Libc.getWord(symbol("gHotSpotVMStructs"));
            long typeOffset = number("gHotSpotVMStructEntryTypeNameOffset");
            long fieldOffset = number("gHotSpotVMStructEntryFieldNameOffset");
            while (Libc.getWord(entry + typeOffset) != 0) {
                if (is(Libc.getWord(entry + typeOffset), type) && is(Libc.getWord(entry + fieldOffset), field)) {
                    long at = entry + number("gHotSpotVMStructEntry" + what + "Offset");
                    return what.equals("Address") ? Libc.getWord(at) : number(at);
                }
                entry += number("gHotSpotVMStructEntryArrayStride");
            }
            throw new IllegalStateException("no field " + type + "." + field);
        }

        private long sizeOf(String type) {
            long entry = Libc.getWord(symbol("gHotSpotVMTypes"));
            long nameOffset = number("gHotSpotVMTypeEntryTypeNameOffset");
            while (Libc.getWord(entry + nameOffset) != 0) {
                if (is(Libc.getWord(entry + nameOffset), type)) {
                    return number(entry + number("gHotSpotVMTypeEntrySizeOffset"));
                }
                entry += number("gHotSpotVMTypeEntryArrayStride");
            }
            throw new IllegalStateException("no type " + type);
        }

        private long symbol(String name) {
            return vm.find(name).orElseThrow(() -> new IllegalStateException("no symbol " + name)).address();
        }

        private long number(String symbol) {
            return number(symbol(symbol));
        }

        private static long number(long address) {
            return Libc.at(address, Long.BYTES).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        }

        private static boolean is(long string, String expected) {
            if (string == 0) {
                return false;
            }
            MemorySegment bytes = Libc.at(string, expected.length() + 1L);
            for (int i = 0; i < expected.length(); i++) { // stops at the end of a shorter one
                if (bytes.get(ValueLayout.JAVA_BYTE, i) != expected.charAt(i)) {
                    return false;
                }
            }
            return bytes.get(ValueLayout.JAVA_BYTE, expected.length()) == 0;
        }
    }
}
