// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.fringe.io.BytePublishers;
import dev.fringe.io.GeneratorSubscriber;
import dev.fringe.io.HttpBodies;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bodies of requests and responses, and what they are made of: publishers and subscribers of bytes. */
@Tag("semantics")
class HttpBodiesTest {

    private static final byte[] TEXT = "a line of text\n".repeat(100_000).getBytes(StandardCharsets.UTF_8);

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private HttpServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(executor);
        server.createContext("/echo", exchange -> {
            try (exchange; InputStream in = exchange.getRequestBody()) {
                exchange.sendResponseHeaders(200, 0);
                in.transferTo(exchange.getResponseBody());
            }
        });
        server.createContext("/text", exchange -> {
            try (exchange; OutputStream out = new GZIPOutputStream(begin(exchange))) {
                out.write(TEXT);
            }
        });
        server.createContext("/broken", exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write(new byte[500]);
            exchange.getResponseBody().flush();
            exchange.close(); // too early
        });
        server.start();
        client = HttpClient.newBuilder().executor(executor).build();
    }

    private static OutputStream begin(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        client.close();
        server.stop(0);
        executor.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + server.getAddress().getHostString() + ":"
                + server.getAddress().getPort() + path));
    }

    private static int lines(InputStream in) throws IOException {
        int lines = 0;
        BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            assertEquals("a line of text", line);
            lines++;
        }
        return lines;
    }

    @Test
    void requestIsWrittenAndResponseIsRead() throws Exception {
        HttpResponse<Integer> response = client.send(request("/echo").POST(HttpBodies.publisher(executor, out -> {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(TEXT);
            }
        })).build(), HttpBodies.handler(HttpBodiesTest::lines));
        assertEquals(200, response.statusCode());
        assertEquals(100_000, response.body());
    }

    @Test
    void requestOfKnownLength() throws Exception {
        HttpResponse<byte[]> response = client.send(
                request("/echo").POST(HttpBodies.publisher(executor, TEXT.length, out -> out.write(TEXT))).build(),
                HttpBodies.handler(InputStream::readAllBytes));
        assertArrayEquals(TEXT, response.body());
    }

    @Test
    void responseThatIsReadInPart() throws Exception {
        assertEquals("a line of text", client.send(request("/text").build(), HttpBodies.handler(in ->
                new BufferedReader(new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8)).readLine()))
                .body());
        assertEquals(100_000, client.send(request("/text").build(), HttpBodies.handler(HttpBodiesTest::lines)).body());
    }

    @Test
    void responseThatBreaksOff() throws Exception {
        List<Object> seen = new ArrayList<>();
        assertThrows(IOException.class, () -> client.send(request("/broken").build(), HttpBodies.handler(in -> {
            try {
                return in.readAllBytes();
            } catch (IOException e) {
                seen.add(e);
                throw e;
            }
        })));
        assertEquals(1, seen.size(), "the body has not taken it for the end");
    }

    @Test
    void exceptionOfTheReadingBody() {
        IOException bad = new IOException("bad input");
        IOException thrown = assertThrows(IOException.class,
                () -> client.send(request("/text").build(), HttpBodies.handler(in -> {
                    in.read();
                    throw bad;
                })));
        Throwable cause = thrown;
        while (cause != null && cause != bad) {
            cause = cause.getCause();
        }
        assertSame(bad, cause);
    }

    @Test
    void exceptionOfTheWritingBody() {
        IOException bad = new IOException("bad output");
        IOException thrown = assertThrows(IOException.class,
                () -> client.send(request("/echo").POST(HttpBodies.publisher(executor, out -> {
                    out.write(TEXT);
                    throw bad;
                })).build(), HttpResponse.BodyHandlers.discarding()));
        Throwable cause = thrown;
        while (cause != null && cause != bad) {
            cause = cause.getCause();
        }
        assertSame(bad, cause);
    }

    // ---- without HTTP ---------------------------------------------------------------------------

    /** Passes single buffers on as lists, one for each request. */
    private static <R> Flow.Subscriber<ByteBuffer> lists(GeneratorSubscriber<R> to, List<Object> log) {
        return new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                to.onSubscribe(new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        assertEquals(1, n);
                        subscription.request(n);
                    }

                    @Override
                    public void cancel() {
                        log.add("cancel");
                        subscription.cancel();
                    }
                });
            }

            @Override
            public void onNext(ByteBuffer item) {
                log.add(item.remaining());
                to.onNext(List.of(item));
            }

            @Override
            public void onError(Throwable cause) {
                log.add(cause);
                to.onError(cause);
            }

            @Override
            public void onComplete() {
                log.add("complete");
                to.onComplete();
            }
        };
    }

    @Test
    void buffersAreFullOrFlushed() throws Exception {
        List<Object> log = new ArrayList<>();
        GeneratorSubscriber<byte[]> subscriber = GeneratorSubscriber.of(InputStream::readAllBytes);
        BytePublishers.of(Runnable::run, 10, out -> {
            out.write(new byte[25]);
            out.flush();
            out.flush();
            out.write(1);
            out.write(2);
            out.close();
            assertThrows(IOException.class, () -> out.write(3));
        }).subscribe(lists(subscriber, log));
        assertEquals(List.of(10, 10, 5, 2, "complete"), log);
        byte[] all = subscriber.result().toCompletableFuture().get();
        assertEquals(27, all.length);
        assertEquals(2, all[26]);
        assertThrows(IllegalArgumentException.class, () -> BytePublishers.of(Runnable::run, 0, out -> { }));
    }

    @Test
    void bodyThatHasEnoughCancelsAndTheOtherIsUnwound() {
        List<Object> log = new ArrayList<>();
        GeneratorSubscriber<Integer> subscriber = GeneratorSubscriber.of(InputStream::read);
        BytePublishers.of(Runnable::run, 10, out -> {
            try {
                while (true) {
                    out.write(7);
                }
            } finally {
                out.write(new byte[100]); // goes nowhere
                log.add("unwound");
            }
        }).subscribe(lists(subscriber, log));
        assertEquals(List.of(10, "cancel", "unwound"), log);
        assertEquals(7, subscriber.result().toCompletableFuture().join());
    }

    @Test
    void errorOfThePublisherIsThrownByTheRead() {
        List<Object> log = new ArrayList<>();
        IOException broken = new IOException("broken");
        GeneratorSubscriber<byte[]> subscriber = GeneratorSubscriber.of(InputStream::readAllBytes);
        BytePublishers.of(Runnable::run, 10, out -> {
            out.write(new byte[15]);
            throw broken;
        }).subscribe(lists(subscriber, log));
        assertEquals(List.of(10, 5, broken), log);
        CompletionException thrown = assertThrows(CompletionException.class,
                () -> subscriber.result().toCompletableFuture().join());
        assertSame(broken, thrown.getCause());
    }

    @Test
    void exceptionOfTheBodyCancels() {
        List<Object> log = new ArrayList<>();
        GeneratorSubscriber<byte[]> subscriber = GeneratorSubscriber.of(in -> {
            in.read();
            throw new IllegalArgumentException("bad input");
        });
        BytePublishers.of(Runnable::run, 10, out -> out.write(new byte[100])).subscribe(lists(subscriber, log));
        assertEquals(List.of(10, "cancel"), log);
        CompletionException thrown = assertThrows(CompletionException.class,
                () -> subscriber.result().toCompletableFuture().join());
        assertInstanceOf(IllegalArgumentException.class, thrown.getCause());
    }

    @Test
    void oneSubscriptionOnly() {
        List<String> log = new ArrayList<>();
        GeneratorSubscriber<byte[]> subscriber = GeneratorSubscriber.of(InputStream::readAllBytes);
        for (String name : List.of("first", "second")) {
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long n) {
                    log.add(name + " " + n);
                }

                @Override
                public void cancel() {
                    log.add(name + " cancel");
                }
            });
        }
        assertEquals(List.of("first 1", "second cancel"), log);
        assertThrows(NullPointerException.class, () -> subscriber.onNext(null));
        assertThrows(NullPointerException.class, () -> subscriber.onError(null));
        assertThrows(NullPointerException.class, () -> subscriber.onSubscribe(null));
        subscriber.onComplete();
        assertTrue(subscriber.result().toCompletableFuture().isDone());
    }
}
