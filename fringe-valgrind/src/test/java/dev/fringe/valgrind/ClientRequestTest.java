// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fringe.spi.Machine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares the client requests with what Valgrind's own headers make of them. */
@DisplayName("Client requests are as in valgrind.h")
class ClientRequestTest {

    private static final Path HEADERS = Path.of("/usr/include/valgrind");

    @TempDir
    private Path directory;

    /** Copies the headers to a place where no compiler finds another architecture's C library beside them. */
    private void compile(String compiler, String source) throws Exception {
        for (String header : List.of("valgrind.h", "memcheck.h")) {
            assumeTrue(Files.exists(HEADERS.resolve(header)),
                    HEADERS.resolve(header) + " is not installed (Debian package valgrind)");
            Files.copy(HEADERS.resolve(header), directory.resolve(header));
        }
        Path probe = Files.writeString(directory.resolve("probe.c"), "#include \"memcheck.h\"\n" + source);
        assumeTrue(isInstalled(compiler), compiler + " is not installed");
        run(compiler, "-c", "-O2", "-ffreestanding", "-fno-pic", "-I", directory.toString(),
                "-o", directory.resolve("probe.o").toString(), probe.toString());
    }

    private static boolean isInstalled(String command) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + output);
        return output;
    }

    private byte[] section(String tools, Path file, String section) throws Exception {
        Path bytes = directory.resolve("section");
        run(tools + "-objcopy", "-O", "binary", "-j", section, file.toString(), bytes.toString());
        return Files.readAllBytes(bytes);
    }

    /** The instructions between two labels of a library. */
    private byte[] magic(String tools, Path library) throws Exception {
        List<String[]> symbols = run(tools + "-nm", library.toString()).lines()
                .map(line -> line.trim().split("\\s+")).filter(part -> part.length == 3).toList();
        int start = address(symbols, "fringe_valgrind_request"); // the section starts with it
        return Arrays.copyOfRange(section(tools, library, ".text"),
                address(symbols, "magic") - start, address(symbols, "magic_end") - start);
    }

    private static int address(List<String[]> symbols, String name) {
        return symbols.stream().filter(part -> part[2].equals(name))
                .mapToInt(part -> Integer.parseInt(part[0], 16)).findFirst().orElseThrow();
    }

    @ParameterizedTest(name = "the magic sequence of {0}")
    @CsvSource({"x86_64, x86_64-linux-gnu, 19", "x86, i686-linux-gnu, 14", "aarch64, aarch64-linux-gnu, 20"})
    void magicSequence(String name, String tools, int length) throws Exception {
        compile(tools + "-gcc", "unsigned long probe(void) { return RUNNING_ON_VALGRIND; }\n");
        Path library = Path.of(Valgrind.class.getResource(name + ".so").toURI());
        byte[] magic = magic(tools, library);
        assertEquals(length, magic.length);
        String expected = hex(section(tools, directory.resolve("probe.o"), ".text"));
        assertTrue(expected.contains(hex(magic)), () -> hex(magic) + " is not in " + expected);
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x ", b));
        }
        return text.toString();
    }

    @Test
    @DisplayName("the numbers of the requests")
    void numbers() throws Exception {
        String names = Arrays.stream(ClientRequest.values()).map(request -> "VG_USERREQ__" + request.name())
                .collect(Collectors.joining(", "));
        compile("x86_64-linux-gnu-gcc",
                "__attribute__((section(\".numbers\"))) const unsigned int numbers[] = {" + names + "};\n");
        ByteBuffer numbers = ByteBuffer.wrap(section("x86_64-linux-gnu", directory.resolve("probe.o"), ".numbers"))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (ClientRequest request : ClientRequest.values()) {
            assertEquals(numbers.getInt(), request.number, request.name());
        }
    }

    @Test
    @DisplayName("each machine that has Valgrind and a backend has its library")
    void libraries() {
        assertEquals("x86_64", Valgrind.library(Machine.of(true, "amd64", 64)));
        assertEquals("x86", Valgrind.library(Machine.of(true, "i386", 32)));
        assertEquals("aarch64", Valgrind.library(Machine.of(true, "aarch64", 64)));
        assertEquals(null, Valgrind.library(Machine.of(true, "or1k", 32)));
        assertEquals(null, Valgrind.library(Machine.of(false, "amd64", 64)));
    }
}
