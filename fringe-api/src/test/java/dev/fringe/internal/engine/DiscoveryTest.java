// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which engines are found on a path: each test has a copy of the library in a class loader of its own. */
class DiscoveryTest {

    /** Fits nowhere. Ranks are told by the class. */
    public abstract static class Provider implements EngineProvider {

        @Override
        public List<String> names() {
            return List.of(getClass().getSimpleName().toLowerCase(Locale.ROOT));
        }

        @Override
        public String obstacle(String forced) {
            return "it is for a test";
        }

        @Override
        public Engine create(String forced, EngineListener listener) {
            throw new AssertionError("nothing is made here");
        }
    }

    /** Tried last. */
    public static final class Last extends Provider {
        @Override
        public int rank() {
            return PORTABLE;
        }
    }

    /** Tried first. */
    public static final class First extends Provider {
        @Override
        public int rank() {
            return NATIVE;
        }
    }

    /** Can't be made. */
    public static final class Broken extends Provider {

        public Broken() {
            throw new IllegalStateException("broken on purpose");
        }

        @Override
        public int rank() {
            return NATIVE;
        }
    }

    @TempDir
    private Path path;

    private static URL of(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /** The names that a copy of the library finds, in order, if it is beside a service file with these providers. */
    private List<Object> find(String... providers) throws Exception {
        write(providers);
        try (URLClassLoader library = new Copy(path.toUri().toURL())) {
            return foundBy(library);
        }
    }

    private void write(String... providers) throws IOException {
        Path services = Files.createDirectories(path.resolve("META-INF/services"));
        Files.write(services.resolve(EngineProvider.class.getName()), List.of(providers));
    }

    private static List<Object> foundBy(ClassLoader library) throws Exception {
        try {
            List<Object> names = new ArrayList<>();
            Class<?> engines = library.loadClass(Engines.class.getName());
            Class<?> provider = library.loadClass(EngineProvider.class.getName());
            for (Object each : (List<?>) engines.getMethod("found").invoke(null)) {
                names.add(((List<?>) provider.getMethod("names").invoke(each)).getFirst());
            }
            return names;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Sees the providers of this test, but not the service file of the others. */
    private static final class Copy extends URLClassLoader {

        private Copy(URL... more) {
            super(more, ClassLoader.getPlatformClassLoader());
            addURL(of(Engines.class));
            addURL(of(StringUtils.class));
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (!name.startsWith(DiscoveryTest.class.getName())) {
                return super.findClass(name);
            }
            try (var bytes = DiscoveryTest.class.getClassLoader()
                    .getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] code = bytes.readAllBytes();
                return defineClass(name, code, 0, code.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void severalAreSortedByRank() throws Exception {
        assertEquals(List.of("first", "last"), find(Last.class.getName(), First.class.getName()));
        assertEquals(List.of("first", "last"), find(First.class.getName(), Last.class.getName()));
    }

    @Test
    void oneThatCannotBeMadeIsNamed() {
        UnsupportedOperationException e = assertThrows(UnsupportedOperationException.class,
                () -> find(Last.class.getName(), Broken.class.getName()));
        assertTrue(e.getMessage().contains(Broken.class.getName()) && e.getMessage().contains("same version"),
                e.getMessage());
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        assertEquals("broken on purpose", assertInstanceOf(IllegalStateException.class, root).getMessage());
    }

    /** As in a server where the library is the server's, and the engine the application's. */
    @Test
    void oneThatOnlyTheCallersClassLoaderSeesIsFound() throws Exception {
        write(First.class.getName());
        Thread current = Thread.currentThread();
        ClassLoader before = current.getContextClassLoader();
        try (URLClassLoader library = new Copy();
                URLClassLoader callers = new URLClassLoader(new URL[] {path.toUri().toURL()}, library)) {
            current.setContextClassLoader(library);
            assertEquals(List.of(), foundBy(library));
            current.setContextClassLoader(callers);
            assertEquals(List.of("first"), foundBy(library));
        } finally {
            current.setContextClassLoader(before);
        }
    }
}
