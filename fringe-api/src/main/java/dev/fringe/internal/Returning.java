// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal;

import dev.fringe.Generator;
import dev.fringe.Step;
import dev.fringe.Yielder;
import java.util.Objects;

/** Runs a body that returns a value, and makes steps of what it suspends with and returns. */
public record Returning<I, O, R>(Step.Body<I, O, R> body) implements Generator.Body<I, Step<O, R>> {

    @Override
    public void run(Yielder<I, Step<O, R>> yielder, I input) throws Exception {
        Yielder<I, O> wrapping = output -> yielder.suspend(new Step.Yielded<>(
                Objects.requireNonNull(output, "a generator can't suspend with null; wrap it in an Optional")));
        Step<O, R> end = new Step.Returned<>(body.run(wrapping, input));
        if (yielder instanceof Coroutine<I, Step<O, R>> coroutine) {
            coroutine.last(end);
        } else {
            yielder.suspend(end);
        }
    }
}
