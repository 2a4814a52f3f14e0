// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.stream;

import dev.fringe.Yielder;
import java.util.Arrays;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The elements on their way from a stream to a body. The stream's side fills an array and runs the body when it
 * is full; the body takes the elements from it and suspends when it is empty. So a switch brings as many
 * elements as the array has room for.
 *
 * <p>One side runs at a time, so the fields are plain ones; see {@code Coroutine} for their ordering. While the
 * body does not run, {@code limit} is 0: so the one comparison that each call makes also finds a caller that is
 * not the body, but for another thread that calls while the body runs.
 */
class Inflow<T extends @Nullable Object> implements Elements<T> {

    @SuppressWarnings("NullAway.Init") // set before the body runs
    Yielder<Void, Boolean> yielder;
    /** The body's; null when it does not run. */
    @Nullable Thread thread;
    final Object[] elements;
    int filled;
    int next;
    /** Up to where the body may take elements. */
    private int limit;
    /** Whether no more elements will come. */
    boolean ended;

    Inflow(int capacity) {
        elements = new Object[capacity];
    }

    /** Adds an element, and tells whether there is room for more. For the stream's side. */
    final boolean add(T element) {
        elements[filled++] = element;
        return filled < elements.length;
    }

    /** Whether the body has not taken all. For the stream's side. */
    final boolean isLeft() {
        return next < filled;
    }

    /** Makes room again, when the body has taken all. For the stream's side. */
    final void clear() {
        filled = 0;
        next = 0;
    }

    /** Drops the elements; nothing refers to them any more. For the stream's side. */
    final void discard() {
        Arrays.fill(elements, null);
    }

    /** Called before the body is run. */
    void enter() {
        limit = filled;
    }

    /** Called when the body has been run. */
    void leave() {
        limit = 0;
    }

    /** Called by the body at its start. */
    final void begin(Yielder<Void, Boolean> yielder) {
        this.yielder = yielder;
        thread = Thread.currentThread();
    }

    final void check() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException(thread == null ? "the body that these elements were given to has ended"
                    : "only the body that these elements were given to may take them, in its own thread; "
                    + Thread.currentThread() + " tried");
        }
    }

    @Override
    public final boolean hasNext() {
        return next < limit || await();
    }

    private boolean await() {
        check();
        while (next == filled && !ended) {
            yielder.suspend(true);
        }
        return next < filled;
    }

    private void require() {
        if (!await()) {
            throw new NoSuchElementException("the stream has no more elements");
        }
    }

    @Override
    @SuppressWarnings("unchecked") // the stream has elements of this type
    public final T peek() {
        if (next >= limit) {
            require();
        }
        return (T) elements[next];
    }

    @Override
    @SuppressWarnings("unchecked") // the stream has elements of this type
    public final T next() {
        if (next >= limit) {
            require();
        }
        return (T) elements[next++];
    }
}
