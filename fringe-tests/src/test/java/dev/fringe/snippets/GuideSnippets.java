// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.snippets;

import static dev.fringe.snippets.ReadmeSnippets.output;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fringe.Generator;
import dev.fringe.LongGenerator;
import dev.fringe.NativeGenerator;
import dev.fringe.OsStack;
import dev.fringe.PeekingIterator;
import dev.fringe.Step;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import javax.xml.parsers.SAXParserFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.Attributes;
import org.xml.sax.helpers.DefaultHandler;

/** What the guide and the documentation of the classes show; compiled and run. */
class GuideSnippets {

    @Test
    void average() {
        // @start region="average"
        Generator<Double, Double> average = Generator.of((yielder, first) -> {
            double sum = first;
            for (int count = 1; ; count++) {
                sum += yielder.suspend(sum / count);
            }
        });
        double one = average.resume(10.0).orElseThrow(); // 10.0
        double two = average.resume(20.0).orElseThrow(); // 15.0
        // @end
        assertEquals(10.0, one);
        assertEquals(15.0, two);
        average.close();
    }

    @Test
    void consumer() {
        List<String> words = List.of("pull", "what", "is", "pushed");
        // @start region="consumer"
        Iterator<String> iterator = Generator.of(words::forEach).iterator();
        // @end
        assertEquals("pull", iterator.next());
    }

    // @start region="iterable"
    record Countdown(int from) implements Iterable<Integer> {

        @Override
        public Iterator<Integer> iterator() {
            Generator<Void, Integer> values = Generator.of(yielder -> {
                for (int i = from; i > 0; i--) {
                    yielder.suspend(i);
                }
            });
            return values.iterator();
        }
    }
    // @end

    @Test
    void iterable() {
        Countdown countdown = new Countdown(2);
        List<Integer> got = new ArrayList<>();
        countdown.forEach(got::add);
        countdown.forEach(got::add);
        assertEquals(List.of(2, 1, 2, 1), got);
    }

    private static Generator<Void, Integer> naturals() {
        return Generator.of(yielder -> {
            for (int i = 0; ; i++) {
                yielder.suspend(i);
            }
        });
    }

    @Test
    void stream() {
        // @start region="stream"
        try (Stream<Integer> numbers = naturals().stream()) {
            List<Integer> squares = numbers.map(i -> i * i).limit(4).toList(); // 0, 1, 4, 9
            // @end
            assertEquals(List.of(0, 1, 4, 9), squares);
        }
    }

    @Test
    void delegation() {
        // @start region="delegation"
        Generator<String, String> greeter = Generator.of((yielder, name) -> {
            Generator<String, String> politely = Generator.of((inner, first) -> {
                String next = inner.suspend("Good day, " + first);
                inner.suspend("And to you, " + next);
            });
            yielder.suspendAll(politely, name); // two values go out from here, and one comes in
            yielder.suspend("Goodbye all");
        });
        // @end
        assertEquals("Good day, Ada", greeter.resume("Ada").orElseThrow());
        assertEquals("And to you, Bob", greeter.resume("Bob").orElseThrow());
        assertEquals("Goodbye all", greeter.resume("").orElseThrow());
        greeter.close();
    }

    @Test
    void throwInto() {
        // @start region="throwInto"
        Generator<Void, String> worker = Generator.of(yielder -> {
            try {
                yielder.suspend("working");
            } catch (IllegalStateException e) {
                yielder.suspend("stopped: " + e.getMessage());
            }
        });
        worker.resume();
        String answer = worker.throwInto(new IllegalStateException("lunch")).orElseThrow();
        // answer is "stopped: lunch"
        // @end
        assertEquals("stopped: lunch", answer);
        worker.close();
    }

    // @start region="interruptible"
    static Generator<Void, String> received(BlockingQueue<String> queue) {
        return Generator.builder().interruptible().build(yielder -> {
            try {
                while (true) {
                    yielder.suspend(queue.take()); // blocks the thread that resumes
                }
            } catch (InterruptedException e) { // that thread was interrupted
                yielder.suspend("the end");
            }
        });
    }
    // @end

    @Test
    void interruptible() throws InterruptedException {
        BlockingQueue<String> queue = new ArrayBlockingQueue<>(1);
        List<String> got = new CopyOnWriteArrayList<>();
        Thread consumer = Thread.ofPlatform().start(() -> received(queue).forEach(got::add));
        queue.put("first");
        while (got.isEmpty()) {
            Thread.onSpinWait();
        }
        consumer.interrupt();
        consumer.join();
        assertEquals(List.of("first", "the end"), got);
    }

