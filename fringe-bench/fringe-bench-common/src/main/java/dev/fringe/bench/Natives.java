// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The native helpers of the benchmarks, over the very copy of libfringe that the generators of this
 * virtual machine use: making a generator loads and configures it, and its functions are then found in
 * this class loader.
 */
final class Natives {

    private static final FunctionDescriptor LONG_TO_VOID = FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor SWITCH =
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor LONG_TO_LONG =
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final String[] FUNCTIONS = {
        "init", "swap", "yield", "entry", "dematerialise", "await", "resume", "suspend"
    };
    private static final SymbolLookup LOOKUP = load();

    /** The body of the bare swap. */
    static final MemorySegment BODY = LOOKUP.findOrThrow("bench_body");
    static final MethodHandle EMPTY = bind("bench_empty", SWITCH);
    static final MethodHandle EMPTY_CRITICAL = bind("bench_empty", SWITCH, Linker.Option.critical(false));
    static final MethodHandle BARE = bind("bench_bare", LONG_TO_LONG);
    static final MethodHandle HOSTED = bind("bench_hosted", LONG_TO_VOID);
    static final MethodHandle CONFINED = SwitchedByWords.isSo() ? bind("bench_words", LONG_TO_VOID) : HOSTED;

    private Natives() {}

    private static MethodHandle bind(String name, FunctionDescriptor type, Linker.Option... options) {
        return Linker.nativeLinker().downcallHandle(LOOKUP.findOrThrow(name), type, options);
    }

    private static SymbolLookup load() {
        Generator.of((yielder, input) -> {}).close(); // its body, which would wait for this class, never runs
        loadHelpers();
        SymbolLookup lookup = SymbolLookup.loaderLookup();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment functions = arena.allocate(ValueLayout.ADDRESS, FUNCTIONS.length);
            for (int i = 0; i < FUNCTIONS.length; i++) {
                functions.setAtIndex(ValueLayout.ADDRESS, i, lookup.findOrThrow("fringe_" + FUNCTIONS[i]));
            }
            MethodHandle start = Linker.nativeLinker().downcallHandle(lookup.findOrThrow("bench_start"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            int answer = (int) start.invokeExact(functions);
            if (answer != 0) {
                throw new IllegalStateException("bench_start: " + answer);
            }
            return lookup;
        } catch (Throwable t) {
            throw new IllegalStateException("the native helpers don't start", t);
        }
    }

    private static void loadHelpers() {
        try (InputStream in = Natives.class.getResourceAsStream("libfringe-bench.so")) {
            if (in == null) {
                throw new IllegalStateException("no libfringe-bench.so on the class path");
            }
            Path copy = Files.createTempFile("libfringe-bench", ".so");
            try {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
                System.load(copy.toString());
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw new IllegalStateException("can't extract libfringe-bench.so", e);
        }
    }
}
