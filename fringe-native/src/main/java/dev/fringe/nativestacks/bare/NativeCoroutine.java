// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.nativestacks.bare;

import dev.fringe.Generator;
import dev.fringe.OsStack;
import dev.fringe.SliceStack;
import dev.fringe.Stack;
import dev.fringe.internal.engine.NativeBodies;
import dev.fringe.internal.support.BargingLock;
import dev.fringe.internal.support.FreeHeap;
import dev.fringe.internal.support.LoaderLocks;
import dev.fringe.internal.support.Log;
import dev.fringe.internal.support.OtherThread;
import dev.fringe.internal.support.StackRoom;
import dev.fringe.nativestacks.linux.Libc;
import dev.fringe.nativestacks.linux.ProcMaps;
import dev.fringe.nativestacks.memory.StackRange;
import dev.fringe.nativestacks.memory.StacksInUse;
import dev.fringe.spi.Assembly;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The state of one native body: a stack with a {@code struct fringe_bare} at its base, and nothing else.
 * No thread pointer changes and no Java frame is left behind, so the switch is a critical downcall: for
 * the virtual machine it is a long instruction of the thread that resumes.
 */
public final class NativeCoroutine implements NativeBodies.Body {

    /** The struct, what {@code fringe_init} writes, and a frame or two for the body. */
    private static final long MINIMUM = 2048;
    private static final long CONTEXT_SIZE = 64;
    /** More calls of a method handle than the virtual machine counts before it makes a variant of it, which takes room. */
    private static final int REHEARSALS = 200;
    private static final long ENDED = 2 * Libc.WORD.byteSize();

    private static final int SUSPENDED = 0;
    private static final int RUNNING = 1;
    private static final int FINISHED = 2;
    private static final int CLOSED = 3;
    /** Closed, but there was no room, or no memory, to release the stack: it may be tried again. */
    private static final int UNRELEASED = 4;

    private static final VarHandle STATE;

    /** Guards a stack that is given back. For all: it is seldom, and short. */
    private static final BargingLock UNWRAPPING = new BargingLock();

