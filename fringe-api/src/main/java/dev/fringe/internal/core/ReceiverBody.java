// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.Generator;
import dev.fringe.Receiver;
import dev.fringe.Yielder;

/** Runs a body that only takes input, and suspends with true whenever it asks for more. */
public record ReceiverBody<I>(Receiver.Body<I> body) implements Generator.Body<I, Boolean> {

    @Override
    public void run(Yielder<I, Boolean> yielder, I input) throws Exception {
        body.run(new Inputs<>(yielder, input));
    }

    /** What such a body gets. */
    private static final class Inputs<I> implements Receiver<I> {

        private final Yielder<I, Boolean> yielder;
        /** What the body was started with, until it has asked for it. */
        private I first;
        private boolean fresh = true;

        Inputs(Yielder<I, Boolean> yielder, I first) {
            this.yielder = yielder;
            this.first = first;
        }

        @Override
        public I receive() {
            if (!fresh) {
                return yielder.suspend(true);
            }
            I input = first;
            first = null;
            fresh = false;
            return input;
        }
    }
}
