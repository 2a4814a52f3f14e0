// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Iterator;
import java.util.Objects;
import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Suspends a generator; the body gets it as an argument.
 *
 * <p>A yielder belongs to one generator. Only the body of that generator may use it, at any depth of
 * calls: in methods that the body calls, in callbacks of other code that it calls, and below native
 * frames. It must not be used by another thread, nor by the body of another generator (a body that has
 * resumed an inner generator does not run while the inner body does).
 *
 * <p>A yielder is a {@link Consumer}, so code that pushes values into a consumer can be turned into a generator:
 *
 * {@snippet file="GuideSnippets.java" region="consumer"}
 *
 * <p>It is not for applications to implement.
 *
 * @param <I> what {@link Generator#resume} passes in
 * @param <O> what {@link #suspend} passes out
 */
public interface Yielder<I extends @Nullable Object, O> extends Consumer<O> {

    /**
     * Suspends the generator: the {@link Generator#resume} that runs it returns {@code value}. Returns when the
     * generator is resumed again, which may happen in another thread, or never.
     *
     * <p>If the generator is {@linkplain Generator#close() closed} instead, this method does not return but unwinds the
     * body with an {@link Error} that the body should let pass; {@code finally} blocks run. Meanwhile further attempts
     * to suspend throw {@link IllegalStateException}.
     *
     * @param value what {@code resume} returns; not null
     * @return what the next {@code resume} passes in, which may be null
     * @throws NullPointerException if {@code value} is null; the generator is not suspended then
     * @throws IllegalStateException if the caller is not the body of this generator, if the generator
     *     has ended, or if it is being closed
     * @throws StackOverflowError if there is no room on the stack for the call; the generator is not
     *     suspended then
     */
    I suspend(O value);

    /**
     * {@linkplain #suspend Suspends}, and declares that it may throw an exception of a given type. So a body can catch
     * a checked exception that is {@linkplain Generator#throwInto thrown into} it; the compiler refuses that where
     * nothing declares the exception.
     *
     * {@snippet file="GuideSnippets.java" region="throwIntoChecked"}
     *
     * @param value what {@code resume} returns; not null
     * @param exception the type of what may be thrown into the body here; exceptions of other types are thrown all the
     *     same
     * @param <X> the type
     * @return what the next {@code resume} passes in, which may be null
     * @throws X if that is thrown into the body
     * @throws NullPointerException if {@code value} or {@code exception} is null; the generator is not suspended then
     * @throws IllegalStateException as {@link #suspend(Object)} does
     */
    default <X extends Throwable> I suspend(O value, Class<X> exception) throws X {
        Objects.requireNonNull(exception, "exception");
        return suspend(value);
    }

    /**
     * Whether the generator is being {@linkplain Generator#close() closed}: {@link #suspend} has thrown, or is about to
     * throw, the error that unwinds the body. Code that catches everything should call this, and rethrow what it has
     * caught:
     *
     * {@snippet file="GuideSnippets.java" region="closing"}
     *
     * <p>Code without a yielder calls {@link Generator#isUnwinding}.
     *
     * @return whether it is; the answer is up to date only in the body's own thread
     */
    boolean isClosing();

    /**
     * {@linkplain #suspend Suspends} with a value, and drops what the next {@code resume} passes in.
     *
     * @param value what {@code resume} returns; not null
     * @throws NullPointerException if {@code value} is null
     * @throws IllegalStateException as {@link #suspend} does
     */
    @Override
    default void accept(O value) {
        suspend(value);
    }

    /**
     * Suspends with each value in turn. What {@link Generator#resume} passes in is dropped. A generator whose input
     * type is no supertype of {@code I}, such as {@code Generator<Void, O>} in a body that has input, counts as an
     * iterable, too; the caller closes it.
     *
     * @param values the values, none of them null
     * @throws NullPointerException if a value is null; those before it have come out
     * @throws IllegalStateException as {@link #suspend} does
     */
    default void suspendAll(Iterable<? extends O> values) {
        if (values instanceof Generator<?, ? extends O> generator) {
            Generator.iterate(generator, this);
            return;
        }
        for (O value : values) {
            suspend(value);
        }
    }

    /**
     * Suspends with each value that is left. What {@link Generator#resume} passes in is dropped.
     *
     * @param values the values, none of them null
     * @throws NullPointerException if a value is null; those before it have come out
     * @throws IllegalStateException as {@link #suspend} does
     */
    default void suspendAll(Iterator<? extends O> values) {
        if (values instanceof GeneratorIterator<? extends O> cursor) {
            Generator.iterate(cursor.generator(), this);
            return;
        }
        while (values.hasNext()) {
            suspend(values.next());
        }
    }

    /**
     * Suspends with each value of a stream in turn, and closes the stream, even if the generator is closed before the
     * last value. A parallel stream is made sequential. What {@link Generator#resume} passes in is dropped.
     *
     * @param values the values, none of them null
     * @throws NullPointerException if a value is null; those before it have come out
     * @throws IllegalStateException as {@link #suspend} does
     */
    default void suspendAll(Stream<? extends O> values) {
        try (values) {
            Spliterator<? extends O> each = values.sequential().spliterator();
            if (each instanceof GeneratorIterator<? extends O> cursor) {
                Generator.iterate(cursor.generator(), this);
            } else {
                each.forEachRemaining(this);
            }
        }
    }

    /**
     * Lets another generator take the place of this one until the other's body has ended, resumed with null at first;
     * see {@link #suspendAll(Generator, Object)}.
     *
     * @param generator the other generator
     * @throws WrongThreadException if {@code generator} is confined to a thread that is not the body's
     * @throws IllegalStateException if {@code generator} is running or has been closed, and whenever
     *     {@link #suspend} would throw it
     */
    @SuppressWarnings("NullAway") // a body that needs no input may get null, whatever its type
    default void suspendAll(Generator<? super I, ? extends O> generator) {
        suspendAll(generator, null);
    }

    /**
     * Lets another generator take the place of this one until the other's body has ended. The argument of {@link
     * Generator#resume resume} or {@link Generator#throwInto throwInto} of this one goes to the other, and what the
     * other suspends with comes out of this one. A resumer switches straight to the other body, so a chain of such
     * generators takes one switch for each value.
     *
     * {@snippet file="GuideSnippets.java" region="delegation"}
     *
     * <p>An exception that leaves the other body leaves this method. If this generator is closed meanwhile, so is the
     * other. If the other has already ended, this method does nothing.
     *
     * <p>If one of the two is {@linkplain Generator.Builder#buffered buffered}, each value takes a switch of both, and
     * {@code throwInto} throws its exception at this call and not in the other body.
     *
     * @param generator the other generator: one made by this body, or a {@linkplain Generator#ofShared shared} one
     * @param input what the other is resumed with at first; may be null
     * @throws WrongThreadException if {@code generator} is confined to a thread that is not the body's
     * @throws IllegalStateException if {@code generator} is running or has been closed, and whenever
     *     {@link #suspend} would throw it
     */
    default void suspendAll(Generator<? super I, ? extends O> generator, I input) {
        Objects.requireNonNull(generator, "generator");
        Generator.standIn(generator, this, input);
    }

    /**
     * {@link #suspendAll(Generator) suspendAll} for a generator whose body {@linkplain Step returns a value}. This
     * method returns that value.
     *
     * @param generator the other generator
     * @param <R> what its body returns
     * @return what its body has returned, which may be null
     * @throws WrongThreadException if {@code generator} is confined to a thread that is not the body's
     * @throws IllegalStateException if {@code generator} is running or has been closed, if its result has been taken
     *     already, and whenever {@link #suspend} would throw it
     */
    @SuppressWarnings("NullAway") // a body that needs no input may get null, whatever its type
    default <R extends @Nullable Object> R delegate(Generator<? super I, Step<O, R>> generator) {
        return delegate(generator, null);
    }

    /**
     * {@link #suspendAll(Generator, Object) suspendAll} for a generator whose body {@linkplain Step returns a value}.
     * What the other suspends with comes out of this one, without the {@link Step.Yielded} around it. This method
     * returns the other's value.
     *
     * {@snippet file="GuideSnippets.java" region="delegateResult"}
     *
     * @param generator the other generator: one made by this body, or a {@linkplain Generator#ofShared shared} one
     * @param input what the other is resumed with at first; may be null
     * @param <R> what its body returns
     * @return what its body has returned, which may be null
     * @throws WrongThreadException if {@code generator} is confined to a thread that is not the body's
     * @throws IllegalStateException if {@code generator} is running or has been closed, if its result has been taken
     *     already, and whenever {@link #suspend} would throw it
     */
    default <R extends @Nullable Object> R delegate(Generator<? super I, Step<O, R>> generator, I input) {
        Objects.requireNonNull(generator, "generator");
        return Generator.delegate(generator, this, input);
    }
}
