// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import dev.fringe.spi.Backend;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The architectures that there are backends for, as the file system has them, so that no test lists them. */
final class Architectures {

    private static final String SERVICE = "META-INF/services/" + Backend.class.getName();

    private Architectures() {}

    /** Whether an entry of the class path, a directory or a jar, provides a backend. */
    static boolean isBackend(Path entry) {
        return provider(entry) != null;
    }

    /** The names of the backends on the class path of this virtual machine: the packages of their providers. */
    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Arrays.stream(path.split(File.pathSeparator)).filter(entry -> !entry.isEmpty())
                .map(entry -> provider(Path.of(entry))).filter(provider -> provider != null)
                .forEach(provider -> names.add(provider.replaceAll(".*\\.(\\w+)\\.\\w+$", "$1")));
        return names;
    }

    /** The names of the modules of a source tree that have an assembly file. */
    static Set<String> inSources(Path root) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> modules = Files.list(root)) {
            modules.filter(module -> Files.exists(module.resolve("src/main/native/fringe.S")))
                    .forEach(module -> names.add(module.getFileName().toString().replaceFirst("^fringe-", "")));
        }
        return names;
    }

    private static String provider(Path entry) {
        try {
            if (Files.isDirectory(entry)) {
                return Files.exists(entry.resolve(SERVICE)) ? Files.readString(entry.resolve(SERVICE)).strip() : null;
            }
            if (!entry.toString().endsWith(".jar") || !Files.exists(entry)) {
                return null;
            }
            try (FileSystem jar = FileSystems.newFileSystem(entry)) {
                Path file = jar.getPath(SERVICE);
                return Files.exists(file) ? Files.readString(file).strip() : null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("can't read " + entry, e);
        }
    }
}
