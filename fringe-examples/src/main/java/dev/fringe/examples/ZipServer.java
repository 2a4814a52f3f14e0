// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import com.sun.net.httpserver.HttpServer;
import dev.fringe.io.GeneratorInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * A server that asks a handler for an {@link InputStream} gets one whose bytes a {@link ZipOutputStream} makes
 * while the client downloads them: 100 MB of files, of which no more than some KiB are ever in memory.
 */
public final class ZipServer {

    private static final int FILES = 100;
    private static final byte[] LINE = "The same line over and over again.\n".getBytes(StandardCharsets.US_ASCII);
    private static final int LINES = 1_000_000 / LINE.length;

    private ZipServer() {}

    /** How many web frameworks want the body of a response. */
    interface Handler {
        InputStream handle(String path);
    }

    /** The one call that turns the writer around. */
    static InputStream archive(String path) {
        return GeneratorInputStream.of(out -> {
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                for (int i = 0; i < FILES; i++) {
                    zip.putNextEntry(new ZipEntry(path.substring(1) + "/file" + i + ".txt"));
                    for (int line = 0; line < LINES; line++) {
                        zip.write(LINE);
                    }
                }
            }
        });
    }

    private static HttpServer serve(Handler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange; InputStream body = handler.handle(exchange.getRequestURI().getPath())) {
                exchange.sendResponseHeaders(200, 0);
                body.transferTo(exchange.getResponseBody());
            }
        });
        server.start();
        return server;
    }

    /** Downloads an archive, and says what is in it. */
    public static void main(String[] arguments) throws Exception {
        HttpServer server = serve(ZipServer::archive);
        URI uri = URI.create("http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort());
        try (HttpClient client = HttpClient.newHttpClient(); ZipInputStream zip = new ZipInputStream(client.send(
                HttpRequest.newBuilder(uri.resolve("/all")).build(), HttpResponse.BodyHandlers.ofInputStream()).body())) {
            int files = 0;
            long bytes = 0;
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files++;
                bytes += zip.skip(Long.MAX_VALUE);
            }
            System.out.println(files + " files of " + bytes / files + " bytes");
        } finally {
            server.stop(0);
        }
    }
}
