// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * A program that makes and closes so many generators as its argument says, 0 or 1, or calls one native function
 * instead. Run by {@link StartUpRuns}.
 */
public final class StartUp {

    private StartUp() {}

    static final String DOWNCALL = "downcall";

    /** Argument: how many, or {@link #DOWNCALL}. */
    public static void main(String[] arguments) throws Throwable {
        if (arguments[0].equals(DOWNCALL)) {
            Linker linker = Linker.nativeLinker();
            System.out.println((int) linker.downcallHandle(linker.defaultLookup().findOrThrow("getpid"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT)).invokeExact());
            return;
        }
        int count = Integer.parseInt(arguments[0]);
        Object last = null;
        for (int i = 0; i < count; i++) {
            try (Generator<Object, Object> generator = Generator.of((yielder, input) -> yielder.suspend(input))) {
                last = generator.resume("value").orElseThrow();
            }
        }
        System.out.println(last);
    }
}
