// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.io.GeneratorOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * One thread serves 5,000 connections, each by straight-line code: a parser of a key-value store's protocol,
 * which reads as if its connection were the only one and could block.
 */
public final class RespServer {

    private static final List<String> ECHOED = new ArrayList<>();

    private RespServer() {}

    /** The body of a connection: a command is "*2", "$4", "ECHO", "$5", "hello", a line each. */
    private static Void serve(InputStream in) throws IOException {
        DataInputStream data = new DataInputStream(in);
        while (true) { // until the connection ends
            List<String> words = new ArrayList<>();
            for (int count = number(data); words.size() < count; data.skipNBytes(2)) {
                words.add(new String(data.readNBytes(number(data))));
            }
            ECHOED.add(words.get(1));
        }
    }

    private static int number(DataInputStream data) throws IOException {
        String line = "";
        for (char c = (char) data.readByte(); c != '\n'; c = (char) data.readByte()) {
            line += c;
        }
        return Integer.parseInt(line.strip().substring(1));
    }

    /** The event loop: passes on what has arrived. */
    private static void serveAll(Selector selector, ByteBuffer buffer) throws IOException {
        while (selector.selectNow() > 0) {
            for (SelectionKey key : selector.selectedKeys()) {
                ((SocketChannel) key.channel()).read(buffer.clear());
                ((GeneratorOutputStream<?>) key.attachment()).write(buffer.flip());
            }
            selector.selectedKeys().clear();
        }
        System.out.println(ECHOED.size() + " commands");
    }

    /** Sends a command over each connection, in pieces, so that all parsers are suspended in the middle of it. */
    public static void main(String[] arguments) throws IOException {
        ECHOED.clear();
        List<SocketChannel> clients = new ArrayList<>();
        try (Selector selector = Selector.open(); ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            while (clients.size() < (arguments.length == 0 ? 5000 : Integer.parseInt(arguments[0]))) {
                clients.add(SocketChannel.open(server.getLocalAddress()));
                server.accept().configureBlocking(false).register(selector, SelectionKey.OP_READ,
                        GeneratorOutputStream.of(RespServer::serve));
            }
            for (String piece : List.of("*2\r\n$4\r\nEC", "HO\r\n$", "12\r\nhello, ", "world\r", "\n*1\r")) {
                for (SocketChannel client : clients) {
                    client.write(ByteBuffer.wrap(piece.getBytes()));
                }
                serveAll(selector, ByteBuffer.allocateDirect(64 * 1024));
            }
        }
    }
}