    // @start region="limit"
    static String poll(Generator<Void, String> source) {
        try {
            return source.resume(null, Duration.ofMillis(100)).orElse("the end");
        } catch (TimeoutException e) { // the body has let the interrupt pass
            return "too slow";
        }
    }
    // @end

    @Test
    void limit() {
        BlockingQueue<String> queue = new ArrayBlockingQueue<>(1);
        queue.add("first");
        try (Generator<Void, String> source = Generator.builder().interruptible().build(yielder -> {
            while (true) {
                yielder.suspend(queue.take());
            }
        })) {
            assertEquals("first", poll(source));
            assertEquals("too slow", poll(source));
            assertEquals("the end", poll(source));
        }
    }

    // @start region="step"
    static int countLines(String text) {
        Generator<Void, Step<String, Integer>> lines = Generator.ofSteps(yielder -> {
            yielder.suspendAll(text.lines());
            return (int) text.lines().count();
        });
        while (true) {
            switch (lines.resume().orElseThrow()) {
                case Step.Yielded<String, Integer>(String line) -> System.out.println(line);
                case Step.Returned<String, Integer>(Integer count) -> {
                    return count;
                }
            }
        }
    }
    // @end

    @Test
    void step() {
        assertEquals(List.of("a", "b", "2"), output(() -> System.out.println(countLines("a\nb"))));
    }

    @Test
    void stepValues() {
        Generator<Void, Step<String, Integer>> lines = Generator.ofSteps((yielder, input) -> {
            yielder.suspendAll(List.of("one", "two"));
            return 2;
        });
        List<String> got = new ArrayList<>();
        // @start region="stepValues"
        Step.Values<String, Integer> values = Step.values(lines);
        for (String line : values) {
            got.add(line);
        }
        int count = values.result();
        // @end
        assertEquals(List.of("one", "two"), got);
        assertEquals(2, count);
    }

    // @start region="delegateResult"
    static Step.Body<Void, String, Integer> lines(String text) {
        return (yielder, input) -> {
            yielder.suspendAll(text.lines());
            return (int) text.lines().count();
        };
    }

    static Generator<Void, String> numbered(String... texts) {
        return Generator.of(yielder -> {
            int count = 0;
            for (String text : texts) {
                Generator<Void, Step<String, Integer>> lines = Generator.ofSteps(lines(text));
                count += yielder.<Integer>delegate(lines); // the lines come out, and their number comes back
            }
            yielder.suspend(count + " lines");
        });
    }
    // @end

    @Test
    void delegateResult() {
        assertEquals(List.of("a", "b", "c", "3 lines"), numbered("a\nb", "c").stream().toList());
    }

    @Test
    void throwIntoChecked() {
        // @start region="throwIntoChecked"
        Generator<Void, String> reader = Generator.of(yielder -> {
            try {
                yielder.suspend("reading", IOException.class);
            } catch (IOException e) { // would not compile with suspend("reading")
                yielder.suspend("failed: " + e.getMessage());
            }
        });
        reader.resume();
        String answer = reader.throwInto(new IOException("disk")).orElseThrow(); // failed: disk
        // @end
        assertEquals("failed: disk", answer);
        reader.close();
    }

    // @start region="longDelegation"
    static LongGenerator multiples(long of, int levels) {
        return LongGenerator.of((yielder, input) -> {
            yielder.suspend(of);
            if (levels > 1) {
                yielder.suspendAll(multiples(2 * of, levels - 1));
            }
        });
    }
    // @end

    @Test
    void longDelegation() {
        assertEquals(1 + 2 + 4 + 8, multiples(1, 4).stream().sum());
    }

    // @start region="sax"
    static DefaultHandler handler(Consumer<String> sink) {
        return new DefaultHandler() {
            @Override
            public void startElement(String uri, String local, String name, Attributes attributes) {
                sink.accept(name);
            }
        };
    }

    static Generator<Void, String> elements(InputStream in) {
        return Generator.of(sink ->
                SAXParserFactory.newInstance().newSAXParser().parse(in, handler(sink)));
    }
    // @end

    @Test
    void sax() {
        InputStream in = new ByteArrayInputStream("<a><b/><c>text</c></a>".getBytes(StandardCharsets.UTF_8));
        assertEquals(List.of("a", "b", "c"), elements(in).stream().toList());
        InputStream broken = new ByteArrayInputStream("<a><b/></oh>".getBytes(StandardCharsets.UTF_8));
        Iterator<String> iterator = elements(broken).iterator();
        assertEquals("a", iterator.next());
        assertEquals("b", iterator.next());
        assertThrows(org.xml.sax.SAXParseException.class, iterator::next);
    }

    @Test
    void publisher() {
        Executor executor = Runnable::run;
        // @start region="publisher"
        Flow.Publisher<Integer> publisher = Generator.publisher(executor, yielder -> {
            for (int i = 1; i <= 3; i++) {
                yielder.suspend(i);
            }
        });
        // @end
        List<Integer> got = new ArrayList<>();
        publisher.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(2);
            }

