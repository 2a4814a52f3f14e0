// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.io.GeneratorOutputStream;
import dev.fringe.io.GeneratorWriter;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamReader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.SAXParseException;

/** A caller that writes, a body that reads. */
@Tag("semantics")
class GeneratorOutputStreamTest {

    private static byte[] random(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8191, 8192, 8193, 300_000})
    void sizesOfWritesAndReads(int piece) throws IOException {
        int size = Scale.of(300_000, 10_000);
        byte[] bytes = random(piece, size);
        for (int asked : new int[] {1, 100, 8192, 1 << 20}) {
            GeneratorOutputStream<byte[]> out = GeneratorOutputStream.of(in -> {
                ByteArrayOutputStream got = new ByteArrayOutputStream();
                byte[] buffer = new byte[asked];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    got.write(buffer, 0, n);
                }
                return got.toByteArray();
            });
            write(out, bytes, piece);
            assertArrayEquals(bytes, out.result());
        }
        GeneratorOutputStream<byte[]> all = GeneratorOutputStream.of(InputStream::readAllBytes);
        write(all, bytes, piece);
        assertArrayEquals(bytes, all.result());
        GeneratorOutputStream<byte[]> transferred = GeneratorOutputStream.of(in -> {
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            assertEquals(10, in.skip(10));
            assertEquals(size - 10, in.transferTo(got));
            return got.toByteArray();
        });
        write(transferred, bytes, piece);
        assertArrayEquals(Arrays.copyOfRange(bytes, 10, size), transferred.result());
    }

    /** In all the ways that there are, one after the other. */
    private static void write(GeneratorOutputStream<?> out, byte[] bytes, int piece) throws IOException {
        int way = 0;
        for (int i = 0; i < bytes.length; i += piece) {
            int n = Math.min(piece, bytes.length - i);
            switch (way++ % 5) {
                case 0 -> out.write(bytes, i, n);
                case 1 -> assertEquals(n, out.write(ByteBuffer.wrap(bytes, i, n)));
                case 2 -> out.accept(ByteBuffer.allocateDirect(n + 2).put(1, bytes, i, n).slice(1, n));
                case 3 -> out.accept(ByteBuffer.wrap(bytes).slice(i, n).asReadOnlyBuffer());
                default -> {
                    for (int j = i; j < i + n; j++) {
                        out.write(bytes[j]);
                    }
                }
            }
        }
    }

    @Test
    void theBodyRunsAsFarAsThereIsInput() throws IOException {
        List<Object> log = new ArrayList<>();
        GeneratorOutputStream<String> out = GeneratorOutputStream.of(in -> {
            log.add("start");
            for (int b = in.read(); b >= 0; b = in.read()) {
                log.add(b);
                log.add("left " + in.available());
            }
            return "result";
        });
        assertEquals(List.of(), log);
        out.write(new byte[0]);
        assertEquals(List.of(), log);
        out.write(new byte[] {1, 2});
        assertEquals(List.of("start", 1, "left 1", 2, "left 0"), log);
        out.write(3);
        out.flush();
        assertEquals(List.of("start", 1, "left 1", 2, "left 0", 3, "left 0"), log);
        assertFalse(out.isDone());
        out.close();
        assertTrue(out.isDone());
        assertFalse(out.isOpen());
        assertEquals("result", out.result());
        out.close();
        assertThrows(IOException.class, () -> out.write(1));
        assertThrows(ClosedChannelException.class, () -> out.write(ByteBuffer.allocate(1)));
        assertThrows(UncheckedIOException.class, () -> out.accept(ByteBuffer.allocate(1)));
    }

    @Test
    void emptyInput() throws IOException {
        assertEquals(-1, GeneratorOutputStream.of(InputStream::read).result());
        assertSame(null, GeneratorOutputStream.of(in -> null).result());
        assertThrows(EOFException.class, GeneratorOutputStream.of(GZIPInputStream::new)::close);
    }

    @Test
    void bodyThatHasEnoughDropsTheRest() throws IOException {
        GeneratorOutputStream<Integer> out = GeneratorOutputStream.of(InputStream::read);
        out.write(new byte[] {42, 43});
        assertTrue(out.isDone());
        out.write(new byte[1000]);
        out.write(1);
        assertEquals(42, out.result());
    }

    @Test
    void exceptionLeavesTheCallThatRanTheBody() throws IOException {
        IOException thrown = new IOException("bad input");
        GeneratorOutputStream<Void> out = GeneratorOutputStream.of(in -> {
            in.read();
            throw thrown;
        });
        assertSame(thrown, assertThrows(IOException.class, () -> out.write(1)));
        assertSame(thrown, assertThrows(IOException.class, () -> out.write(1)).getCause());
        assertSame(thrown, assertThrows(IOException.class, out::result));
        out.close();
        // in try-with-resources the same object must not come twice
        assertSame(thrown, assertThrows(IOException.class, () -> {
            try (GeneratorOutputStream<Void> resource = GeneratorOutputStream.of(in -> {
                throw thrown;
            })) {
                resource.write(1);
            }
        }));
        URISyntaxException checked = new URISyntaxException("x", "no");
        GeneratorOutputStream<Void> atEnd = GeneratorOutputStream.of(in -> {
            in.readAllBytes();
            throw checked;
        });
        atEnd.write(1);
        IOException wrapper = assertThrows(IOException.class, atEnd::close);
        assertSame(checked, wrapper.getCause());
        assertSame(wrapper, assertThrows(IOException.class, atEnd::result));
        IllegalArgumentException unchecked = new IllegalArgumentException();
        assertSame(unchecked, assertThrows(IllegalArgumentException.class, GeneratorOutputStream.of(in -> {
            throw unchecked;
        })::result));
    }

    @Test
    void inputThatBreaksOff() throws IOException {
        byte[] bytes = gzip("text".repeat(1000));
        IOException reset = new IOException("connection reset");
        GeneratorOutputStream<byte[]> out = GeneratorOutputStream.of(in -> new GZIPInputStream(in).readAllBytes());
        out.write(bytes, 0, 20);
        out.fail(reset);
        assertSame(reset, assertThrows(IOException.class, out::result));
        GeneratorOutputStream<String> handled = GeneratorOutputStream.of(in -> {
            try {
                in.readAllBytes();
                return "whole";
            } catch (IOException e) {
                return "half: " + e.getCause().getMessage();
            }
        });
        handled.write(1);
        handled.fail(new IllegalStateException("reason"));
        assertEquals("half: reason", handled.result());
        GeneratorOutputStream<String> unstarted = GeneratorOutputStream.of(in -> "read " + in.read());
        unstarted.fail(reset);
        assertSame(reset, assertThrows(IOException.class, unstarted::result));
    }

    @Test
    void cancelUnwinds() throws IOException {
        List<Object> log = new ArrayList<>();
        GeneratorOutputStream<String> out = GeneratorOutputStream.of(in -> {
            try {
                in.readAllBytes();
                return "whole";
            } finally {
                log.add("unwound");
                log.add(in.read());
            }
        });
        out.write(1);
        out.cancel();
        assertEquals(List.of("unwound", -1), log);
        out.cancel();
        out.close();
        assertThrows(CancellationException.class, out::result);
        assertThrows(IOException.class, () -> out.write(1));
        GeneratorOutputStream<String> done = GeneratorOutputStream.of(in -> "whole");
        done.write(1);
        done.cancel();
        assertEquals("whole", done.result());
    }

    @Test
    void onlyTheBodyMayReadAndMayNotWrite() throws IOException {
        AtomicReference<InputStream> escaped = new AtomicReference<>();
        GeneratorOutputStream<byte[]> out = GeneratorOutputStream.of(in -> {
            escaped.set(in);
            return in.readAllBytes();
        });
        out.write(1);
        assertThrows(IllegalStateException.class, () -> escaped.get().read());
        assertThrows(IllegalStateException.class, () -> escaped.get().available());
        assertArrayEquals(new byte[] {1}, out.result());
        assertThrows(IllegalStateException.class, () -> escaped.get().read());
        AtomicReference<OutputStream> self = new AtomicReference<>();
        GeneratorOutputStream<Void> writing = GeneratorOutputStream.of(in -> {
            self.get().write(in.read());
            return null;
        });
        self.set(writing);
        assertThrows(IllegalStateException.class, () -> writing.write(1));
    }

    @Test
    void writtenByOneThreadAfterAnotherAndNotByTwoAtOnce() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        GeneratorOutputStream<Integer> out = GeneratorOutputStream.of(in -> {
            in.read();
            running.countDown();
            go.await();
            return in.readAllBytes().length;
        });
        Thread first = Thread.ofPlatform().start(() -> out.accept(ByteBuffer.allocate(3)));
        running.await();
        assertThrows(IllegalStateException.class, () -> out.write(1));
        assertThrows(IllegalStateException.class, out::close);
        go.countDown();
        first.join();
        out.write(new byte[5]);
        assertEquals(7, out.result());
    }

    @Test
    void confinedIfTheBuilderSaysSo() throws Exception {
        GeneratorOutputStream<Integer> out = GeneratorOutputStream.of(Generator.builder().name("reader"), in -> {
            assertEquals("reader", Thread.currentThread().getName());
            return in.readAllBytes().length;
        });
        List<Throwable> thrown = new ArrayList<>();
        Thread.ofPlatform().start(() -> thrown.add(
                assertThrows(WrongThreadException.class, () -> out.write(1)))).join();
        assertEquals(1, thrown.size());
        out.write(1);
        assertEquals(1, out.result());
    }

    // ---- parsers that know nothing of this ------------------------------------------------------

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void gzipAndLines() throws IOException {
        byte[] bytes = gzip("line\n".repeat(10_000));
        List<String> lines = new ArrayList<>();
        GeneratorOutputStream<Integer> out = GeneratorOutputStream.of(in -> {
            BufferedReader reader = new BufferedReader(
                    new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
            return lines.size();
        });
        for (byte b : bytes) {
            out.write(b);
        }
        assertEquals(10_000, out.result());
    }

    @Test
    void linesComeAsTheyArrive() throws IOException {
        List<String> lines = new ArrayList<>();
        try (GeneratorOutputStream<Void> out = GeneratorOutputStream.of(in -> {
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines().forEach(lines::add);
            return null;
        })) {
            out.write("one\ntw".getBytes(StandardCharsets.UTF_8));
            assertEquals(List.of("one"), lines);
            out.write("o\nthree".getBytes(StandardCharsets.UTF_8));
            assertEquals(List.of("one", "two"), lines);
        }
        assertEquals(List.of("one", "two", "three"), lines);
    }

    @Test
    void xml() throws Exception {
        byte[] document = ("<all>" + "<item a='1'>text</item>".repeat(2000) + "</all>").getBytes(StandardCharsets.UTF_8);
        GeneratorOutputStream<Integer> dom = GeneratorOutputStream.of(in ->
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in).getDocumentElement()
                        .getChildNodes().getLength());
        GeneratorOutputStream<Integer> pull = GeneratorOutputStream.of(in -> {
            XMLStreamReader reader = XMLInputFactory.newInstance().createXMLStreamReader(in);
            int items = 0;
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamReader.START_ELEMENT && reader.getLocalName().equals("item")) {
                    items++;
                }
            }
            return items;
        });
        for (int i = 0; i < document.length; i += 100) {
            dom.write(document, i, Math.min(100, document.length - i));
            pull.write(document, i, Math.min(100, document.length - i));
        }
        assertEquals(2000, dom.result());
        assertEquals(2000, pull.result());
        GeneratorOutputStream<Object> broken = GeneratorOutputStream.of(in ->
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in));
        broken.write("<a><b></a>".getBytes(StandardCharsets.UTF_8), 0, 5);
        IOException thrown = assertThrows(IOException.class, broken::result);
        assertTrue(thrown.getCause() instanceof SAXParseException, thrown.toString());
    }

    @Test
    void objects() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
            for (int i = 0; i < 100; i++) {
                objects.writeObject(List.of(i, "number " + i));
            }
        }
        List<Object> got = new ArrayList<>();
        try (GeneratorOutputStream<Void> out = GeneratorOutputStream.of(in -> {
            ObjectInputStream objects = new ObjectInputStream(in);
            while (got.size() < 100) {
                got.add(objects.readObject());
            }
            return null;
        })) {
            for (byte b : bytes.toByteArray()) {
                out.write(b);
            }
        }
        for (int i = 0; i < 100; i++) {
            assertEquals(List.of(i, "number " + i), got.get(i));
        }
    }

    // ---- characters -----------------------------------------------------------------------------

    @Test
    void characters() throws IOException {
        GeneratorWriter<List<String>> out = GeneratorWriter.of(in -> {
            assertEquals('x', in.read());
            assertEquals(2, in.skip(2));
            return new BufferedReader(in).lines().toList();
        });
        out.write('x');
        out.write("yz");
        out.append("a line\nan").write("other line\n".toCharArray());
        out.write("..last..", 2, 4);
        out.flush();
        assertFalse(out.isDone());
        assertEquals(List.of("a line", "another line", "last"), out.result());
        GeneratorWriter<String> enough = GeneratorWriter.of(in -> "" + (char) in.read() + in.ready());
        enough.write("abc");
        enough.close();
        assertEquals("atrue", enough.result());
        GeneratorWriter<Integer> cancelled = GeneratorWriter.of(in -> in.read() + in.read());
        cancelled.write("a");
        cancelled.cancel();
        assertThrows(CancellationException.class, cancelled::result);
        IOException reset = new IOException("reset");
        GeneratorWriter<Integer> failed = GeneratorWriter.of(in -> in.read() + in.read());
        failed.write("a");
        failed.fail(reset);
        assertSame(reset, assertThrows(IOException.class, failed::result));
    }
}