    /** Addresses that have been found to be code of a library. */
    private static final Set<Long> KNOWN_BODIES = ConcurrentHashMap.newKeySet();

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(NativeCoroutine.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Assembly assembly;

    /** Says which functions switch, and what an upcall stub looks like, before there is a body. */
    public static void configure(Assembly functions) {
        assembly = functions;
    }

    /** Whether {@link Calls} can be used. */
    private static volatile boolean linked;

    /** The two functions; initialised only after {@link #configure}, by {@link Link}. */
    private static final class Calls {

        static final MethodHandle INIT = bind(assembly.init(),
                FunctionDescriptor.ofVoid(Libc.WORD, Libc.WORD, Libc.WORD));
        static final MethodHandle SWAP = bind(assembly.swap(),
                FunctionDescriptor.of(Libc.WORD, Libc.WORD, Libc.WORD));

        private Calls() {}

        private static MethodHandle bind(MemorySegment function, FunctionDescriptor descriptor) {
            MethodHandle handle =
                    Linker.nativeLinker().downcallHandle(function, descriptor, Linker.Option.critical(false));
            MethodType words = handle.type();
            for (int i = 0; i < words.parameterCount(); i++) {
                words = words.changeParameterType(i, long.class);
            }
            return MethodHandles.explicitCastArguments(handle,
                    words.changeReturnType(descriptor.returnLayout().isPresent() ? long.class : void.class));
        }
    }

    /** What is done before the first body is made: whatever a later one calls has been linked then. */
    private static final class Link implements Supplier<Void> {

        @Override
        public Void get() {
            FreeHeap.require(FreeHeap.TO_LOOK);
            try { // before anything else: with this the classes are there that Calls needs
                checkBody(assembly.yield());
            } catch (IllegalArgumentException e) { // an emulator that is just mapping something left it out
                Log.debug("the library's own code is not found", e);
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment stack = arena.allocate(MINIMUM, CONTEXT_SIZE);
                for (int i = 0; i < REHEARSALS; i++) {
                    layOut(stack.address() + MINIMUM - CONTEXT_SIZE, 0);
                }
            }
            linked = true;
            return null;
        }
    }

    /**
     * By another thread, as the caller may have no room left to initialise a class; unless there can be none, or it
     * could not load classes because of what the caller holds.
     */
    private static void link() {
        Link link = new Link();
        OtherThread<Void> other = null;
        if (!LoaderLocks.isHeld(NativeCoroutine.class.getClassLoader())) {
            try {
                other = new OtherThread<>("fringe-loader", null, link);
            } catch (OutOfMemoryError e) {
                other = null;
            }
        }
        if (other != null) {
            other.await();
        } else {
            StackRoom.requireToLink();
            link.get();
        }
    }

    private final Thread owner;
    private final MemorySegment body;
    private final Stack stack;
    private final boolean ownsStack;
    private final StackRange extent;
    private final long context;
    private final MemorySegment memory;
    private volatile int state;
    /** Whether it has been resumed; only for those who ask for its state. */
    private boolean started;
    /** Whether the stack is not in use any more, some time after it was closed. */
    private volatile boolean released;
    /** Whether the stack has been given back. */
    private boolean unwrapped;
    /** Whether the body may have returned, and there was no room on the resumer's stack to look. */
    private boolean unchecked;

    /** Lays out a body that has not started, on a stack of its own if {@code given} is null. */
    public NativeCoroutine(Stack given, long size, boolean shared, MemorySegment body) {
        if (!linked) {
            link();
        }
        checkBody(body);
        this.body = body;
        owner = shared ? null : Thread.currentThread();
        ownsStack = given == null;
        StackRoom.require(); // from here on what has been done can be undone, whatever fails
        stack = ownsStack ? OsStack.ofSize(size) : given;
        StackRange claimed = null;
        try {
            claimed = StacksInUse.claimNative(stack, MINIMUM);
            extent = claimed;
            context = (extent.base() & -CONTEXT_SIZE) - CONTEXT_SIZE;
            memory = layOut(context, body.address());
        } catch (Throwable t) {
            giveBack(claimed);
            throw t;
        }
    }

    private static MemorySegment layOut(long context, long body) {
        MemorySegment memory = Libc.at(context, CONTEXT_SIZE).fill((byte) 0);
        try {
            Calls.INIT.invokeExact(context, context, body);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
        return memory;
    }

    private void giveBack(StackRange claimed) {
        if (claimed != null) {
            StacksInUse.releaseNative(claimed);
        }
        if (ownsStack) {
            ((OsStack) stack).close();
        }
    }

    /**
     * Refuses what is not code, and Java methods. Calling Java from a critical downcall would end the
     * process, so it is worth a look at the map of it, once for each body.
     */
    private static void checkBody(MemorySegment body) {
        if (!body.scope().isAlive()) {
            throw new IllegalStateException("the library of the body has been unloaded: its arena is closed");
        }
        if (!body.isNative()) {
            throw new IllegalArgumentException("a native body is the address of a C function, not " + body);
        }
        long address = body.address();
        if (KNOWN_BODIES.contains(address)) {
            return;
        }
        Optional<Code> code = codeAt(address);
        if (code.isEmpty()) {
            throw new IllegalArgumentException(
                    String.format("the body is no function: the memory at %#x is not executable", address));
        }
        // Not by equals(): the JDK keeps the type of the last record that has compared itself, and so its class loader.
        if (code.map(Code::start).equals(codeOfUpcalls().map(Code::start))) {
            throw new IllegalArgumentException(String.format("the body at %#x is code that the virtual machine has"
                    + " made, such as the stub of an upcall: a native body can't run Java; use Generator", address));
        }
        KNOWN_BODIES.add(address);
    }

    /** Where the virtual machine has the stubs of upcalls; one is made to find out. */
    private static Optional<Code> codeOfUpcalls() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stub = Linker.nativeLinker().upcallStub(
                    MethodHandles.empty(MethodType.methodType(void.class)), FunctionDescriptor.ofVoid(), arena);
            return codeAt(stub.address());
        }
    }

    /** Memory with code, of one file or none. */
    private record Code(long start, long end, String file) {

        private boolean contains(long address) {
            return Long.compareUnsigned(start, address) <= 0 && Long.compareUnsigned(address, end) < 0;
        }
    }

    /**
     * The code that an address is in, if code there can be run. Mappings that adjoin are one: an emulator
     * splits them where it has translated some of it.
     */
    private static Optional<Code> codeAt(long address) {
        Code code = null;
        for (ProcMaps.Mapping mapping : ProcMaps.all()) { // sorted by address
            if (mapping.access().startsWith("x", 2)) {
                boolean adjoins = code != null && code.end == mapping.start() && code.file.equals(mapping.path());
                if (!adjoins && code != null && code.contains(address)) {
                    break;
                }
                code = new Code(adjoins ? code.start : mapping.start(), mapping.end(), mapping.path());
            }
        }
        return Optional.ofNullable(code).filter(found -> found.contains(address));
    }

