// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the numbers depend on. */
final class MachineDescription {

    private MachineDescription() {}

    static Map<String, String> current() throws IOException {
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("date", LocalDate.now().toString());
        machine.put("processor", value("/proc/cpuinfo", "model name") + ", family " + value("/proc/cpuinfo", "cpu family")
                + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        machine.put("hypervisor", value("/proc/cpuinfo", "flags").contains("hypervisor") ? "yes" : "no");
        machine.put("memory", value("/proc/meminfo", "MemTotal"));
        machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("virtual machine", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        return machine;
    }

    private static String value(String file, String key) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst().orElse("?");
    }
}
