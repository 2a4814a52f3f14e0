// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.snippets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.fringe.Generator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.ParserInterpreter;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ErrorNode;
import org.antlr.v4.runtime.tree.ParseTreeListener;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.antlr.v4.tool.Grammar;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** The recipes for the callbacks of libraries, with these libraries. */
class LibrarySnippets {

    // @start region="jdbc"
    static Stream<String> names(JdbcTemplate database) {
        return Generator.stream(names -> database.query("select name from person order by id", row -> {
            names.suspend(row.getString("name"));
        }));
    }
    // @end

    @Test
    void jdbc() {
        JdbcConnectionPool connections = JdbcConnectionPool.create("jdbc:h2:mem:people;DB_CLOSE_DELAY=-1", "", "");
        try {
            JdbcTemplate database = new JdbcTemplate(connections);
            database.execute("create table person(id int, name varchar)");
            database.batchUpdate("insert into person values (?, ?)",
                    List.of(new Object[] {1, "Ada"}, new Object[] {2, "Bob"}, new Object[] {3, "Cyd"}));
            try (Stream<String> names = names(database)) {
                assertEquals("Bob", names.filter(name -> name.contains("o")).findFirst().orElseThrow());
                assertEquals(1, connections.getActiveConnections());
            }
            assertEquals(0, connections.getActiveConnections());
        } finally {
            connections.dispose();
        }
    }

    // @start region="listener"
    sealed interface Event {

        record Enter(String rule) implements Event {}

        record Token(String text) implements Event {}

        record Exit(String rule) implements Event {}
    }

    /** What a parser tells its listeners while it parses; {@code start} is, for example, {@code parser::sum}. */
    static Generator<Void, Event> events(Parser parser, Runnable start) {
        return Generator.of(yielder -> {
            parser.addParseListener(new ParseTreeListener() {
                @Override
                public void enterEveryRule(ParserRuleContext rule) {
                    yielder.suspend(new Event.Enter(parser.getRuleNames()[rule.getRuleIndex()]));
                }

                @Override
                public void exitEveryRule(ParserRuleContext rule) {
                    yielder.suspend(new Event.Exit(parser.getRuleNames()[rule.getRuleIndex()]));
                }

                @Override
                public void visitTerminal(TerminalNode token) {
                    yielder.suspend(new Event.Token(token.getText()));
                }

                @Override
                public void visitErrorNode(ErrorNode node) {
                    throw new IllegalArgumentException("unexpected " + node.getText());
                }
            });
            start.run();
        });
    }

    /** Recursive descent over what the listener is told. */
    static int evaluate(Event.Enter rule, Iterator<Event> events) {
        boolean product = rule.rule().equals("product");
        int result = product ? 1 : 0;
        while (true) {
            switch (events.next()) {
                case Event.Enter inner -> result += evaluate(inner, events);
                case Event.Exit _ -> {
                    return result;
                }
                case Event.Token(String text) when product && !text.equals("*") -> result *= Integer.parseInt(text);
                case Event.Token _ -> { }
            }
        }
    }
    // @end

    @Test
    void listener() throws Exception {
        Grammar grammar = new Grammar("""
                grammar Sums;
                sum : product ('+' product)* EOF ;
                product : NUMBER ('*' NUMBER)* ;
                NUMBER : [0-9]+ ;
                """);
        ParserInterpreter parser = grammar.createParserInterpreter(new CommonTokenStream(
                grammar.createLexerInterpreter(CharStreams.fromString("1+2*3+4*5*6"))));
        try (Generator<Void, Event> generator = events(parser, () -> parser.parse(grammar.getRule("sum").index))) {
            Iterator<Event> events = generator.iterator();
            assertEquals(127, evaluate((Event.Enter) events.next(), events));
            assertFalse(events.hasNext());
        }
    }
}
