// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools that change or look at the whole virtual machine while bodies are suspended. */
@Tag("tools")
class AgentsTest {

    @TempDir
    Path directory;

    // ---- the heap ------------------------------------------------------------------------------------

    /** Something that only the frame of a suspended body refers to. */
    private static final class HeldByAFrame {
        private final int number;

        private HeldByAFrame(int number) {
            this.number = number;
        }
    }

    @Test
    void heapDumpAndHistogramSeeWhatSuspendedBodiesHold() throws IOException {
        int count = Scale.of(300, 20);
        List<Generator<Void, Integer>> generators = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            Generator<Void, Integer> generator = Generator.of((yielder, input) -> {
                HeldByAFrame held = new HeldByAFrame(number);
                yielder.suspend(-1);
                yielder.suspend(held.number);
            });
            generator.resume(null);
            generators.add(generator);
        }
        String histogram = Jcmd.run("GC.class_histogram");
        String line = histogram.lines().filter(text -> text.contains(HeldByAFrame.class.getName())).findFirst().orElseThrow();
        assertEquals(count, Integer.parseInt(line.trim().split("\\s+")[1]), line);

        Path file = directory.resolve("heap.hprof");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(file.toString(), true);
        try (InputStream in = Files.newInputStream(file)) {
            assertEquals("JAVA PROFILE 1.0.2", new String(in.readNBytes(18), StandardCharsets.US_ASCII));
        }
        for (int i = 0; i < count; i++) {
            assertEquals(Optional.of(i), generators.get(i).resume(null));
            generators.get(i).close();
        }
    }

    // ---- redefinition ----------------------------------------------------------------------------------

    /** The agent, and the program that it changes. */
    static final class Redefined {

        private static volatile Instrumentation instrumentation;

        public static void premain(String argument, Instrumentation given) {
            instrumentation = given;
        }

        public static void main(String[] arguments) throws Exception {
            Generator<Void, String> generator = Generator.of(Changing::body);
            System.out.println("before: " + generator.resume(null).orElseThrow());
            byte[] code;
            try (InputStream in = Changing.class.getResourceAsStream("AgentsTest$Changing.class")) {
                code = in.readAllBytes();
            }
            String text = new String(code, StandardCharsets.ISO_8859_1).replace("version one", "version two");
            instrumentation.redefineClasses(new ClassDefinition(Changing.class, text.getBytes(StandardCharsets.ISO_8859_1)));
            System.gc();
            System.out.println("after: " + generator.resume(null).orElseThrow());
            System.out.println("ended: " + generator.resume(null).isEmpty());
            System.out.println("fresh: " + Generator.of(Changing::body).resume(null).orElseThrow());
        }
    }

    /** A body whose class is redefined while it is suspended; what it calls then is the new code. */
    static final class Changing {

        private Changing() {}

        static String say() {
            return "version one";
        }

        static void body(Yielder<Void, String> yielder, Void first) {
            String local = say();
            yielder.suspend(local);
            yielder.suspend(local + ", " + say());
        }
    }

    @Test
    void aBodysClassCanBeRedefinedWhileItIsSuspended() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", Redefined.class.getName());
        manifest.getMainAttributes().putValue("Can-Redefine-Classes", "true");
        Path agent = directory.resolve("agent.jar");
        new JarOutputStream(Files.newOutputStream(agent), manifest).close();
        ChildJvm.Result result = new ChildJvm().with("-javaagent:" + agent).run(Redefined.class).succeeds();
        assertEquals("before: version one", result.line("before: "));
        assertEquals("after: version one, version two", result.line("after: "));
        assertEquals("ended: true", result.line("ended: "));
        assertEquals("fresh: version two", result.line("fresh: "));
    }

    // ---- unloading -------------------------------------------------------------------------------------

    /** Loads one class of its own and leaves all others to its parent. */
    private static final class Loader extends ClassLoader {

        private Loader() {
            super(AgentsTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(Unloaded.class.getName())) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                if (known != null) {
                    return known;
                }
                try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                    byte[] code = in.readAllBytes();
                    return defineClass(name, code, 0, code.length);
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        }
    }

    /** A body, whose class each loader defines anew. */
    public static final class Unloaded implements Generator.Body<Void, Integer> {

        /** For reflection. */
        public Unloaded() {}

        @Override
        public void run(Yielder<Void, Integer> yielder, Void input) {
            Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
            yielder.suspend(1);
        }
    }

    @SuppressWarnings("unchecked")
    private static WeakReference<ClassLoader> runOnce(boolean close) throws ReflectiveOperationException {
        Loader loader = new Loader();
        Thread.currentThread().setContextClassLoader(loader);
        try {
            Class<?> type = loader.loadClass(Unloaded.class.getName());
            assertEquals(loader, type.getClassLoader());
            var body = (Generator.Body<Void, Integer>) type.getConstructor().newInstance();
            Generator<Void, Integer> generator = Generator.of(body);
            generator.resume(null);
            WeakReference<ClassLoader> reference = new WeakReference<>(loader);
            System.gc();
            assertEquals(loader, reference.get(), "it is alive while its body is suspended");
            if (close) {
                generator.close();
            } else {
                generator.resume(null);
            }
            Reference.reachabilityFence(generator);
            return reference;
        } finally {
            Thread.currentThread().setContextClassLoader(AgentsTest.class.getClassLoader());
        }
    }

    @Test
    void theLoaderOfABodyIsUnloadedAfterItsEnd() throws ReflectiveOperationException {
        for (boolean close : new boolean[] {false, true}) {
            WeakReference<ClassLoader> loader = runOnce(close);
            for (int i = 0; i < 50 && loader.get() != null; i++) {
                System.gc();
            }
            assertNull(loader.get());
        }
    }
}
