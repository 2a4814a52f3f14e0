// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;

/**
 * On another operating system no class of the native engine is loaded, and nothing of Linux is asked for. In a virtual
 * machine that believes to be on such a system; what it loads, it logs.
 */
class OtherSystemTest {

    private static final Path SEEN = Path.of("/proc/version");

    /** Prints which files of {@code /proc} have been read since its start: one that it reads itself, and no other. */
    public static void main(String[] arguments) throws Exception {
        Path file = Files.createTempFile("fringe-other-system", ".jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.FileRead").withoutThreshold();
            recording.start();
            if (Files.exists(SEEN)) {
                Files.readString(SEEN);
            }
            use();
            recording.stop();
            recording.dump(file);
            System.out.println("read " + RecordingFile.readAllEvents(file).stream().map(event -> event.getString("path"))
                    .filter(path -> path != null && path.startsWith("/proc")).distinct().toList());
        } finally {
            Files.delete(file);
        }
    }

    private static void use() throws Exception {
        int[] unwound = new int[1];
        for (Resumer resumer : List.of(Resumer.PLATFORM_THREAD, Resumer.VIRTUAL_THREAD)) {
            resumer.run(null, () -> {
                try (Generator<Integer, Integer> doubling = Generator.of((yielder, input) -> {
                    try {
                        for (int next = input; ; ) {
                            next = yielder.suspend(2 * next);
                        }
                    } finally {
                        unwound[0]++;
                    }
                })) {
                    for (int i = 0; i < 100; i++) {
                        assertEquals(2 * i, doubling.resume(i).orElseThrow());
                    }
                }
                List<Integer> values = new ArrayList<>();
                Generator.builder().buffered(4).<Integer>build(yielder -> {
                    for (int i = 0; i < 10; i++) {
                        yielder.suspend(i);
                    }
                }).forEach(values::add);
                assertEquals(10, values.size());
            });
        }
        assertEquals(2, unwound[0]);
        System.out.println("it works on " + System.getProperty("os.name"));
    }

    private static void tryOn(String system, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-Dos.name=" + system, "-Xlog:class+load:stdout"));
        all.addAll(List.of(options));
        String output = ChildJvm.run(OtherSystemTest.class, all).output();
        assertTrue(output.contains("it works on " + system), output);
        assertTrue(output.contains("read " + (Files.exists(SEEN) ? List.of(SEEN) : List.of())), output);
        List<String> ours = output.lines().filter(line -> line.contains("dev.fringe.")).toList();
        assertTrue(ours.stream().anyMatch(line -> line.contains("dev.fringe.portable.PortableProvider")), output);
        assertEquals(List.of(), ours.stream().filter(line -> line.contains("dev.fringe.nativestacks.")
                && !line.contains("NativeEngineProvider")).toList());
    }

    @Test
    void noClassOfTheNativeEngineIsLoaded() throws Exception {
        for (String system : List.of("Mac OS X", "Windows 11")) {
            tryOn(system, "--enable-native-access=ALL-UNNAMED");
            tryOn(system, "--illegal-native-access=deny");
        }
    }
}
