// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/** The timeout of properties, which have none of JUnit's: says where all threads are, and interrupts the property. */
final class Watchdog implements AroundPropertyHook {

    private static final long SECONDS = Long.getLong("fringe.test.properties.timeout", 120);

    @Override
    public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property) {
        Thread runner = Thread.currentThread();
        CountDownLatch over = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("watchdog of " + context.label()).start(() -> {
            try {
                if (!over.await(SECONDS, TimeUnit.SECONDS)) {
                    System.err.println(context.label() + " has not ended after " + SECONDS + " s");
                    for (Map.Entry<Thread, StackTraceElement[]> each : Thread.getAllStackTraces().entrySet()) {
                        System.err.println(each.getKey());
                        for (StackTraceElement frame : each.getValue()) {
                            System.err.println("\tat " + frame);
                        }
                    }
                    runner.interrupt();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            return property.execute();
        } finally {
            over.countDown();
        }
    }
}
