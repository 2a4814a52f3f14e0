// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import dev.fringe.Generator;

/** A program that makes and closes so many generators as its argument says: 0 or 1. Run by {@link StartUpRuns}. */
public final class StartUp {

    private StartUp() {}

    /** Argument: how many. */
    public static void main(String[] arguments) {
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
