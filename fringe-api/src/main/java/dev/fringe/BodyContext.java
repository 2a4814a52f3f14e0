// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a body sees of the thread that resumes it. A body has a thread of its own, and so none of its resumer's
 * thread-locals. {@link Generator.Builder#context} gives it those that tracing, logging, transactions or logins rely
 * on.
 *
 * <p>A body runs in <i>stretches</i>, from a resume to the point where it suspends or ends. For each stretch the
 * resumer's thread calls {@link #capture} before it switches to the body. Then the body's thread calls {@link #enter},
 * runs, and calls {@link #leave} before it switches back. That goes for {@link Generator#resume resume}, iteration,
 * {@link Generator#throwInto throwInto} and {@link Generator#close close}; when a generator that has become unreachable
 * is unwound, the resumer is a thread of the library.
 *
 * {@snippet file="BridgeSnippets.java" region="context"}
 *
 * <p>If {@code capture} throws, {@code resume} throws the same and the body is not run. {@code enter} and {@code leave}
 * must not throw; the library logs their exceptions, and the body goes on.
 *
 * @param <S> what is captured
 */
public interface BodyContext<S extends @Nullable Object> {

    /**
     * Called in the thread that is about to resume the body.
     *
     * @return the argument of the other two methods, which may be null; a new object for each call, if they keep
     *     something in it
     */
    S capture();

    /**
     * Called in the body's thread when a stretch begins.
     *
     * @param captured what {@link #capture} has returned for this stretch
     */
    void enter(S captured);

    /**
     * Called in the body's thread when a stretch ends.
     *
     * @param captured what {@link #capture} has returned for this stretch
     */
    void leave(S captured);

    /**
     * Copies thread-locals from the resumer to the body at each resume. When the body suspends or ends, they are
     * removed from its thread. So neither the resumer, nor the body when it goes on, nor later bodies in the same
     * thread see what the body has set in them.
     *
     * @param locals the thread-locals
     * @return a context, which any number of generators can share
     */
    static BodyContext<?> ofThreadLocals(ThreadLocal<?>... locals) {
        @SuppressWarnings("unchecked") // each gets what it has given
        ThreadLocal<Object>[] copy = (ThreadLocal<Object>[]) locals.clone();
        for (ThreadLocal<?> local : copy) {
            Objects.requireNonNull(local, "locals");
        }
        return new BodyContext<Object[]>() {

            @Override
            public Object[] capture() {
                Object[] values = new Object[copy.length];
                for (int i = 0; i < copy.length; i++) {
                    values[i] = copy[i].get();
                }
                return values;
            }

            @Override
            public void enter(Object[] values) {
                for (int i = 0; i < copy.length; i++) {
                    copy[i].set(values[i]);
                }
            }

            @Override
            public void leave(Object[] values) {
                for (ThreadLocal<Object> local : copy) {
                    local.remove();
                }
            }
        };
    }
}