            @Override
            public void onNext(Integer item) {
                got.add(item);
            }

            @Override
            public void onError(Throwable thrown) {
                throw new AssertionError(thrown);
            }

            @Override
            public void onComplete() {
                got.add(0);
            }
        });
        assertEquals(List.of(1, 2), got);
    }

    @Test
    void buffered() {
        // @start region="buffered"
        Generator<Void, Integer> numbers = Generator.builder().buffered(64).build(yielder -> {
            for (int i = 0; i < 1000; i++) {
                yielder.suspend(i); // one switch for 64 of them
            }
        });
        // @end
        assertEquals(1000, numbers.stream().count());
    }

    @Test
    void longs() {
        // @start region="long"
        LongGenerator fibonacci = LongGenerator.of((yielder, input) -> {
            for (long a = 0, b = 1; ; b += a, a = b - a) {
                yielder.suspend(a);
            }
        });
        try (var numbers = fibonacci.stream()) {
            long sum = numbers.limit(10).sum(); // 0 + 1 + 1 + 2 + 3 + ... + 34
            // @end
            assertEquals(88, sum);
        }
    }

    @Test
    void bufferedLongs() {
        // @start region="bufferedLongs"
        LongGenerator squares = LongGenerator.builder().buffered(64)
                .build(values -> LongStream.rangeClosed(1, 1000).map(i -> i * i).forEach(values));
        long sum = squares.stream().sum();
        // @end
        assertEquals(333_833_500, sum);
    }

    @Test
    void givenStack() {
        // @start region="stack"
        try (OsStack stack = OsStack.ofSize(512 * 1024)) {
            Generator<Void, Integer> first = Generator.builder().stack(stack).build(yielder -> yielder.suspend(1));
            first.resume();
            first.resume(); // to its end
            Generator<Void, Integer> second = Generator.builder().stack(first.unwrap())
                    .build(yielder -> yielder.suspend(2));
            second.close();
        }
        // @end
    }

    @Test
    void exception() {
        IllegalArgumentException thrown = new IllegalArgumentException("five");
        // @start region="exception"
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            yielder.suspend(1);
            throw thrown;
        });
        generator.resume(); // Optional[1]
        try {
            generator.resume();
        } catch (IllegalArgumentException e) {
            // the same object that the body threw
            // @end
            assertSame(thrown, e);
        }
    }

    @Test
    void closing() {
        List<String> log = new ArrayList<>();
        // @start region="closing"
        Generator<Void, Integer> generator = Generator.of(yielder -> {
            for (int i = 0; ; i++) {
                try {
                    yielder.suspend(i);
                } catch (Throwable t) {
                    if (yielder.isClosing()) {
                        throw t; // no failure: the generator is being closed
                    }
                    log.add("retry " + i);
                }
            }
        });
        // @end
        generator.resume();
        generator.throwInto(new ArithmeticException());
        generator.close();
        assertEquals(List.of("retry 0"), log);
    }

    @Test
    void peek() {
        // @start region="peek"
        Generator<Void, Integer> odd = Generator.of(yielder -> yielder.suspendAll(List.of(1, 3, 5)));
        Generator<Void, Integer> even = Generator.of(yielder -> yielder.suspendAll(List.of(2, 4)));
        List<Integer> merged = new ArrayList<>();
        PeekingIterator<Integer> left = odd.iterator();
        PeekingIterator<Integer> right = even.iterator();
        while (left.hasNext() || right.hasNext()) {
            boolean takeLeft = !right.hasNext() || left.hasNext() && left.peek() < right.peek();
            merged.add(takeLeft ? left.next() : right.next());
        }
        // @end
        assertEquals(List.of(1, 2, 3, 4, 5), merged);
    }

    @Test
    void nativeBody() throws URISyntaxException {
        Path library = Path.of(getClass().getResource("/dev/fringe/tests/libbodies.so").toURI());
        List<String> printed = output(() -> {
            // @start region="native"
            NativeGenerator.yieldFunction(); // loads what the library was linked against
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment body = SymbolLookup.libraryLookup(library, arena).findOrThrow("squares");
                try (NativeGenerator squares = NativeGenerator.of(body)) {
                    System.out.println(squares.resume(3)); // OptionalLong[9]
                    System.out.println(squares.resume(4)); // OptionalLong[16]
                    System.out.println(squares.resume(0)); // OptionalLong.empty
                }
            }
            // @end
        });
        assertEquals(List.of("OptionalLong[9]", "OptionalLong[16]", "OptionalLong.empty"), printed);
    }
}
