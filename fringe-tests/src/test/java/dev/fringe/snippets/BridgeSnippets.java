// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.snippets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.fringe.BodyContext;
import dev.fringe.Generator;
import dev.fringe.Receiver;
import dev.fringe.io.BytePublishers;
import dev.fringe.io.GeneratorInputStream;
import dev.fringe.io.GeneratorOutputStream;
import dev.fringe.io.GeneratorReader;
import dev.fringe.io.GeneratorSubscriber;
import dev.fringe.io.GeneratorWriter;
import dev.fringe.io.HttpBodies;
import dev.fringe.stream.Collecting;
import dev.fringe.stream.Elements;
import dev.fringe.stream.Gathering;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Gatherer.Downstream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import javax.xml.parsers.SAXParserFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.Attributes;
import org.xml.sax.helpers.DefaultHandler;

/** What the recipes and the documentation of the bridges show; compiled and run. */
class BridgeSnippets {

    // @start region="inputStream"
    static InputStream zipped(Map<String, byte[]> files) {
        return GeneratorInputStream.of(out -> {
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                for (var file : files.entrySet()) {
                    zip.putNextEntry(new ZipEntry(file.getKey()));
                    zip.write(file.getValue());
                }
            }
        });
    }
    // @end

    @Test
    void inputStream() throws IOException {
        try (var zip = new ZipInputStream(zipped(Map.of("a.txt", new byte[1000])))) {
            assertEquals("a.txt", zip.getNextEntry().getName());
            assertEquals(1000, zip.readAllBytes().length);
        }
    }

    @Test
    void reader() throws IOException {
        // @start region="reader"
        Reader report = GeneratorReader.of(out -> {
            PrintWriter printer = new PrintWriter(out);
            for (int i = 1; i <= 3; i++) {
                printer.printf("line %d%n", i);
            }
        });
        List<String> lines = new BufferedReader(report).lines().toList();
        // @end
        assertEquals(List.of("line 1", "line 2", "line 3"), lines);
    }

    private static byte[] gzip(String text) throws IOException {
        return GeneratorInputStream.of(out -> {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(text.getBytes(StandardCharsets.UTF_8));
            }
        }).readAllBytes();
    }

    @Test
    void outputStream() throws IOException {
        List<byte[]> packets = new ArrayList<>();
        for (byte b : gzip("one\ntwo\nthree\n")) {
            packets.add(new byte[] {b});
        }
        // @start region="outputStream"
        GeneratorOutputStream<Long> parser = GeneratorOutputStream.of(in ->
                new BufferedReader(new InputStreamReader(new GZIPInputStream(in))).lines().count());
        for (byte[] packet : packets) { // as they arrive
            parser.write(packet);
        }
        long lines = parser.result();
        // @end
        assertEquals(3, lines);
    }

    @Test
    void writer() throws IOException {
        // @start region="writer"
        GeneratorWriter<List<String>> lines = GeneratorWriter.of(in -> new BufferedReader(in).lines().toList());
        lines.write("one\ntw");
        lines.write("o");
        List<String> result = lines.result(); // one, two
        // @end
        assertEquals(List.of("one", "two"), result);
    }

    @Test
    void publisher() {
        // @start region="publisher"
        Flow.Publisher<ByteBuffer> compressed = BytePublishers.of(Runnable::run, out -> {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write("text".repeat(1000).getBytes(StandardCharsets.UTF_8));
            }
        });
        // @end
        List<ByteBuffer> got = new ArrayList<>();
        compressed.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(ByteBuffer item) {
                got.add(item);
            }

            @Override
            public void onError(Throwable thrown) {
                throw new AssertionError(thrown);
            }

            @Override
            public void onComplete() {
                got.add(null);
            }
        });
        assertEquals(2, got.size());
    }

    @Test
    void subscriber() {
        // @start region="subscriber"
        GeneratorSubscriber<Long> lines = GeneratorSubscriber.of(in ->
                new BufferedReader(new InputStreamReader(in)).lines().count());
        try (SubmissionPublisher<List<ByteBuffer>> publisher = new SubmissionPublisher<>()) {
            publisher.subscribe(lines);
            publisher.submit(List.of(ByteBuffer.wrap("one\ntw".getBytes()), ByteBuffer.wrap("o\n".getBytes())));
        }
        long count = lines.result().toCompletableFuture().join(); // 2
        // @end
        assertEquals(2, count);
    }

    @Test
    void http() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getRequestBody().transferTo(exchange.getResponseBody());
            }
        });
        server.start();
        URI uri = URI.create("http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort());
        try (HttpClient client = HttpClient.newHttpClient()) {
            // @start region="request"
            HttpRequest request = HttpRequest.newBuilder(uri).POST(HttpBodies.publisher(Runnable::run, out -> {
                PrintWriter printer = new PrintWriter(out);
                for (int i = 0; i < 1000; i++) {
                    printer.println("line " + i);
                }
                printer.flush();
            })).build();
            // @end
            // @start region="response"
            long lines = client.send(request, HttpBodies.handler(in ->
                    new BufferedReader(new InputStreamReader(in)).lines().count())).body();
            // @end
            assertEquals(1000, lines);
        } finally {
            server.stop(0);
        }
    }

    // @start region="gathering"
    record Run(String value, int length) {}

    static void runs(Elements<String> in, Downstream<Run> out) {
        while (in.hasNext()) {
            String value = in.next();
            int length = 1;
            while (in.hasNext() && in.peek().equals(value)) {
                in.next();
                length++;
            }
            out.push(new Run(value, length));
        }
    }

    static List<Run> runLengths(Stream<String> values) {
        return values.gather(Gathering.buffered(64, BridgeSnippets::runs)).toList();
    }
    // @end

    @Test
    void gathering() {
        assertEquals(List.of(new Run("a", 2), new Run("b", 1)), runLengths(Stream.of("a", "a", "b")));
    }

    @Test
    void collecting() {
        Stream<Integer> values = Stream.of(3, 1, 4, 1, 5);
        // @start region="collecting"
        int rises = values.collect(Collecting.sequential(in -> {
            int count = 0;
            for (int last = in.next(); in.hasNext();) {
                int next = in.next();
                if (next > last) {
                    count++;
                }
                last = next;
            }
            return count;
        }));
        // @end
        assertEquals(2, rises);
    }

    // ---- callbacks that are pulled from ---------------------------------------------------------

    // @start region="walk"
    static Generator<Void, Path> walk(Path root) {
        return Generator.of(yielder -> Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                yielder.suspend(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE; // Files.walk would end with an exception
            }
        }));
    }
    // @end

    @Test
    void walking(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("a/b"));
        for (String name : List.of("1", "a/2", "a/b/3")) {
            Files.writeString(root.resolve(name), name);
        }
        List<String> names = new ArrayList<>();
        try (Generator<Void, Path> files = walk(root)) {
            for (Path file : files) {
                names.add(root.relativize(file).toString());
            }
        }
        assertEquals(List.of("1", "a/2", "a/b/3"), names.stream().sorted().toList());
    }

    // @start region="saxRecipe"
    static Generator<Void, String> titles(InputStream in) {
        return Generator.of(yielder -> SAXParserFactory.newInstance().newSAXParser().parse(in, new DefaultHandler() {
            private final StringBuilder text = new StringBuilder();

            @Override
            public void startElement(String uri, String local, String name, Attributes attributes) {
                text.setLength(0);
            }

            @Override
            public void characters(char[] characters, int start, int length) {
                text.append(characters, start, length);
            }

            @Override
            public void endElement(String uri, String local, String name) {
                if (name.equals("title")) {
                    yielder.suspend(text.toString());
                }
            }
        }));
    }
    // @end

    @Test
    void saxRecipe() {
        InputStream in = new ByteArrayInputStream(
                "<list><title>one</title><x/><title>two</title><not well-formed".getBytes(StandardCharsets.UTF_8));
        try (Generator<Void, String> titles = titles(in)) {
            assertEquals("one", titles.iterator().next());
            assertEquals("two", titles.iterator().next());
        }
    }

    private static final ThreadLocal<String> USER = new ThreadLocal<>();

    @Test
    void context() {
        // @start region="context"
        Generator<Void, String> greetings = Generator.builder().context(BodyContext.ofThreadLocals(USER))
                .build(yielder -> {
                    while (true) {
                        yielder.suspend("hello " + USER.get());
                    }
                });
        USER.set("Ada");
        String one = greetings.resume().orElseThrow(); // hello Ada
        USER.set("Bob");
        String two = greetings.resume().orElseThrow(); // hello Bob
        // @end
        assertEquals("hello Ada", one);
        assertEquals("hello Bob", two);
        greetings.close();
        USER.remove();
    }

    private static final ScopedValue<String> TENANT = ScopedValue.newInstance();

    @Test
    void scopedValue() {
        // @start region="scopedValue"
        Generator<Void, String> tenants = ScopedValue.where(TENANT, "creator").call(() -> {
            String tenant = TENANT.get(); // of the thread that makes the generator
            return Generator.of(yielder -> ScopedValue.where(TENANT, tenant).run(() -> {
                yielder.suspend(TENANT.get());
                yielder.suspend(TENANT.get());
            }));
        });
        List<String> got = tenants.take(3); // creator, creator
        // @end
        assertEquals(List.of("creator", "creator"), got);
        Generator<Void, Boolean> unbound = ScopedValue.where(TENANT, "resumer").call(() ->
                Generator.of(yielder -> yielder.suspend(TENANT.isBound())));
        assertFalse(ScopedValue.where(TENANT, "resumer").call(unbound::first).orElseThrow());
    }

    @Test
    void take() {
        // @start region="take"
        Generator<Void, Integer> squares = Generator.of(yielder -> {
            for (int i = 1;; i++) {
                yielder.suspend(i * i);
            }
        });
        List<Integer> some = squares.take(4); // 1, 4, 9, 16, and it is closed
        // @end
        assertEquals(List.of(1, 4, 9, 16), some);
        assertEquals(Generator.State.CLOSED, squares.state());
    }

    @Test
    void streamOf() {
        List<String> words = List.of("pull", "what", "is", "pushed");
        // @start region="streamOf"
        String first = Generator.stream(words::forEach).filter(word -> word.length() == 2).findFirst().orElseThrow();
        // @end
        assertEquals("is", first);
    }

    @Test
    void receiver() {
        List<String> pairs = new ArrayList<>();
        // @start region="receiver"
        Generator<String, Boolean> pairing = Generator.ofReceiver(in -> {
            while (true) {
                pairs.add(in.receive() + " and " + in.receive());
            }
        });
        for (String name : List.of("Ada", "Bob", "Cyd", "Dan")) {
            pairing.resume(name);
        }
        pairing.close(); // pairs: Ada and Bob, Cyd and Dan
        // @end
        assertEquals(List.of("Ada and Bob", "Cyd and Dan"), pairs);
    }

    /** The page of recipes shows nothing that is not compiled here. */
    @Test
    void recipesShowWhatIsHere() throws IOException {
        Path snippets = Path.of("src/test/java/dev/fringe/snippets");
        String here = stripped(Files.readString(snippets.resolve("BridgeSnippets.java"))
                + Files.readString(snippets.resolve("LibrarySnippets.java")));
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../docs/recipes.md")));
        int count = 0;
        while (blocks.find()) {
            for (String part : blocks.group(1).split("\n\n(?=\\S)")) {
                assertTrue(here.contains(stripped(part)), "not here: " + part);
                count++;
            }
        }
        assertTrue(count > 10, count + " pieces of Java");
    }

    private static String stripped(String text) {
        return text.replaceAll("// @(start|end).*", "").replaceAll("\\s+", " ").strip();
    }
}