    /** Runs the body until it yields or returns; empty if it has returned. */
    @Override
    public OptionalLong resume(long value) {
        if (!enter()) {
            return OptionalLong.empty();
        }
        boolean switched = false;
        long result = 0;
        try {
            OptionalLong.of(value); // if there is no room to call it after the switch, it is known before
            if (unchecked && checkEnd()) {
                return OptionalLong.empty();
            }
            result = (long) Calls.SWAP.invokeExact(context, value);
            switched = true;
            started = true;
            if (result == 0 && checkEnd()) {
                return OptionalLong.empty();
            }
            leave(SUSPENDED);
            return OptionalLong.of(result);
        } catch (StackOverflowError e) {
            unchecked = true;
            state = SUSPENDED;
            if (switched) { // the value must not be lost; that it is the 0 of a body that has returned, the next sees
                return OptionalLong.of(result);
            }
            throw e;
        } catch (Throwable t) {
            state = SUSPENDED;
            throw Libc.unexpected(t);
        }
    }

    /** Notes it if the body has returned, which its 0 may mean. */
    private boolean checkEnd() {
        boolean ended = memory.get(ValueLayout.JAVA_INT, ENDED) != 0;
        unchecked = false;
        if (ended) {
            leave(FINISHED);
        }
        return ended;
    }

    /** Makes the calling thread the one that runs the body; false if the body has ended. */
    private boolean enter() {
        if (!body.scope().isAlive()) {
            throw new IllegalStateException("the library of the body has been unloaded: its arena is closed");
        }
        if (!ownsStack) {
            if (stack instanceof SliceStack slice) {
                slice.limit(); // throws if its memory is gone
            }
        }
        if (owner == null ? STATE.compareAndSet(this, SUSPENDED, RUNNING)
                : owner == Thread.currentThread() && state == SUSPENDED) {
            return true;
        }
        refuse("resumed");
        return false;
    }

    private void leave(int next) {
        if (owner == null) {
            STATE.setRelease(this, next);
        } else {
            STATE.setOpaque(this, next);
        }
    }

    /** Returns if the body has ended; else throws what the caller did wrong. */
    private void refuse(String what) {
        if (owner != null && owner != Thread.currentThread()) {
            throw new WrongThreadException("this generator is confined to " + owner + ", and "
                    + Thread.currentThread() + " " + what + " it; make it with NativeGenerator.ofShared to let any"
                    + " thread do so");
        }
        switch ((int) STATE.getAcquire(this)) {
            case FINISHED -> { }
            case CLOSED, UNRELEASED -> throw new IllegalStateException("this generator has been closed");
            default -> throw new IllegalStateException("this generator is running: another thread has resumed it");
        }
    }

    @Override
    public Generator.State state() {
        return switch ((int) STATE.getAcquire(this)) {
            case SUSPENDED -> started ? Generator.State.SUSPENDED : Generator.State.NEW;
            case RUNNING -> Generator.State.RUNNING;
            case FINISHED -> Generator.State.FINISHED;
            default -> Generator.State.CLOSED;
        };
    }

    @Override
    public Stack unwrap() {
        if (owner != null && owner != Thread.currentThread()) {
            refuse("unwrapped");
        }
        int now = (int) STATE.getAcquire(this);
        if (now == SUSPENDED || now == RUNNING) {
            throw new IllegalStateException("the body of this generator has not ended, so its stack is in use;"
                    + " resume it to its end, or close it");
        }
        if (ownsStack) {
            throw new IllegalStateException("this generator runs on a stack of the library's, not on one it was given");
        }
        free();
        if (!released) {
            throw new IllegalStateException("the stack of this generator can't be given back yet: another thread is"
                    + " closing it; try again later");
        }
        if (!mayUnwrap()) {
            throw new IllegalStateException("the stack of this generator has been given back already");
        }
        return stack;
    }

    private boolean mayUnwrap() {
        UNWRAPPING.lock();
        try {
            boolean may = !unwrapped;
            unwrapped = true;
            return may;
        } finally {
            UNWRAPPING.held = 0;
        }
    }

    /** Frees the stack, on behalf of a thread that may do so: any, if the owner has ended, which orders what it did. */
    @Override
    public void close() {
        if (owner != null && owner != Thread.currentThread() && owner.isAlive()) {
            refuse("closed");
        }
        if (free() == RUNNING) {
            throw new IllegalStateException("this generator is running and can't be closed before its body yields"
                    + " or returns");
        }
    }

    @Override
    public boolean isReleased() {
        return released;
    }

    /** Called when nobody can use it any more. */
    @Override
    public void run() {
        free();
    }

    /**
     * Frees the stack, unless that has been done or the body runs. What the body holds is not the library's to
     * know.
     *
     * @return the state that it was in
     */
    private int free() {
        int now;
        do {
            now = (int) STATE.getAcquire(this);
            if (now == RUNNING || now == CLOSED) {
                return now;
            }
        } while (!STATE.compareAndSet(this, now, CLOSED));
        try {
            StacksInUse.releaseNative(extent);
        } catch (Throwable t) {
            state = UNRELEASED;
            throw t;
        }
        released = true;
        if (ownsStack) {
            ((OsStack) stack).close();
        }
        return now;
    }
}
