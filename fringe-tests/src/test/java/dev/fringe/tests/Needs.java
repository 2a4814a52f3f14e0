// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.fringe.Generator;
import dev.fringe.internal.engine.Capability;
import dev.fringe.internal.engine.Engine;
import dev.fringe.internal.engine.Engines;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * What a test needs of the engine. On an engine that has it not, the test passes if what it does is refused, by name; so
 * it runs on each.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Needs.RefusedElsewhere.class)
@interface Needs {

    Capability value();

    /** Expects the refusal. */
    final class RefusedElsewhere implements InvocationInterceptor {

        @Override
        public void interceptTestMethod(Invocation<Void> test, ReflectiveInvocationContext<Method> context,
                ExtensionContext extension) throws Throwable {
            run(test, context);
        }

        @Override
        public void interceptTestTemplateMethod(Invocation<Void> test, ReflectiveInvocationContext<Method> context,
                ExtensionContext extension) throws Throwable {
            run(test, context);
        }

        /** That which the tests run on. */
        static Engine engine() {
            Generator.of((yielder, input) -> { }).close();
            return Engines.loaded();
        }

        private static void run(Invocation<Void> test, ReflectiveInvocationContext<Method> context) throws Throwable {
            Capability needed = context.getExecutable().getAnnotation(Needs.class).value();
            Engine engine = engine();
            if (engine.capabilities().contains(needed)) {
                test.proceed();
                return;
            }
            try {
                test.proceed();
            } catch (UnsupportedOperationException e) {
                String message = e.getMessage();
                assertTrue(message.contains("\"" + engine.name() + "\"") && message.contains(needed.verb())
                        && message.contains("dev.fringe:fringe"), () -> "a refusal that does not help: " + e);
                return;
            }
            fail("the engine \"" + engine.name() + "\" does not say that it can " + needed.verb() + ", and does it");
        }
    }
}
