// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How machines are described, whatever the virtual machine calls them. */
class MachineTest {

    @ParameterizedTest
    @CsvSource({"amd64, x86", "x86_64, x86", "i386, x86", "i686, x86", "x86, x86", "aarch64, aarch64",
        "riscv64, riscv64", "or1k, or1k", "s390x, s390x", "'', unknown", "' ', unknown", ", unknown"})
    void namesOfOneFamilyAreOne(String osArch, String architecture) {
        for (int bits : new int[] {32, 64}) {
            assertEquals(new Machine(true, architecture, bits), Machine.of(true, osArch, bits));
        }
    }

    @Test
    void theDescriptionSaysWhatABackendAsksFor() {
        String linux = Machine.of(true, "amd64", 32).toString();
        assertTrue(linux.contains("x86") && linux.contains("32") && linux.contains("Linux"), linux);
        assertFalse(new Machine(true, "x86", 64).equals(new Machine(false, "x86", 64)));
        assertThrows(NullPointerException.class, () -> new Machine(true, null, 64));
    }

    @Test
    void thisMachineIsDescribedByItsVirtualMachine() {
        Machine here = Machine.current();
        assertEquals(ValueLayout.ADDRESS.byteSize() * 8, here.bits());
        assertEquals(Machine.of(here.linux(), System.getProperty("os.arch"), here.bits()), here);
        assertEquals(System.getProperty("os.name").equals("Linux"), here.linux());
    }
}
