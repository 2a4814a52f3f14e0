// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.Stack;
import dev.fringe.Yielder;
import dev.fringe.management.Generators;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Does what a hostile but legal program would do to the library, again and again with the error one step later: a
 * heap that is full but for n objects, a stack that ends n frames further, a method of the user's that throws,
 * suspends or calls back. Run as one of its {@link #SCENARIOS}; prints how many attacks there were, how many
 * values got lost, and how much was left behind. That it ends at all is most of the result.
 */
public final class Attack {

    /** A scenario. */
    private interface Scenario {
        void run() throws Throwable;
    }

    private static final Map<String, Scenario> SCENARIOS = new TreeMap<>(Map.ofEntries(
            Map.entry("heap-birth", Attack::heapBirth),
            Map.entry("heap-death", Attack::heapDeath),
            Map.entry("heap-first-use", Attack::heapFirstUse),
            Map.entry("stack-birth", () -> stackEnd(Step.BIRTH)),
            Map.entry("stack-switch", () -> stackEnd(Step.SWITCH)),
            Map.entry("stack-death", () -> stackEnd(Step.DEATH)),
            Map.entry("stack-given", () -> stackEnd(Step.GIVEN)),
            Map.entry("stack-delegation", () -> stackEnd(Step.DELEGATION)),
            Map.entry("stack-diagnostics", () -> stackEnd(Step.DIAGNOSTICS)),
            Map.entry("callback-depth", Attack::callbackDepth),
            Map.entry("callback-delegate", Attack::callbackDelegate),
            Map.entry("callback-unwinding", Attack::callbackUnwinding),
            Map.entry("user-stack", Attack::userStack),
            Map.entry("diagnostics-unmapping", Attack::diagnosticsWhileUnmapping),
            Map.entry("interrupts", Attack::interrupts),
            Map.entry("monitor", Attack::monitorHeld),
            Map.entry("identity", Attack::identity),
            Map.entry("set-id", Attack::setId),
            Map.entry("redeploy", () -> redeploy(false)),
            Map.entry("redeploy-shutdown", () -> redeploy(true)),
            Map.entry("loader-lock", Attack::loaderLock)));

    /** What takes stacks of the caller's, native frames below a suspension, or the library's own platform threads. */
    private static final Set<String> NATIVE = Set.of("heap-death", "stack-given", "callback-depth", "callback-delegate",
            "callback-unwinding", "user-stack", "identity", "monitor", "redeploy-shutdown", "loader-lock");

    private static int attacks;
    private static int losses;
    private static int leaks;
    private static int most = 60;

    private Attack() {}

    /**
     * Runs a scenario.
     *
     * @param arguments its name and the number of steps; with none, all scenarios are listed; with one, those that make
     *     sense on every engine
     */
    public static void main(String[] arguments) throws Throwable {
        if (arguments.length < 2) {
            SCENARIOS.keySet().stream().filter(name -> arguments.length == 0 || !NATIVE.contains(name))
                    .forEach(System.out::println);
            return;
        }
        if (arguments.length > 1) {
            most = Integer.parseInt(arguments[1]);
        }
        SCENARIOS.get(arguments[0]).run();
        System.out.println("attacks " + attacks + " losses " + losses + " leaks " + leaks);
        System.exit(0);
    }

    private static void lost(String what) {
        losses++;
        System.out.println("lost: " + what);
    }

    private static void body(Yielder<Void, Integer> yielder) {
        yielder.suspend(1);
        yielder.suspend(2);
    }

    /** An ordinary life, which must be possible after whatever happened. */
    private static void live() {
        Generator<Void, Integer> generator = Generator.of(Attack::body);
        if (generator.resume(null).orElse(0) != 1 || generator.resume(null).orElse(0) != 2
                || generator.resume(null).isPresent()) {
            lost("a value of an ordinary life");
        }
    }

    private static long stacks() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().matches("fringe-[0-9]+")).count();
    }

    /** Waits for stacks to be freed that the bystander frees by itself. */
    private static void checkLeaks(long before, long mappings) throws InterruptedException, IOException {
        long left = 0;
        for (int i = 0; i < 300; i++) {
            System.gc();
            left = stacks() - before;
            if (left <= 0) {
                break;
            }
            Thread.sleep(100);
        }
        if (left > 0) {
            leaks += (int) left;
            System.out.println("left: " + left + " stacks");
        }
        long more = mappings() - mappings;
        if (more > 120) {
            leaks++;
            System.out.println("left: " + more + " mappings");
        }
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }

    // ---- a full heap -----------------------------------------------------------------------------------

    private static Object[] large = new Object[1 << 10];
    private static Object[] small = new Object[1 << 18];
    private static int larges;
    private static int smalls;

    private static void fill() {
        try {
            while (true) {
                small[smalls++] = new long[1];
            }
        } catch (OutOfMemoryError e) {
            smalls--;
        }
    }

    private static void fillHeap() {
        try {
            while (true) {
                large[larges++] = new byte[50_000];
            }
        } catch (OutOfMemoryError e) {
            larges--;
        }
        fill();
    }

    /** Leaves room for so many objects. */
    private static void leaveRoom(int objects) {
        while (smalls < objects) {
            large[--larges] = null;
            fill();
        }
        fill();
        for (int i = 0; i < objects; i++) {
            small[--smalls] = null;
        }
    }

    private static void emptyHeap() {
        large = null;
        small = null;
        System.gc();
    }

    private static void heapBirth() throws Throwable {
        for (int i = 0; i < 20; i++) {
            Generator.builder().freshThread().build(Attack::body).close();
        }
        Thread.sleep(100);
        long before = stacks();
        long mappings = mappings();
        Generator.Producer<Integer> producer = Attack::body;
        fillHeap();
        for (int n = 0; n < most; n++) {
            leaveRoom(8 * n);
            attacks++;
            Generator<Void, Integer> made = null;
            try {
                made = Generator.builder().freshThread().build(producer);
                made.resume(null);
            } catch (OutOfMemoryError e) {
                // as it may be
            }
            try {
                if (made != null) {
                    made.close();
                }
            } catch (OutOfMemoryError e) {
                continue;
            }
        }
        emptyHeap();
        live();
        checkLeaks(before + 1, mappings);
    }

    private static void heapDeath() throws Throwable {
        long before = stacks();
        List<Generator<Void, Integer>> generators = new ArrayList<>();
        List<OsStack> given = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            Generator.Builder builder = Generator.builder();
            if (i % 3 == 0) {
                given.add(OsStack.ofSize(256 << 10));
                builder.stack(given.getLast());
            } else if (i % 3 == 1) {
                builder.freshThread();
            }
            generators.add(builder.build(Attack::body));
            generators.getLast().resume(null);
        }
        long mappings = mappings();
        fillHeap();
        for (int i = 0; i < most; i++) {
            leaveRoom(4 * i);
            attacks++;
            try {
                generators.get(i).close();
            } catch (OutOfMemoryError e) {
                continue;
            }
        }
        emptyHeap();
        for (Generator<Void, Integer> generator : generators) {
            generator.close();
            if (generator.state() != Generator.State.CLOSED) {
                lost("a close");
            }
        }
        given.forEach(OsStack::close);
        live();
        checkLeaks(before + most / 3 + 1, mappings);
    }

    private static void heapFirstUse() {
        byte[] room = new byte[most * 32 << 10];
        fillHeap();
        room = null;
        attacks++;
        try {
            live();
        } catch (OutOfMemoryError e) {
            System.out.println(e);
        }
        emptyHeap();
        live();
    }

    // ---- the end of a stack ---------------------------------------------------------------------------

    private enum Step { BIRTH, SWITCH, DEATH, GIVEN, DELEGATION, DIAGNOSTICS }

    private static int depth;

    private static void measure() {
        depth++;
        measure();
    }

    private static void descend(int levels, Runnable action) {
        if (levels > 0) {
            descend(levels - 1, action);
        } else {
            action.run();
        }
    }

    private static void stackEnd(Step step) throws Throwable {
        live();
        Generator.builder().freshThread().build(Attack::body).close();
        long before = stacks();
        long mappings = mappings();
        Thread thread = new Thread(null, () -> {
            try {
                measure();
            } catch (StackOverflowError e) {
                // so deep
            }
            int deepest = depth;
            for (int n = 0; n < most * 4; n++) {
                attackAt(step, deepest - n);
            }
        }, "deep", 400_000);
        thread.start();
        thread.join();
        live();
        checkLeaks(before + 300, mappings + 700); // the pool keeps some
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of generators
    private static void attackAt(Step step, int level) {
        attacks++;
        OsStack stack = step == Step.GIVEN ? OsStack.ofSize(256 << 10) : null;
        Generator<Void, Integer>[] made = new Generator[1];
        Generator<Void, Integer> other = null;
        if (step == Step.GIVEN) {
            made[0] = Generator.builder().stack(stack).build(Attack::body);
        } else if (step == Step.DELEGATION) {
            made[0] = Generator.of(yielder -> yielder.suspendAll(Generator.of(Attack::body)));
        } else if (step == Step.DEATH) {
            made[0] = Generator.builder().freshThread().build(Attack::body);
        } else if (step != Step.BIRTH) {
            made[0] = Generator.of(Attack::body);
        }
        if (step == Step.DEATH || step == Step.GIVEN) {
            made[0].resume(null);
        }
        int[] got = {0};
        try {
            descend(level, () -> {
                switch (step) {
                    case BIRTH -> made[0] = Generator.builder().freshThread().build(Attack::body);
                    case DEATH, GIVEN -> made[0].close();
                    case DIAGNOSTICS -> Generators.list();
                    default -> got[0] = made[0].resume(null).orElse(-1);
                }
            });
        } catch (StackOverflowError e) {
            got[0] = 0;
        }
        if (step == Step.SWITCH || step == Step.DELEGATION) {
            int next = made[0].resume(null).orElse(-1);
            if (next != got[0] + 1) {
                lost("got " + got[0] + ", then " + next);
            }
        }
        if (made[0] != null) {
            made[0].close();
        }
        if (stack != null) {
            stack.close();
        }
    }

    // ---- callbacks -------------------------------------------------------------------------------------

    private static final Linker LINKER = Linker.nativeLinker();
    private static Yielder<Void, Integer> callbackYielder;
    private static Runnable callback;
    private static MethodHandle sort;
    private static MemorySegment stub;
    private static MemorySegment numbers;

    private static int compare(MemorySegment one, MemorySegment other) {
        callback.run();
        return 0;
    }

    private static void link() throws ReflectiveOperationException {
        sort = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("qsort"), FunctionDescriptor.ofVoid(
                ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        stub = LINKER.upcallStub(MethodHandles.lookup().findStatic(Attack.class, "compare",
                MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class)),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS), Arena.global());
        numbers = Arena.global().allocate(16);
    }

    private static void callBack() {
        try {
            sort.invokeExact(numbers, 2L, 8L, stub);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    private static void closeOneThatIsStuck(Generator<Void, Integer> generator) {
        attacks++;
        generator.resume(null);
        try {
            generator.close();
            lost("a body in a callback was closed as if it were none");
        } catch (IllegalStateException e) { // as it should be: it has been given up
            return;
        }
    }

    private static void callbackDepth() throws ReflectiveOperationException {
        link();
        int[] deepest = {0};
        Generator.of((Yielder<Void, Integer> yielder) -> {
            depth = 0;
            try {
                measure();
            } catch (StackOverflowError e) {
                deepest[0] = depth;
            }
        }).resume(null);
        callback = () -> {
            try {
                callbackYielder.suspend(1);
            } catch (StackOverflowError e) { // so it is not suspended here
                overflown = true;
            }
        };
        for (int margin = 2000; margin > 60; margin -= 2000 / most) {
            int level = deepest[0] - margin;
            overflown = false;
            Generator<Void, Integer> generator = Generator.of(yielder -> {
                callbackYielder = yielder;
                try {
                    descend(level, Attack::callBack);
                } catch (StackOverflowError e) {
                    overflown = true;
                }
                yielder.suspend(2);
            });
            attacks++;
            int first = generator.resume(null).orElse(0);
            try {
                generator.close();
                if (first == 1 && !overflown) {
                    lost("a body in a callback was closed as if it were none");
                }
            } catch (IllegalStateException e) { // given up
                continue;
            }
        }
        live();
    }

    private static boolean overflown;

    @SuppressWarnings("finally") // that is the attack
    private static void callbackDelegate() throws ReflectiveOperationException {
        link();
        for (int i = 0; i < 10; i++) {
            closeOneThatIsStuck(Generator.of(yielder -> {
                callback = () -> yielder.suspendAll(Generator.of(inner -> {
                    try {
                        inner.suspend(7);
                    } finally {
                        throw new IllegalStateException("from a finally block");
                    }
                }));
                callBack();
            }));
        }
        live();
    }

    /** What a body does while it is unwound calls native code, which calls back, and there it suspends. */
    private static void callbackUnwinding() throws ReflectiveOperationException {
        link();
        for (int i = 0; i < 10; i++) {
            closeOneThatIsStuck(Generator.of(yielder -> {
                callback = () -> yielder.suspend(2);
                try {
                    yielder.suspend(1);
                } finally {
                    callBack();
                }
            }));
        }
        live();
    }

    // ---- code of the user's ----------------------------------------------------------------------------

    private static void userStack() {
        for (int n = 1; n < 8; n++) {
            for (int what = 0; what < 3; what++) {
                attackByStack(n, what);
            }
        }
        live();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static void attackByStack(int at, int what) {
        attacks++;
        OsStack real = OsStack.ofSize(256 << 10);
        Generator<Void, Integer>[] made = new Generator[1];
        Generator<Void, Integer> outer = Generator.of(yielder -> {
            int[] calls = {0};
            Stack stack = new Stack() {
                @Override
                public long base() {
                    return real.base();
                }

                @Override
                public long limit() {
                    if (++calls[0] == at) {
                        switch (what) {
                            case 0 -> throw new ArithmeticException("from limit()");
                            case 1 -> yielder.suspend(9);
                            default -> {
                                if (made[0] != null) {
                                    made[0].close();
                                }
                            }
                        }
                    }
                    return real.limit();
                }
            };
            try {
                made[0] = Generator.of(stack, (inner, first) -> inner.suspend(1));
                made[0].resume(null);
                made[0].close();
            } catch (ArithmeticException | IllegalStateException e) {
                yielder.suspend(8);
            }
        });
        outer.resume(null);
        live();
        outer.close();
        real.close();
    }

    private static void diagnosticsWhileUnmapping() throws InterruptedException {
        long end = System.nanoTime() + most * 50_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean lists = i % 2 == 0;
            threads.add(Thread.ofPlatform().start(() -> {
                while (System.nanoTime() < end) {
                    if (lists) {
                        Generators.list();
                        Generators.dump();
                    } else {
                        Generator<Void, Integer> generator = Generator.builder().freshThread().build(Attack::body);
                        generator.resume(null);
                        generator.close();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        attacks++;
    }

    // ---- the library's threads --------------------------------------------------------------------------

    private static void interrupts() throws InterruptedException {
        live();
        for (int i = 0; i < most; i++) {
            attacks++;
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().startsWith("fringe-")) {
                    thread.interrupt();
                }
            }
            Generator.builder().freshThread().build(Attack::body).close();
            live();
        }
        Thread.sleep(500);
        long before = ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis();
        Thread.sleep(2000);
        if (ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis() - before > 1500) {
            lost("a processor, to a thread of the library that can't sleep");
        }
    }

    private static void monitorHeld() throws Exception {
        Thread[] body = new Thread[1];
        for (int i = 0; i < 3; i++) {
            attacks++;
            Generator<Void, Integer> generator = Generator.builder().freshThread().build(yielder -> {
                body[0] = Thread.currentThread();
                yielder.suspend(1);
            });
            generator.resume(null);
            synchronized (body[0]) {
                generator.close();
                live();
                Generator.builder().freshThread().build(Attack::body).close();
            }
            body[0].join();
        }
    }

    private static void identity() {
        Thread[] body = new Thread[1];
        String[] wrong = new String[1];
        Generator.Producer<Integer> producer = yielder -> {
            Thread self = Thread.currentThread();
            wrong[0] = self.isInterrupted() ? "interrupt status"
                    : self.getPriority() != Thread.NORM_PRIORITY ? "priority"
                    : self.getName().equals("outsider") ? "name"
                    : self.getUncaughtExceptionHandler() != self.getThreadGroup() ? "handler" : null;
            body[0] = self;
        };
        for (int i = 0; i < most; i++) {
            attacks++;
            Generator.Builder builder = Generator.builder();
            (i % 2 == 0 ? builder : builder.interruptible()).build(producer).resume(null);
            if (wrong[0] != null) {
                lost("another's " + wrong[0]);
            }
            if (Thread.interrupted()) {
                lost("an interrupt that was not the resumer's");
            }
            body[0].interrupt();
            body[0].setPriority(Thread.MAX_PRIORITY);
            body[0].setName("outsider");
            body[0].setUncaughtExceptionHandler((thread, failure) -> { });
        }
    }

    private static void setId() throws Throwable {
        MethodHandle get = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("getgid"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT));
        MethodHandle set = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("setgid"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        Generator<Void, Integer> generator = Generator.of(Attack::body);
        generator.resume(null);
        live();
        for (int i = 0; i < most; i++) {
            attacks++;
            int group = (int) get.invokeExact();
            if ((int) set.invokeExact(group) != 0) {
                lost("a setgid");
            }
        }
        generator.close();
    }

    /** An application that is deployed and leaves, again and again: by itself, or by the call for it. */
    private static void redeploy(boolean call) throws Exception {
        URL[] path = classPath();
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            attacks++;
            loaders.add(deploy(path, call));
        }
        long left = 0;
        for (int i = 0; i < 300; i++) {
            System.gc();
            left = loaders.stream().filter(loader -> loader.get() != null).count();
            if (left == 0) {
                break;
            }
            Thread.sleep(100);
        }
        if (left > 0) {
            leaks += (int) left;
            System.out.println("left: " + left + " class loaders");
        }
    }

    private static URL[] classPath() throws IOException {
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            path.add(Path.of(entry).toUri().toURL());
        }
        return path.toArray(new URL[0]);
    }

    private static WeakReference<ClassLoader> deploy(URL[] path, boolean call) throws Exception {
        URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        invoke(loader.loadClass(Attack.class.getName()), call ? "liveAndShutDown" : "live");
        Thread.currentThread().setContextClassLoader(null);
        return new WeakReference<>(loader);
    }

    private static void invoke(Class<?> copy, String name) throws ReflectiveOperationException {
        Method method = copy.getDeclaredMethod(name);
        method.setAccessible(true);
        method.invoke(null);
    }

    /** With idle stacks that would be kept for long. */
    private static void liveAndShutDown() throws InterruptedException {
        live();
        Generator<Void, Integer> suspended = Generator.of(Attack::body);
        suspended.resume(null);
        if (Generators.shutDown(Duration.ofMillis(200))) {
            throw new IllegalStateException("shut down below a suspended generator");
        }
        suspended.resume(null);
        suspended.close();
        if (!Generators.shutDown(Duration.ofSeconds(60))) {
            throw new IllegalStateException("not shut down");
        }
        live();
        if (!Generators.shutDown(Duration.ofSeconds(60))) {
            throw new IllegalStateException("not shut down a second time");
        }
    }

    /** A class loader that is not parallel capable, and makes the first generator while it loads a class. */
    private static final class Weaver extends URLClassLoader {

        private Throwable seen;

        Weaver(URL[] path) {
            super(path, ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected synchronized Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.equals("woven")) {
                try {
                    invoke(loadClass(Attack.class.getName()), "live");
                } catch (InvocationTargetException e) {
                    seen = e.getCause();
                } catch (ReflectiveOperationException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
            return super.loadClass(name, resolve);
        }
    }

    private static void loaderLock() throws Exception {
        attacks++;
        Weaver loader = new Weaver(classPath());
        try {
            loader.loadClass("woven");
        } catch (ClassNotFoundException e) { // there is none
            if (!(loader.seen instanceof IllegalStateException)
                    || !loader.seen.getMessage().contains("parallel capable")) {
                lost("the reason: " + loader.seen);
            }
        }
        invoke(loader.loadClass(Attack.class.getName()), "live"); // as ever
        loader.loadClass(Attack.class.getName());
        loader.seen = null;
        try {
            loader.loadClass("woven");
        } catch (ClassNotFoundException e) {
            if (loader.seen != null) {
                lost("a generator in a class loader: " + loader.seen);
            }
        }
    }
}
