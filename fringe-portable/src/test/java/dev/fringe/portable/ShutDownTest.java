// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The engine's own threads end when they are told to, and are there again when they are needed. */
class ShutDownTest {

    private static long helpers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && thread.getName().startsWith("fringe-helper-")).count();
    }

    private static boolean shutDown(long seconds) throws InterruptedException {
        return TestEngines.CARRIED.shutDown(System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void helpersEndAndStartAgain() throws InterruptedException {
        TestGenerator generator = TestGenerator.interruptibleCounter(TestEngines.CARRIED);
        for (int i = 1; i <= 3; i++) {
            assertEquals(i, generator.next());
            assertTrue(shutDown(60));
            assertEquals(0, helpers());
        }
        generator.close();
    }

    @Test
    void aHelperThatRunsABodyIsLeft() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        TestGenerator generator = TestGenerator.interruptible(TestEngines.CARRIED, self -> {
            running.countDown();
            goOn.await();
            self.suspend(1);
        });
        Thread resumer = Thread.ofPlatform().start(generator::next);
        running.await();
        assertFalse(shutDown(0));
        goOn.countDown();
        resumer.join();
        assertTrue(shutDown(60));
        generator.close();
    }
}
