// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stress;

import dev.fringe.Generator;
import dev.fringe.NativeGenerator;
import dev.fringe.OsStack;
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
import java.lang.reflect.Field;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Does what a hostile but legal program would do to the library, again and again with the error one step later: a
 * heap that is full but for n objects ({@link FullHeap}), a stack that ends n frames further ({@link StackEnds}), a
 * method of the user's that throws, blocks, suspends or calls back at its n-th call ({@link UserCode}); and what other
 * threads do to those of the library. Run as one of its {@link #SCENARIOS}; prints how many attacks there were, how many
 * values got lost, and how much was left behind. That it ends at all is most of the result.
 */
public final class Attack {

    /** A scenario. */
    private interface Scenario {
        void run() throws Throwable;
    }

    private static int attacks;
    private static int losses;
    private static int leaks;
    /** How many steps are made of a path, about. */
    private static int steps = 20;

    private static final Map<String, Scenario> SCENARIOS = new TreeMap<>(Map.ofEntries(
            Map.entry("heap-first-use", () -> FullHeap.firstUse(steps)),
            Map.entry("heap-birth", () -> FullHeap.birth(false, steps)),
            Map.entry("heap-birth-given", () -> FullHeap.birth(true, steps)),
            Map.entry("heap-values", () -> FullHeap.values(steps)),
            Map.entry("heap-delegation", () -> FullHeap.delegation(steps)),
            Map.entry("heap-close", () -> FullHeap.close(steps)),
            Map.entry("heap-end", () -> FullHeap.end(steps)),
            Map.entry("heap-callback", () -> FullHeap.callback(steps)),
            Map.entry("heap-diagnostics", () -> FullHeap.diagnostics(steps)),
            Map.entry("stack-first-use", () -> StackEnds.firstUse(steps)),
            Map.entry("stack-birth", () -> StackEnds.birth(false)),
            Map.entry("stack-birth-given", () -> StackEnds.birth(true)),
            Map.entry("stack-values", StackEnds::values),
            Map.entry("stack-death", StackEnds::death),
            Map.entry("stack-diagnostics", StackEnds::diagnostics),
            Map.entry("callback-depth", Attack::callbackDepth),
            Map.entry("callback-delegate", Attack::callbackDelegate),
            Map.entry("callback-unwinding", Attack::callbackUnwinding),
            Map.entry("user-stack", UserCode::stack),
            Map.entry("user-context", UserCode::context),
            Map.entry("user-consumers", UserCode::consumers),
            Map.entry("user-finally", UserCode::finallyBlocks),
            Map.entry("user-logger", UserCode::logger),
            Map.entry("user-observer", UserCode::observer),
            Map.entry("diagnostics-unmapping", Attack::diagnosticsWhileUnmapping),
            Map.entry("interrupts", Attack::interrupts),
            Map.entry("monitor", Attack::monitorHeld),
            Map.entry("scope", Attack::openScope),
            Map.entry("identity", Attack::identity),
            Map.entry("set-id", Attack::setId),
            Map.entry("redeploy", () -> redeploy(false)),
            Map.entry("redeploy-shutdown", () -> redeploy(true)),
            Map.entry("loader-lock", Attack::loaderLock)));

    /** What takes stacks of the caller's, native frames below a suspension, or the library's own platform threads. */
    private static final Set<String> NATIVE = Set.of("heap-birth-given", "heap-callback", "stack-birth-given",
            "callback-depth", "callback-delegate", "callback-unwinding", "user-stack", "user-observer", "identity",
            "monitor", "redeploy-shutdown", "loader-lock");

    private Attack() {}

    /**
     * Runs a scenario.
     *
     * @param arguments its name and the number of steps of a path; with none, all scenarios are listed; with one, those that make
     *     sense on every engine
     */
    public static void main(String[] arguments) throws Throwable {
        if (arguments.length < 2) {
            SCENARIOS.keySet().stream().filter(name -> arguments.length == 0 || !NATIVE.contains(name))
                    .forEach(System.out::println);
            return;
        }
        if (arguments.length > 1) {
            steps = Integer.parseInt(arguments[1]);
        }
        SCENARIOS.get(arguments[0]).run();
        System.out.println("attacks " + attacks + " losses " + losses + " leaks " + leaks);
        System.exit(0);
    }

    static synchronized void lost(String what) {
        losses++;
        System.out.println("lost: " + what);
    }

    /** How often something is done that has no steps. */
    private static int times() {
        return Math.min(steps, 200);
    }

    static void count() {
        attacks++;
    }

    /** Whether generators have native stacks, so that they can be given one. */
    static boolean isNative() {
        return !System.getProperty("dev.fringe.backend", "").equals("portable");
    }

    /** Closes a stack, whose thread the library may have to end yet. */
    static void close(OsStack stack) throws InterruptedException {
        for (int i = 0; i < 300; i++) {
            try {
                if (stack != null) {
                    stack.close();
                }
                return;
            } catch (IllegalStateException e) { // in use
                Thread.sleep(100);
            }
        }
        leaks++;
        System.out.println("left: " + stack);
    }

    private static void body(Yielder<Void, Integer> yielder) {
        yielder.suspend(1);
        yielder.suspend(2);
    }

    /** An ordinary life, which must be possible after whatever happened. */
    static void live() {
        Generator<Void, Integer> generator = Generator.of(Attack::body);
        if (generator.resume(null).orElse(0) != 1 || generator.resume(null).orElse(0) != 2
                || generator.resume(null).isPresent()) {
            lost("a value of an ordinary life");
        }
    }

    static long stacks() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().matches("fringe-[0-9]+")).count();
    }

    /** Waits for stacks to be freed that the bystander frees by itself. */
    static void checkLeaks(long before, long mappings) throws InterruptedException, IOException {
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

    /** Whether what is forgotten is still closed: the threads that see to it have survived. */
    static void checkForgotten() throws InterruptedException {
        AtomicBoolean closed = new AtomicBoolean();
        forget(closed);
        for (int i = 0; i < 300 && !closed.get(); i++) {
            System.gc();
            Thread.sleep(100);
        }
        if (!closed.get()) {
            lost("the end of a generator that was forgotten");
        }
    }

    private static void forget(AtomicBoolean closed) {
        Generator.of((Yielder<Void, Integer> yielder) -> {
            try {
                yielder.suspend(1);
            } finally {
                closed.set(true);
            }
        }).resume(null);
    }

    static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }

    // ---- copies of the library -------------------------------------------------------------------------

    /** A copy of the library, and of this program, in a class loader of its own: a first use for each. */
    static final class Copy {

        private final URLClassLoader loader;
        private Method method;
        private Method shutDown;

        Copy(URL... more) throws IOException {
            loader = new URLClassLoader(Stream.concat(Stream.of(more), Stream.of(classPath())).toArray(URL[]::new),
                    ClassLoader.getPlatformClassLoader());
        }

        /** Finds a method without arguments, and what it takes to call it. */
        Copy prepare(String name) throws ReflectiveOperationException {
            method = find(name);
            shutDown = find("shutDown");
            find("nothing").invoke(null);
            return this;
        }

        private Method find(String name) throws ReflectiveOperationException {
            Method found = loader.loadClass(Attack.class.getName()).getDeclaredMethod(name);
            found.setAccessible(true);
            return found;
        }

        /** Calls it. */
        void run() {
            call(method);
        }

        void shutDown() {
            call(shutDown);
        }

        /** Counts what was counted there. */
        void addUp() throws ReflectiveOperationException {
            attacks += count("attacks");
            losses += count("losses");
            leaks += count("leaks");
        }

        private int count(String name) throws ReflectiveOperationException {
            Field field = method.getDeclaringClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.getInt(null);
        }

        private static void call(Method method) {
            try {
                method.invoke(null);
            } catch (InvocationTargetException e) {
                throw Attack.<RuntimeException>sneak(e.getCause());
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @SuppressWarnings("unchecked") // nothing is cast: the type of a thrown exception is not checked
    private static <X extends Throwable> X sneak(Throwable t) throws X {
        throw (X) t;
    }

    private static void nothing() { }

    /** In a copy. */
    private static void observed() throws Exception {
        UserCode.observed();
        shutDown();
    }

    /** In a copy. Not in the copy's last breath: what keeps it is found by another scenario. */
    private static void shutDown() throws InterruptedException {
        Generators.shutDown(Duration.ofSeconds(60));
    }

    /** An entry for a class path by which a service is found. */
    static URL services(Class<?> service, Class<?> provider) throws IOException {
        Path folder = Files.createTempDirectory("fringe-attack");
        Path file = Files.createDirectories(folder.resolve("META-INF/services")).resolve(service.getName());
        Files.writeString(file, provider.getName());
        for (Path each : List.of(folder, folder.resolve("META-INF"), file.getParent(), file)) {
            each.toFile().deleteOnExit();
        }
        return folder.toUri().toURL();
    }

    // ---- callbacks -------------------------------------------------------------------------------------

    private static final Linker LINKER = Linker.nativeLinker();
    private static Yielder<Void, Integer> callbackYielder;
    static Runnable callback;
    private static MethodHandle sort;
    private static MemorySegment stub;
    private static MemorySegment numbers;

    private static int compare(MemorySegment one, MemorySegment other) {
        callback.run();
        return 0;
    }

    private static int depth;

    /** Its frames are as large as those of {@link #descend}. */
    private static void measure(int levels, Runnable action) {
        depth++;
        if (levels > 0) {
            measure(levels - 1, action);
        } else {
            action.run();
        }
    }

    private static void descend(int levels, Runnable action) {
        if (levels > 0) {
            descend(levels - 1, action);
        } else {
            action.run();
        }
    }

    static void link() throws ReflectiveOperationException {
        ValueLayout size = ValueLayout.ADDRESS.byteSize() == 8 ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
        sort = MethodHandles.explicitCastArguments(
                LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("qsort"),
                        FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, size, size, ValueLayout.ADDRESS)),
                MethodType.methodType(void.class, MemorySegment.class, long.class, long.class, MemorySegment.class));
        stub = LINKER.upcallStub(MethodHandles.lookup().findStatic(Attack.class, "compare",
                MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class)),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS), Arena.global());
        numbers = Arena.global().allocate(16);
    }

    static void callBack() {
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
                measure(Integer.MAX_VALUE, Attack::callBack);
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
        for (int margin = 2000; margin > 60; margin -= Math.max(1, 2000 / steps)) {
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

    /** A body delegates in a callback, and the delegate throws while it is unwound. */
    @SuppressWarnings("finally") // that is the attack
    private static Generator<Void, Integer> delegatingInCallback() {
        return Generator.of(yielder -> {
            callback = () -> yielder.suspendAll(Generator.of(inner -> {
                try {
                    inner.suspend(7);
                } finally {
                    throw new IllegalStateException("from a finally block");
                }
            }));
            callBack();
        });
    }

    private static void callbackDelegate() throws Exception {
        link();
        for (int i = 0; i < 10; i++) {
            closeOneThatIsStuck(delegatingInCallback());
        }
        live();
        AtomicInteger givenUp = new AtomicInteger();
        Logger logger = Logger.getLogger("dev.fringe");
        Handler counter = new Counter(givenUp);
        logger.setUseParentHandlers(false);
        logger.addHandler(counter);
        try {
            for (int i = 0; i < times(); i++) {
                attacks++;
                forgetInCallback();
                for (int j = 0; j < 300 && givenUp.get() <= i; j++) {
                    System.gc();
                    Thread.sleep(100);
                }
                if (givenUp.get() <= i) {
                    lost("a forgotten body in a callback, of which nothing is said");
                }
            }
        } finally {
            logger.removeHandler(counter);
        }
        checkForgotten();
        live();
    }

    private static void forgetInCallback() {
        delegatingInCallback().resume(null);
        callback = null; // it refers to the body's yielder
    }

    /** Counts what the library warns of. */
    private static final class Counter extends Handler {

        private final AtomicInteger count;

        Counter(AtomicInteger count) {
            this.count = count;
        }

        @Override
        public void publish(LogRecord message) {
            count.incrementAndGet();
        }

        @Override
        public void flush() { }

        @Override
        public void close() { }
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

    // ---- diagnostics -----------------------------------------------------------------------------------

    private static void diagnosticsWhileUnmapping() throws InterruptedException {
        long end = System.nanoTime() + times() * 50_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean lists = i % 2 == 0;
            threads.add(Thread.ofPlatform().start(() -> {
                while (System.nanoTime() < end) {
                    if (lists) {
                        Generators.list();
                        Generators.dump();
                        Generators.findDeadlocked();
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
        for (int i = 0; i < times(); i++) {
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
        holdWhileIdle();
    }

    /** The library ends an idle stack, whose thread has to wait for its monitor; nobody else waits meanwhile. */
    private static void holdWhileIdle() throws InterruptedException {
        attacks++;
        boolean held = false;
        while (!held) {
            Thread idle = threadOf(Generator.builder());
            held = holdWhileIdle(idle);
            idle.join();
        }
    }

    /** Returns whether the thread had not ended before its monitor was taken. */
    private static boolean holdWhileIdle(Thread idle) throws InterruptedException {
        synchronized (idle) {
            if (!idle.isAlive()) {
                return false;
            }
            awaitState(idle, Thread.State.BLOCKED);
            live();
            Generator.builder().freshThread().build(Attack::body).close();
            checkForgotten();
        }
        return true;
    }

    /** The thread of a generator that has ended. */
    private static Thread threadOf(Generator.Builder builder) {
        try (Generator<Void, Thread> generator = builder.build(yielder -> yielder.suspend(Thread.currentThread()))) {
            return generator.resume(null).orElseThrow();
        }
    }

    private static void awaitState(Thread thread, Thread.State... wanted) throws InterruptedException {
        for (int i = 0; i < 3000 && !List.of(wanted).contains(thread.getState()); i++) {
            Thread.sleep(10);
        }
        if (!List.of(wanted).contains(thread.getState())) {
            lost("the end of " + thread + ", which is " + thread.getState());
        }
    }

    /**
     * A body leaves a scope open in which a thread runs, and its own thread has to wait for that at its end. By
     * reflection: such scopes are a preview, and change with the releases.
     */
    private static void openScope() throws InterruptedException {
        Method open;
        Method fork;
        try {
            Class<?> type = Class.forName("java.util.concurrent.StructuredTaskScope");
            open = type.getMethod("open");
            fork = type.getMethod("fork", Callable.class);
        } catch (ReflectiveOperationException e) {
            attacks++;
            System.out.println("no such scopes here: " + e);
            return;
        }
        CountDownLatch end = new CountDownLatch(1);
        Callable<Void> task = () -> {
            end.await();
            return null;
        };
        List<Thread> threads = new ArrayList<>();
        for (boolean fresh : new boolean[] {true, false}) {
            attacks++;
            Generator.Builder builder = Generator.builder();
            Generator<Void, Thread> generator = (fresh ? builder.freshThread() : builder).build(yielder -> {
                fork.invoke(open.invoke(null), task);
                yielder.suspend(Thread.currentThread());
            });
            threads.add(generator.resume(null).orElseThrow());
            if (generator.resume(null).isPresent()) {
                lost("the end of a body");
            }
            generator.close();
            awaitState(threads.getLast(), Thread.State.WAITING, Thread.State.TIMED_WAITING);
            live();
            Generator.builder().freshThread().build(Attack::body).close();
            checkForgotten();
        }
        end.countDown();
        for (Thread thread : threads) {
            thread.join();
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
        for (int i = 0; i < times(); i++) {
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
        for (int i = 0; i < times(); i++) {
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

        private String action = "live";
        private Throwable seen;

        Weaver(URL[] path) {
            super(path, ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected synchronized Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.equals("woven")) {
                try {
                    invoke(loadClass(Attack.class.getName()), action);
                } catch (InvocationTargetException e) {
                    seen = e.getCause();
                } catch (ReflectiveOperationException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
            return super.loadClass(name, resolve);
        }
    }

    /** Called in a class loader, where the first native generator is made. */
    private static void liveWithNative() {
        live();
        try {
            NativeGenerator.of(NativeGenerator.yieldFunction()).close();
        } catch (UnsupportedOperationException e) { // by the engine
            live();
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
        loader.action = "liveWithNative";
        try {
            loader.loadClass("woven");
        } catch (ClassNotFoundException e) {
            if (loader.seen != null) {
                lost("a generator in a class loader: " + loader.seen);
            }
        }
    }
}
