// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

/**
 * What a body gets in order to suspend its generator.
 *
 * <p>A yielder belongs to one generator. Only the body of that generator may use it, at any depth of
 * calls: in methods that the body calls, in callbacks of other code that it calls, and below native
 * frames. It must not be used by another thread, nor by the body of another generator (a body that has
 * resumed an inner generator does not run while the inner body does).
 *
 * <p>It is not for applications to implement.
 *
 * @param <I> what {@link Generator#resume} passes in
 * @param <O> what {@link #suspend} passes out
 */
public interface Yielder<I, O> {

    /**
     * Suspends the generator: the {@link Generator#resume} that runs it returns {@code value}. Returns
     * when the generator is resumed again, which may be in another thread, or never.
     *
     * <p>If the generator is {@linkplain Generator#close() closed} instead, this method does not
     * return but unwinds the body with an {@link Error} that the body should let pass; {@code finally}
     * blocks run. While that goes on, further attempts to suspend throw {@link IllegalStateException}.
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
}
