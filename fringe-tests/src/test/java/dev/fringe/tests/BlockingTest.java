// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fringe.Generator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A body that is blocked in the kernel can be woken as any thread can, because signals find it. */
@Tag("semantics")
class BlockingTest {

    /** Where a thread waits for a channel: in the kernel, or for the JDK's poller if it is a virtual one. */
    private static final String[] READING = {"read0", "park"};

    /** A generator whose body blocks, resumed by a thread of its own. */
    private static final class Blocked {

        private final AtomicReference<Throwable> thrown = new AtomicReference<>();
        private final AtomicReference<Thread> bodyThread = new AtomicReference<>();
        private final Generator<Void, Integer> generator;
        private final Thread resumer;

        private Blocked(boolean virtual, Generator.Body<Void, Integer> body) {
            generator = Generator.ofShared((yielder, input) -> {
                bodyThread.set(Thread.currentThread());
                body.run(yielder, input);
            });
            Runnable resume = () -> {
                try {
                    generator.resume(null);
                } catch (Throwable t) {
                    thrown.set(t);
                }
            };
            resumer = virtual ? Thread.ofVirtual().start(resume) : Thread.ofPlatform().start(resume);
        }

        /** Waits until the body stands in one of some methods. */
        private Blocked in(String... methods) {
            while (Arrays.stream(generator.backtrace()).noneMatch(
                    frame -> Arrays.asList(methods).contains(frame.getMethodName()))) {
                assertTrue(resumer.isAlive(), () -> "the body has ended: " + thrown.get());
                Thread.onSpinWait();
            }
            return this;
        }

        private Throwable end() throws InterruptedException {
            resumer.join();
            return thrown.get();
        }
    }

    @Test
    void closingAChannelWakesTheBody() throws Exception {
        for (boolean virtual : new boolean[] {false, true}) {
            Pipe pipe = Pipe.open();
            Blocked blocked = new Blocked(virtual, (yielder, input) -> pipe.source().read(ByteBuffer.allocate(1)))
                    .in(READING);
            pipe.source().close();
            assertInstanceOf(AsynchronousCloseException.class, blocked.end());
            pipe.sink().close();
        }
    }

    @Test
    void closingAServerChannelWakesTheBody() throws Exception {
        ServerSocketChannel server = ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Blocked blocked = new Blocked(false, (yielder, input) -> server.accept()).in("accept");
        server.close();
        assertInstanceOf(AsynchronousCloseException.class, blocked.end());
    }

    @Test
    void closingASocketWakesTheBody() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
            Blocked blocked = new Blocked(false, (yielder, input) -> socket.getInputStream().read()).in(READING);
            socket.close();
            assertInstanceOf(SocketException.class, blocked.end());
        }
    }

    /** The body's thread is another than the resumer's, and interrupting is by thread. */
    @Test
    void interruptingTheBodysThreadWakesTheBody() throws Exception {
        Pipe pipe = Pipe.open();
        Blocked reading = new Blocked(false, (yielder, input) -> pipe.source().read(ByteBuffer.allocate(1))).in(READING);
        reading.bodyThread.get().interrupt();
        assertInstanceOf(ClosedByInterruptException.class, reading.end());
        pipe.sink().close();

        Blocked sleeping = new Blocked(true, (yielder, input) -> Thread.sleep(1_000_000)).in("sleep");
        sleeping.bodyThread.get().interrupt();
        assertInstanceOf(InterruptedException.class, sleeping.end());
        assertEquals(false, sleeping.resumer.isInterrupted());
    }

    @Test
    void interruptingTheResumerDoesNotReachTheBody() throws Exception {
        AtomicReference<Boolean> seen = new AtomicReference<>();
        AtomicReference<Boolean> after = new AtomicReference<>();
        Generator<Void, Integer> generator = Generator.ofShared((yielder, input) -> {
            seen.set(Thread.currentThread().isInterrupted());
            yielder.suspend(1);
        });
        Thread resumer = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            generator.resume(null);
            after.set(Thread.currentThread().isInterrupted());
        });
        resumer.join();
        assertEquals(false, seen.get());
        assertEquals(true, after.get(), "the resumer still has its interrupt when resume returns");
        generator.close();
    }
}
