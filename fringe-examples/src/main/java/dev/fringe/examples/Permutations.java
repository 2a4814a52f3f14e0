// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All orders of some things as a lazy stream, from the textbook's recursion; and a puzzle solved with it. */
public final class Permutations {

    private Permutations() {}

    /** Swaps each of the rest to the front, in turn, and permutes what is behind it. */
    private static <T> void permute(List<T> list, int from, Yielder<Void, List<T>> yielder) {
        if (from == list.size()) {
            yielder.suspend(List.copyOf(list));
            return;
        }
        for (int i = from; i < list.size(); i++) {
            list.add(from, list.remove(i));
            permute(list, from + 1, yielder);
            list.add(i, list.remove(from));
        }
    }

    /** In lexicographic order of the positions. Sixty-four come with each switch. */
    static <T> Stream<List<T>> of(List<T> things) {
        Generator.Producer<List<T>> body = yielder -> permute(new ArrayList<>(things), 0, yielder);
        return Generator.builder().buffered(64).build(body).stream();
    }

    private static int number(List<Integer> digits, int... positions) {
        int number = 0;
        for (int position : positions) {
            number = 10 * number + digits.get(position);
        }
        return number;
    }

    /** SEND + MORE = MONEY: S E N D M O R Y are the first eight of the permuted digits. */
    private static boolean isSolution(List<Integer> d) {
        return d.get(0) != 0 && d.get(4) != 0
                && number(d, 0, 1, 2, 3) + number(d, 4, 5, 6, 1) == number(d, 4, 5, 2, 1, 7);
    }

    /** Prints some permutations and the solution. */
    public static void main(String[] arguments) {
        try (Stream<List<String>> all = of(List.of("a", "b", "c"))) {
            all.forEach(order -> System.out.println(String.join("", order)));
        }
        try (Stream<List<Integer>> all = of(List.of(9, 8, 7, 6, 5, 4, 3, 2, 1, 0))) {
            List<Integer> d = all.filter(Permutations::isSolution).findFirst().orElseThrow();
            System.out.println(number(d, 0, 1, 2, 3) + " + " + number(d, 4, 5, 6, 1) + " = " + number(d, 4, 5, 2, 1, 7));
        }
    }
}
