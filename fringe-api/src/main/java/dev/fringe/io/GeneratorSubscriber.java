// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import dev.fringe.Generator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber whose body reads the published buffers as one stream of bytes, and returns a result. The thread that
 * calls {@code onNext} and {@code onComplete} runs the body while it has something to read; see {@link
 * GeneratorOutputStream}.
 *
 * <p>It requests one item after the other. If the body returns before the end of its input, the subscription is
 * cancelled. If the subscription ends with {@code onError}, the body's read throws that error.
 *
 * <p>It takes lists of buffers, as {@code java.net.http} publishes them.
 *
 * {@snippet file="BridgeSnippets.java" region="subscriber"}
 *
 * @param <R> what the body returns
 */
public final class GeneratorSubscriber<R extends @Nullable Object> implements Flow.Subscriber<List<ByteBuffer>> {

    private final GeneratorOutputStream<R> out;
    private final CompletableFuture<R> result = new CompletableFuture<>();
    private final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();

    private GeneratorSubscriber(GeneratorOutputStream<R> out) {
        this.out = out;
    }

    /**
     * Makes a subscriber of a body, for one subscription.
     *
     * @param body reads the bytes
     * @param <R> what it returns
     * @return a new subscriber, whose body has not started
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <R extends @Nullable Object> GeneratorSubscriber<R> of(GeneratorOutputStream.Body<R> body) {
        return new GeneratorSubscriber<>(GeneratorOutputStream.of(body));
    }

    /**
     * Makes a subscriber of a body, with a builder for the generator.
     *
     * @param builder makes the generator; should be {@linkplain Generator.Builder#shared shared}, because a publisher
     *     may call from any thread
     * @param body reads the bytes
     * @param <R> what it returns
     * @return a new subscriber, whose body has not started
     * @throws IllegalStateException if the builder's stack is in use
     * @throws UnsupportedOperationException if no backend fits this machine
     * @throws IllegalCallerException if the virtual machine denies native access
     * @throws OutOfMemoryError if there can be no more generators: the message names the limit
     */
    public static <R extends @Nullable Object> GeneratorSubscriber<R> of(Generator.Builder builder, GeneratorOutputStream.Body<R> body) {
        return new GeneratorSubscriber<>(GeneratorOutputStream.of(builder, body));
    }

    /**
     * Returns the outcome of the body.
     *
     * @return a stage that is completed with the body's result or exception when the body has ended
     */
    public CompletionStage<R> result() {
        return result;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        Objects.requireNonNull(given, "subscription");
        if (subscription.compareAndSet(null, given)) {
            given.request(1);
        } else {
            given.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        Objects.requireNonNull(buffers, "buffers");
        if (out.isDone()) {
            return; // items that were on their way when the subscription was cancelled
        }
        Flow.Subscription from = Objects.requireNonNull(subscription.get(), "onSubscribe has not been called");
        try {
            for (ByteBuffer buffer : buffers) {
                out.write(buffer);
            }
        } catch (Throwable t) {
            result.completeExceptionally(t);
            from.cancel();
            release();
            return;
        }
        if (out.isDone()) {
            complete();
            from.cancel();
        } else {
            from.request(1);
        }
    }

    @Override
    public void onError(Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        try {
            out.fail(cause);
        } catch (Throwable t) {
            result.completeExceptionally(t);
            return;
        }
        complete();
    }

    @Override
    public void onComplete() {
        complete();
    }

    private void complete() {
        try {
            result.complete(out.result());
        } catch (Throwable t) {
            result.completeExceptionally(t);
        }
    }

    /** Frees the body, if it could not be run. */
    private void release() {
        try {
            out.cancel();
        } catch (IOException | RuntimeException e) {
            System.getLogger("dev.fringe").log(System.Logger.Level.WARNING,
                    "the body of a subscriber has thrown while it was unwound", e);
        }
    }
}
