// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;

/**
 * A program with a bug in the body of a generator: it is resumed with an index that its array does not
 * have. The trace goes from the line that fails through the boundary of the generator down to main.
 */
public final class Backtrace {

    private Backtrace() {}

    /** Runs it, and prints the exception. */
    public static void main(String[] arguments) {
        try (Generator<Integer, Integer> generator = Generator.builder().name("buggy").build((yielder, index) -> {
            int[] values = {1, 2, 3};
            int next = index;
            while (true) {
                next = yielder.suspend(values[next]);
            }
        })) {
            System.out.println(generator.resume(5));
        } catch (ArrayIndexOutOfBoundsException e) {
            e.printStackTrace(System.out);
        }
    }
}
