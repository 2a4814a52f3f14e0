// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import dev.fringe.io.GeneratorInputStream;
import dev.fringe.io.GeneratorReader;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringWriter;
import java.io.Writer;
import java.lang.ref.WeakReference;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A body that writes, a caller that reads. */
@Tag("semantics")
class GeneratorInputStreamTest {

    private static byte[] random(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** All sizes of writes against all sizes of reads: each byte comes once, in order. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 511, 512, 513, 8191, 8192, 8193, 50_000, 300_000})
    void sizesOfWritesAndReads(int piece) throws IOException {
        int size = Scale.of(300_000, 10_000);
        byte[] bytes = random(piece, size);
        for (int asked : new int[] {1, 100, 511, 512, 4096, 8192, 10_000, 1 << 20}) {
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            byte[] buffer = new byte[asked + 2];
            try (InputStream in = GeneratorInputStream.of(out -> pieces(out, bytes, piece))) {
                for (int n = in.read(buffer, 1, asked); n >= 0; n = in.read(buffer, 1, asked)) {
                    assertTrue(n > 0 && n <= asked, "read " + n + " of " + asked);
                    got.write(buffer, 1, n);
                }
                assertEquals(-1, in.read(buffer, 1, asked));
                assertEquals(-1, in.read());
            }
            assertEquals(0, buffer[0]);
            assertEquals(0, buffer[asked + 1]);
            assertArrayEquals(bytes, got.toByteArray(), "writes of " + piece + ", reads of " + asked);
        }
    }

    private static void pieces(OutputStream out, byte[] bytes, int piece) throws IOException {
        for (int i = 0; i < bytes.length; i += piece) {
            if (piece == 1 || i % 3 == 1) {
                for (int j = i; j < Math.min(bytes.length, i + piece); j++) {
                    out.write(bytes[j]);
                }
            } else {
                out.write(bytes, i, Math.min(piece, bytes.length - i));
            }
        }
    }

    /** All ways to read, mixed at random. */
    @Test
    void waysToReadAreMixed() throws IOException {
        byte[] bytes = random(1, 2_000_000);
        for (int seed = 0; seed < Scale.of(20, 4); seed++) {
            Random random = new Random(seed);
            Random writes = new Random(-seed);
            GeneratorInputStream in = GeneratorInputStream.of(out -> {
                for (int i = 0; i < bytes.length;) {
                    int n = Math.min(bytes.length - i, 1 + writes.nextInt(1 << writes.nextInt(16)));
                    out.write(bytes, i, n);
                    i += n;
                    if (writes.nextInt(4) == 0) {
                        out.flush();
                    }
                }
            });
            int at = 0;
            while (at < bytes.length) {
                int n = 1 + random.nextInt(1 << random.nextInt(16));
                switch (random.nextInt(7)) {
                    case 0 -> assertEquals(bytes[at++] & 0xff, in.read());
                    case 1 -> at += check(bytes, at, in.readNBytes(n));
                    case 2 -> at += (int) in.skip(n);
                    case 3 -> {
                        int available = in.available();
                        at += check(bytes, at, in.readNBytes(available));
                    }
                    case 4 -> {
                        ByteBuffer direct = ByteBuffer.allocateDirect(n + 3).position(2);
                        int count = in.read(direct);
                        assertEquals(count + 2, direct.position());
                        byte[] got = new byte[count];
                        direct.get(2, got);
                        at += check(bytes, at, got);
                    }
                    case 5 -> {
                        ByteBuffer heap = ByteBuffer.allocate(n + 9).slice(5, n + 1);
                        in.read(heap);
                        byte[] got = new byte[heap.flip().remaining()];
                        heap.get(got);
                        at += check(bytes, at, got);
                    }
                    default -> {
                        byte[] got = new byte[n];
                        int count = in.read(got);
                        at += check(bytes, at, Arrays.copyOf(got, count));
                    }
                }
            }
            assertEquals(bytes.length, at);
            assertEquals(-1, in.read());
        }
    }

    private static int check(byte[] bytes, int at, byte[] got) {
        assertArrayEquals(Arrays.copyOfRange(bytes, at, at + got.length), got);
        return got.length;
    }

    @Test
    void transferAndReadAll() throws IOException {
        byte[] bytes = random(2, 1_000_000);
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        assertEquals(bytes.length, GeneratorInputStream.of(out -> pieces(out, bytes, 5000)).transferTo(to));
        assertArrayEquals(bytes, to.toByteArray());
        assertArrayEquals(bytes, GeneratorInputStream.of(out -> pieces(out, bytes, 10)).readAllBytes());
        List<byte[]> passed = new ArrayList<>();
        byte[] large = new byte[100_000];
        GeneratorInputStream.of(out -> out.write(large)).transferTo(new OutputStream() {
            @Override
            public void write(int b) {}

            @Override
            public void write(byte[] b, int offset, int length) {
                passed.add(b);
            }
        });
        assertEquals(1, passed.size());
        assertSame(large, passed.getFirst(), "it is passed on and not copied");
    }

    @Test
    void nothingRunsBeforeTheFirstReadNorFurtherThanIsAskedFor() throws IOException {
        List<String> log = new ArrayList<>();
        try (InputStream in = GeneratorInputStream.of(out -> {
            log.add("start");
            out.write(new byte[1000]);
            log.add("more");
            out.write(new byte[1000]);
            log.add("end");
        })) {
            assertEquals(List.of(), log);
            assertEquals(0, in.available());
            assertEquals(1000, in.read(new byte[1000]));
            assertEquals(List.of("start"), log);
            assertEquals(600, in.read(new byte[600]));
            assertEquals(List.of("start", "more"), log);
            assertEquals(400, in.available());
            assertEquals(400, in.read(new byte[600]));
            assertEquals(List.of("start", "more"), log);
            assertEquals(-1, in.read(new byte[600]));
            assertEquals(List.of("start", "more", "end"), log);
        }
    }

    @Test
    void flushHandsOver() throws IOException {
        InputStream in = GeneratorInputStream.of(out -> {
            out.write(1);
            out.write(2);
            out.flush();
            out.flush();
            out.write(new byte[700]);
            out.flush();
        });
        assertEquals(2, in.read(new byte[1000]));
        assertEquals(700, in.read(new byte[1000]));
        assertEquals(-1, in.read(new byte[1000]));
    }

    @Test
    void emptyBodyAndEmptyReads() throws IOException {
        InputStream in = GeneratorInputStream.of(out -> { });
        assertEquals(0, in.read(new byte[0]));
        assertEquals(-1, in.read());
        assertEquals(0, in.read(new byte[0]));
        assertEquals(0, in.skip(10));
        assertEquals(0, GeneratorInputStream.of(out -> out.write(new byte[0])).readAllBytes().length);
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[3], 2, 2));
        assertThrows(NullPointerException.class, () -> in.read((byte[]) null, 0, 0));
        assertThrows(NullPointerException.class, () -> GeneratorInputStream.of(null));
    }

    @Test
    void exceptionLeavesReadAfterTheBytes() throws IOException {
        IOException full = new IOException("disk full");
        InputStream in = GeneratorInputStream.of(out -> {
            out.write(new byte[10]);
            throw full;
        });
        assertEquals(10, in.read(new byte[1000]));
        assertSame(full, assertThrows(IOException.class, () -> in.read(new byte[1000])));
        assertSame(full, assertThrows(IOException.class, in::read), "it does not become an end of the stream");
        in.close();
        IllegalArgumentException unchecked = new IllegalArgumentException("no");
        assertSame(unchecked, assertThrows(IllegalArgumentException.class, () -> GeneratorInputStream.of(out -> {
            throw unchecked;
        }).read()));
        URISyntaxException checked = new URISyntaxException("x", "no");
        InputStream wrapping = GeneratorInputStream.of(out -> {
            throw checked;
        });
        IOException wrapper = assertThrows(IOException.class, wrapping::read);
        assertSame(checked, wrapper.getCause());
        assertSame(wrapper, assertThrows(IOException.class, wrapping::readAllBytes));
    }

    @Test
    void closeUnwindsQuietly() throws IOException {
        byte[] bytes = random(3, 1_000_000);
        List<String> log = new ArrayList<>();
        InputStream in = GeneratorInputStream.of(out -> {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(bytes);
            } finally {
                log.add("unwound");
            }
        });
        assertEquals(100, in.readNBytes(100).length);
        in.close();
        assertEquals(List.of("unwound"), log);
        in.close();
        assertThrows(IOException.class, in::read);
        assertThrows(IOException.class, in::available);
        assertThrows(IOException.class, () -> in.read(new byte[0]));
        GeneratorInputStream unstarted = GeneratorInputStream.of(out -> log.add("never"));
        unstarted.close();
        assertFalse(unstarted.isOpen());
        assertThrows(ClosedChannelException.class, () -> unstarted.read(ByteBuffer.allocate(1)));
        assertEquals(List.of("unwound"), log);
    }

    @Test
    void whatElseTheBodyThrowsWhenItIsClosed() throws IOException {
        IOException thrown = new IOException("in finally");
        InputStream in = GeneratorInputStream.of(out -> {
            try {
                out.write(new byte[10_000]);
            } finally {
                out.write(new byte[10_000]);
                raise(thrown);
            }
        });
        in.read();
        assertSame(thrown, assertThrows(IOException.class, in::close));
        in.close();
    }

    private static void raise(IOException e) throws IOException {
        throw e;
    }

    @Test
    void bodyThatDoesNotEndIsGivenUp() throws IOException {
        InputStream in = GeneratorInputStream.of(out -> {
            while (true) {
                try {
                    out.write(new byte[100]);
                } catch (Throwable t) {
                    // goes on, come what may
                }
            }
        });
        in.read();
        assertThrows(IllegalStateException.class, in::close);
        in.close();
    }

    @Test
    void closedByAnotherThreadWhileItReads() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        List<String> log = new ArrayList<>();
        GeneratorInputStream in = GeneratorInputStream.of(out -> {
            try {
                running.countDown();
                closed.await();
                out.write(new byte[10_000]);
            } finally {
                log.add("unwound");
            }
        });
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                in.read(new byte[1000]);
            } catch (Throwable t) {
                thrown.set(t);
            }
        });
        running.await();
        assertThrows(IllegalStateException.class, () -> in.read(new byte[1000]));
        in.close();
        assertFalse(in.isOpen());
        closed.countDown();
        reader.join();
        assertInstanceOf(AsynchronousCloseException.class, thrown.get());
        assertEquals(List.of("unwound"), log);
    }

    @Test
    void readByOneThreadAfterAnother() throws Exception {
        byte[] bytes = random(4, 100_000);
        GeneratorInputStream in = GeneratorInputStream.of(out -> pieces(out, bytes, 700));
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        for (boolean[] more = {true}; more[0];) {
            Thread.ofVirtual().start(() -> {
                try {
                    byte[] some = in.readNBytes(9999);
                    got.writeBytes(some);
                    more[0] = some.length > 0;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }).join();
        }
        assertArrayEquals(bytes, got.toByteArray());
    }

    @Test
    void onlyTheBodyMayWrite() throws IOException {
        AtomicReference<OutputStream> escaped = new AtomicReference<>();
        GeneratorInputStream in = GeneratorInputStream.of(out -> {
            escaped.set(out);
            out.write(new byte[1000]);
        });
        in.read(new byte[600]);
        assertThrows(IllegalStateException.class, () -> escaped.get().write(1));
        assertThrows(IllegalStateException.class, () -> escaped.get().write(new byte[9000]));
        assertThrows(IllegalStateException.class, () -> escaped.get().flush());
        assertEquals(400, in.readAllBytes().length);
        assertThrows(IllegalStateException.class, () -> escaped.get().write(1));
        assertEquals(-1, in.read());
    }

    @Test
    void theBodyMayNotRead() {
        AtomicReference<InputStream> self = new AtomicReference<>();
        self.set(GeneratorInputStream.of(out -> {
            out.write(1);
            self.get().read(new byte[1000]);
        }));
        assertThrows(IllegalStateException.class, () -> self.get().readAllBytes());
    }

    @Test
    void bodyThatClosesItsStreamGoesOn() throws IOException {
        List<String> log = new ArrayList<>();
        InputStream in = GeneratorInputStream.of(out -> {
            out.write(5);
            out.close();
            out.close();
            out.flush();
            log.add(assertThrows(IOException.class, () -> out.write(1)).getMessage());
            log.add(assertThrows(IOException.class, () -> out.write(new byte[10])).getMessage());
        });
        assertArrayEquals(new byte[] {5}, in.readAllBytes());
        assertEquals(List.of("the stream is closed", "the stream is closed"), log);
    }

    @Test
    void confinedIfTheBuilderSaysSo() throws Exception {
        GeneratorInputStream in = GeneratorInputStream.of(Generator.builder(), out -> out.write(new byte[20_000]));
        assertEquals(0, in.read());
        List<Throwable> thrown = new ArrayList<>();
        Thread.ofPlatform().start(() -> {
            thrown.add(assertThrows(WrongThreadException.class, in::readAllBytes));
            thrown.add(assertThrows(WrongThreadException.class, in::close));
        }).join();
        assertEquals(2, thrown.size());
        assertTrue(in.isOpen());
        assertEquals(0, in.read(new byte[0]));
        in.close();
    }

    @Test
    void forgottenOnesAreUnwound() throws Exception {
        CountDownLatch unwound = new CountDownLatch(1);
        WeakReference<?> reference = new WeakReference<>(forgotten(unwound));
        while (unwound.getCount() > 0) {
            System.gc();
            Thread.sleep(20);
        }
        assertSame(null, reference.get());
    }

    private static Object forgotten(CountDownLatch unwound) throws IOException {
        GeneratorInputStream in = GeneratorInputStream.of(out -> {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(random(5, 100_000));
            } finally {
                unwound.countDown();
            }
        });
        in.read();
        return in;
    }

    // ---- encoders that know nothing of this -----------------------------------------------------

    @Test
    void gzip() throws IOException {
        byte[] text = "the quick brown fox jumps over the lazy dog. ".repeat(20_000).getBytes(StandardCharsets.UTF_8);
        try (InputStream in = new GZIPInputStream(GeneratorInputStream.of(out -> {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(text);
            }
        }))) {
            assertArrayEquals(text, in.readAllBytes());
        }
    }

    @Test
    void zip() throws IOException {
        try (ZipInputStream in = new ZipInputStream(GeneratorInputStream.of(out -> {
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                for (int i = 0; i < 100; i++) {
                    zip.putNextEntry(new ZipEntry("entry " + i));
                    zip.write(random(i, i * 100));
                }
            }
        }))) {
            for (int i = 0; i < 100; i++) {
                assertEquals("entry " + i, in.getNextEntry().getName());
                assertArrayEquals(random(i, i * 100), in.readAllBytes());
            }
            assertSame(null, in.getNextEntry());
        }
    }

    @Test
    void objects() throws Exception {
        try (ObjectInputStream in = new ObjectInputStream(GeneratorInputStream.of(out -> {
            ObjectOutputStream objects = new ObjectOutputStream(out);
            for (int i = 0; i < 1000; i++) {
                objects.writeObject(List.of(i, "number " + i));
            }
            objects.flush();
        }))) {
            for (int i = 0; i < 1000; i++) {
                assertEquals(List.of(i, "number " + i), in.readObject());
            }
        }
    }

    @Test
    void xml() throws Exception {
        try (Reader in = GeneratorReader.of(out -> {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(out);
            xml.writeStartElement("all");
            for (int i = 0; i < 10_000; i++) {
                xml.writeStartElement("item");
                xml.writeCharacters("<" + i + ">");
                xml.writeEndElement();
            }
            xml.writeEndElement();
            xml.close();
        })) {
            StringBuilder expected = new StringBuilder("<all>");
            for (int i = 0; i < 10_000; i++) {
                expected.append("<item>&lt;").append(i).append("&gt;</item>");
            }
            StringWriter got = new StringWriter();
            in.transferTo(got);
            assertEquals(expected.append("</all>").toString(), got.toString());
        }
    }

    @Test
    void throughAnEncoderOfCharacters() throws IOException {
        try (BufferedReader in = new BufferedReader(Channels.newReader(GeneratorInputStream.of(out -> {
            Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
            for (int i = 0; i < 10_000; i++) {
                writer.write("z\u00e4hle " + i + " \ud83d\ude00\n");
            }
            writer.flush();
        }), StandardCharsets.UTF_8))) {
            for (int i = 0; i < 10_000; i++) {
                assertEquals("z\u00e4hle " + i + " \ud83d\ude00", in.readLine());
            }
            assertSame(null, in.readLine());
        }
    }

    // ---- characters -----------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 511, 512, 8191, 8192, 8193, 50_000})
    void characters(int piece) throws IOException {
        String text = new Random(piece).ints(Scale.of(100_000, 10_000), 32, 0xd800).collect(StringBuilder::new,
                StringBuilder::appendCodePoint, StringBuilder::append).toString();
        for (int asked : new int[] {1, 100, 512, 8192, 1 << 20}) {
            StringBuilder got = new StringBuilder();
            char[] buffer = new char[asked];
            try (Reader in = GeneratorReader.of(out -> {
                for (int i = 0; i < text.length(); i += piece) {
                    int end = Math.min(text.length(), i + piece);
                    switch (i % 4) {
                        case 0 -> out.write(text, i, end - i);
                        case 1 -> out.write(text.substring(i, end).toCharArray());
                        case 2 -> out.append(text, i, end);
                        default -> text.substring(i, end).chars().forEach(c -> new PrintWriter(out).append((char) c));
                    }
                }
            })) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    got.append(buffer, 0, n);
                }
            }
            assertEquals(text, got.toString());
        }
    }

    @Test
    void readersReadSkipAndFail() throws IOException {
        IOException thrown = new IOException("thrown");
        Reader in = GeneratorReader.of(out -> {
            out.write("abcdef");
            out.write('g');
            out.flush();
            throw thrown;
        });
        assertFalse(in.ready());
        assertEquals('a', in.read());
        assertTrue(in.ready());
        assertEquals(3, in.skip(3));
        assertEquals("efg", new String(new char[] {(char) in.read(), (char) in.read(), (char) in.read()}));
        assertSame(thrown, assertThrows(IOException.class, in::read));
        assertThrows(IllegalArgumentException.class, () -> in.skip(-1));
        in.close();
        assertThrows(IOException.class, in::read);
    }
}
