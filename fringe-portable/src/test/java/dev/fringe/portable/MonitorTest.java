// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A resumer keeps the monitors that it holds, whatever the virtual machine takes along when it freezes a body. */
class MonitorTest {

    private static final PortableEngine ENGINE = TestEngines.CARRIED;

    @Test
    void theLockStackIsKnownHere() {
        assertTrue(JavaThreads.known());
    }

    @Test
    void monitorsStayWithTheirOwners() {
        TestGenerator generator = new TestGenerator(ENGINE, self -> {
            Object own = new Object();
            for (int i = 1; ; i++) {
                synchronized (own) {
                    self.suspend(i);
                    assertTrue(Thread.holdsLock(own));
                }
            }
        });
        int expected = 0;
        for (int round = 0; round < 20_000; round++) { // interpreted, then compiled
            Object outer = new Object();
            Object inner = new Object();
            synchronized (outer) {
                assertEquals(++expected, generator.next());
                synchronized (inner) {
                    synchronized (outer) {
                        assertEquals(++expected, generator.next());
                    }
                    assertEquals(++expected, generator.next());
                    assertTrue(Thread.holdsLock(inner));
                }
                assertTrue(Thread.holdsLock(outer));
                assertFalse(Thread.holdsLock(inner));
            }
            assertFalse(Thread.holdsLock(outer));
        }
        generator.close();
    }

    @Test
    void moreMonitorsThanTheLockStackHolds() {
        TestGenerator generator = TestGenerator.counter(ENGINE);
        for (int i = 0; i < 300; i++) {
            nest(generator, 20, 1 + 21 * i);
        }
        generator.close();
    }

    private static void nest(TestGenerator generator, int depth, int expected) {
        Object monitor = new Object();
        synchronized (monitor) {
            assertEquals(expected, generator.next());
            if (depth > 0) {
                nest(generator, depth - 1, expected + 1);
            }
            assertTrue(Thread.holdsLock(monitor));
        }
        assertFalse(Thread.holdsLock(monitor));
    }

    @Test
    void emptyingLeavesNothingInTheLockStack() {
        Thread thread = Thread.currentThread();
        Object first = new Object();
        Object second = new Object();
        synchronized (first) {
            synchronized (second) {
                assertFalse(JavaThreads.lockStackIsEmpty(thread));
                LockStack.empty(thread);
                assertTrue(JavaThreads.lockStackIsEmpty(thread));
                assertTrue(Thread.holdsLock(first) && Thread.holdsLock(second));
            }
        }
        assertFalse(Thread.holdsLock(first));
    }
}
