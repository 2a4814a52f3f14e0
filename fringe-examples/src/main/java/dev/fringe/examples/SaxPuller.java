// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.Generator;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import javax.xml.parsers.SAXParserFactory;
import org.xml.sax.Attributes;
import org.xml.sax.helpers.DefaultHandler;

/** SAX calls back for each element; here the elements are asked for, one at a time, in a for-each loop. */
public final class SaxPuller {

    private SaxPuller() {}

    /** An element that begins, or text. */
    sealed interface Event {

        record Start(String name, String id) implements Event {}

        record Text(String text) implements Event {}
    }

    /** What the parser calls; it gives everything to a sink. */
    private static DefaultHandler handler(Consumer<Event> sink) {
        return new DefaultHandler() {
            @Override
            public void startElement(String uri, String local, String name, Attributes attributes) {
                sink.accept(new Event.Start(name, attributes.getValue("id")));
            }

            @Override
            public void characters(char[] text, int start, int length) {
                String words = new String(text, start, length).strip();
                if (!words.isEmpty()) {
                    sink.accept(new Event.Text(words));
                }
            }
        };
    }

    /** The one call that turns the parser around. */
    static Generator<Void, Event> parse(InputStream in) {
        return Generator.of(sink -> SAXParserFactory.newInstance().newSAXParser().parse(in, handler(sink)));
    }

    /** Looks for a book; the parser does not read on once it is found. */
    public static void main(String[] arguments) {
        String library = """
                <library>
                  <book id="1"><title>Coroutines</title></book>
                  <book id="2"><title>Trampolines</title></book>
                  <book id="3"><title>never parsed, for it is not well-formed
                </library>
                """;
        String last = null;
        try (var events = parse(new ByteArrayInputStream(library.getBytes(StandardCharsets.UTF_8)))) {
            for (Event event : events) {
                switch (event) {
                    case Event.Start(String name, String id) when id != null -> {
                        System.out.println(name + " " + id);
                        last = id;
                    }
                    case Event.Text(String text) -> {
                        System.out.println(text);
                        if ("2".equals(last)) {
                            return;
                        }
                    }
                    default -> { }
                }
            }
        }
    }
}
