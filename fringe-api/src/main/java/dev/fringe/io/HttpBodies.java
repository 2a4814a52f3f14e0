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
 * Bodies of requests and responses for the JDK's HTTP client: the request's is written, the response's is read,
 * each by straight-line code, as the bytes come and go.
 *
 * <p>It needs the module {@code java.net.http}, which the library does not ask for otherwise.
 */
public final class HttpBodies {

    private HttpBodies() {}

    /**
     * A request body that a generator's body writes, as far as the connection takes it. It is sent in chunks,
     * because its length is not known. It is written anew if the request is sent again.
     *
     * {@snippet file="BridgeSnippets.java" region="request"}
     *
     * @param executor runs the body; that of the client will do
     * @param body what writes
     * @return a new publisher
     */
    public static HttpRequest.BodyPublisher publisher(Executor executor, GeneratorInputStream.Body body) {
        return HttpRequest.BodyPublishers.fromPublisher(BytePublishers.of(executor, body));
    }

    /**
     * A request body of known length that a generator's body writes.
     *
     * @param executor runs the body; that of the client will do
     * @param length how many bytes the body writes, at least 1
     * @param body what writes
     * @return a new publisher
     * @throws IllegalArgumentException if {@code length} is less than 1
     */
    public static HttpRequest.BodyPublisher publisher(Executor executor, long length,
            GeneratorInputStream.Body body) {
        return HttpRequest.BodyPublishers.fromPublisher(BytePublishers.of(executor, body), length);
    }

    /**
     * A handler whose body reads the response, as it arrives, and returns what the response's {@code body()}
     * is. It runs in threads of the client's executor. If it returns before the end, the connection is closed;
     * if the response breaks off, its read throws.
     *
     * {@snippet file="BridgeSnippets.java" region="response"}
     *
     * @param body what reads; each response gets a run of its own
     * @param <R> what it returns
     * @return a new handler
     */
    public static <R extends @Nullable Object> HttpResponse.BodyHandler<R> handler(GeneratorOutputStream.Body<R> body) {
        Objects.requireNonNull(body, "body");
        return response -> subscriber(body);
    }

    /**
     * A subscriber for one response, for handlers that look at its status and headers first.
     *
     * @param body what reads
     * @param <R> what it returns
     * @return a new subscriber
     */
    public static <R extends @Nullable Object> HttpResponse.BodySubscriber<R> subscriber(GeneratorOutputStream.Body<R> body) {
        return new Subscriber<>(GeneratorSubscriber.of(body));
    }

    /** The same by another name. */
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
