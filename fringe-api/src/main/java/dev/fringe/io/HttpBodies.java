// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.io;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of requests and responses for the JDK's HTTP client. Straight-line code writes the request's body and reads
 * the response's, as the bytes come and go.
 *
 * <p>It needs the module {@code java.net.http}; the rest of the library does not.
 */
public final class HttpBodies {

    private HttpBodies() {}

    /**
     * Makes a request body that a generator's body writes, as the connection takes it. It is sent in chunks, because
     * its length is not known. If the request is sent again, a new body writes it.
     *
     * {@snippet file="BridgeSnippets.java" region="request"}
     *
     * @param executor runs the body; that of the client will do
     * @param body writes the bytes
     * @return a new publisher
     */
    public static HttpRequest.BodyPublisher publisher(Executor executor, GeneratorInputStream.Body body) {
        return HttpRequest.BodyPublishers.fromPublisher(BytePublishers.of(executor, body));
    }

    /**
     * Makes a request body of known length that a generator's body writes.
     *
     * @param executor runs the body; that of the client will do
     * @param length how many bytes the body writes, at least 1
     * @param body writes the bytes
     * @return a new publisher
     * @throws IllegalArgumentException if {@code length} is less than 1
     */
    public static HttpRequest.BodyPublisher publisher(Executor executor, long length,
            GeneratorInputStream.Body body) {
        return HttpRequest.BodyPublishers.fromPublisher(BytePublishers.of(executor, body), length);
    }

    /**
     * Makes a handler whose body reads the response as it arrives, and returns the response's {@code body()}. The body
     * runs in threads of the client's executor. If it returns before the end, the connection is closed. If the response
     * breaks off, the body's read throws.
     *
     * {@snippet file="BridgeSnippets.java" region="response"}
     *
     * @param body reads the response; each response gets a run of its own
     * @param <R> what it returns
     * @return a new handler
     */
    public static <R extends @Nullable Object> HttpResponse.BodyHandler<R> handler(GeneratorOutputStream.Body<R> body) {
        Objects.requireNonNull(body, "body");
        return response -> subscriber(body);
    }

    /**
     * Makes a subscriber for one response, for handlers that look at its status and headers first.
     *
     * @param body reads the response
     * @param <R> what it returns
     * @return a new subscriber
     */
    public static <R extends @Nullable Object> HttpResponse.BodySubscriber<R> subscriber(GeneratorOutputStream.Body<R> body) {
        return new Subscriber<>(GeneratorSubscriber.of(body));
    }

    /** The subscriber as the client's type. */
    private record Subscriber<R extends @Nullable Object>(GeneratorSubscriber<R> to) implements HttpResponse.BodySubscriber<R> {

        @Override
        public CompletionStage<R> getBody() {
            return to.result();
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            to.onSubscribe(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            to.onNext(buffers);
        }

        @Override
        public void onError(Throwable cause) {
            to.onError(cause);
        }

        @Override
        public void onComplete() {
            to.onComplete();
        }
    }
}
