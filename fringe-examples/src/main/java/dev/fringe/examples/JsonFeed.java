// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.net.httpserver.HttpServer;
import dev.fringe.io.HttpBodies;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The JDK's HTTP client feeds a JSON parser, as the bytes of a response arrive: Jackson's blocking parser, which
 * is suspended wherever it is when there are no more. Many responses are parsed at the same time, and no thread
 * waits for any of them.
 */
public final class JsonFeed {

    private JsonFeed() {}

    /** Straight-line code over a parser that knows nothing of this. */
    static double sumOfPrices(InputStream in) throws IOException {
        double sum = 0;
        try (JsonParser parser = new JsonFactory().createParser(in)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME && parser.currentName().equals("price")) {
                    parser.nextToken();
                    sum += parser.getDoubleValue();
                }
            }
        }
        return sum;
    }

    /** Serves lists of items, as slowly as a server may: a packet for each item. */
    private static HttpServer serve() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange; PrintWriter out = new PrintWriter(exchange.getResponseBody())) {
                exchange.sendResponseHeaders(200, 0);
                int count = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
                out.print("{\"items\": [");
                for (int i = 1; i <= count; i++) {
                    out.printf("%s%n{\"name\": \"item %d\", \"price\": %d.5}", i == 1 ? "" : ",", i, i);
                    out.flush();
                }
                out.println("]}");
            }
        });
        server.start();
        return server;
    }

    /** Asks for 20 lists at the same time. */
    public static void main(String[] arguments) throws Exception {
        HttpServer server = serve();
        URI uri = URI.create("http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort());
        try (HttpClient client = HttpClient.newHttpClient()) {
            List<CompletableFuture<Double>> sums = new ArrayList<>();
            for (int i = 1; i <= 20; i++) {
                HttpRequest request = HttpRequest.newBuilder(uri.resolve("/" + i * 10)).build();
                sums.add(client.sendAsync(request, HttpBodies.handler(JsonFeed::sumOfPrices)).thenApply(r -> r.body()));
            }
            System.out.println(sums.subList(17, 20).stream().map(CompletableFuture::join).toList());
        } finally {
            server.stop(0);
        }
    }
}
