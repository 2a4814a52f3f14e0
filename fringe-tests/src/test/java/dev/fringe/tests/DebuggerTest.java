// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.IntegerValue;
import com.sun.jdi.Location;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.StackFrame;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.StepEvent;
import com.sun.jdi.request.EventRequest;
import com.sun.jdi.request.StepRequest;
import dev.fringe.Generator;
import dev.fringe.Yielder;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A debugger that is attached over JDWP stops in bodies and steps through their suspensions. */
@Tag("debugger")
@Tag("tools")
class DebuggerTest {

    /** What is debugged. */
    static final class Program {

        private static void body(Yielder<Integer, Integer> yielder, int first) {
            int value = first + 1;
            int next = yielder.suspend(value);
            int last = next * 2;
            yielder.suspend(last);
        }

        public static void main(String[] arguments) {
            Generator<Integer, Integer> generator = Generator.builder().name("debugged").build(Program::body);
            System.out.println("got " + generator.resume(20).orElseThrow());
            System.out.println("got " + generator.resume(300).orElseThrow());
            generator.close();
            System.out.println("end");
        }
    }

    private static VirtualMachine attach(String port) throws Exception {
        AttachingConnector connector = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(candidate -> candidate.name().equals("com.sun.jdi.SocketAttach")).findFirst().orElseThrow();
        Map<String, Connector.Argument> arguments = connector.defaultArguments();
        arguments.get("hostname").setValue("127.0.0.1");
        arguments.get("port").setValue(port);
        return connector.attach(arguments);
    }

    /** Lets the program run on to an event of some type. */
    private static <E extends Event> E next(VirtualMachine vm, Class<E> type) throws InterruptedException {
        while (true) {
            vm.resume();
            EventSet events = vm.eventQueue().remove(120_000);
            assertNotNull(events, "the debugged program neither stops nor ends");
            for (Event event : events) {
                if (type.isInstance(event)) {
                    return type.cast(event);
                }
            }
        }
    }

    private static Map<String, Integer> integers(StackFrame frame) throws Exception {
        return frame.getValues(frame.visibleVariables()).entrySet().stream()
                .filter(entry -> entry.getValue() instanceof IntegerValue)
                .collect(Collectors.toMap(entry -> entry.getKey().name(),
                        entry -> ((IntegerValue) entry.getValue()).value()));
    }

    @Test
    void stopsInABodyAndStepsOverASuspension() throws Exception {
        try (Subject program = Subject.start(new ChildJvm()
                .with("-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:0").command(Program.class))) {
            VirtualMachine vm = attach(program.awaitLine("Listening for transport").replaceAll(".*:", "").trim());
            var prepare = vm.eventRequestManager().createClassPrepareRequest();
            prepare.addClassFilter(Program.class.getName());
            prepare.enable();
            ReferenceType type = next(vm, ClassPrepareEvent.class).referenceType();

            Location suspension = type.methodsByName("body").getFirst().allLineLocations().get(1);
            vm.eventRequestManager().createBreakpointRequest(suspension).enable();
            BreakpointEvent stopped = next(vm, BreakpointEvent.class);
            assertEquals("debugged", stopped.thread().name());
            assertEquals(Map.of("first", 20, "value", 21), integers(stopped.thread().frame(0)));
            assertEquals("body", stopped.thread().frame(0).location().method().name());

            StepRequest step = vm.eventRequestManager().createStepRequest(stopped.thread(), StepRequest.STEP_LINE,
                    StepRequest.STEP_OVER);
            step.setSuspendPolicy(EventRequest.SUSPEND_ALL);
            step.addCountFilter(1);
            step.enable();
            StepEvent stepped = next(vm, StepEvent.class); // in the second resume
            assertEquals(suspension.lineNumber() + 1, stepped.location().lineNumber());
            assertEquals(stopped.thread(), stepped.thread());
            assertEquals(Map.of("first", 20, "value", 21, "next", 300), integers(stepped.thread().frame(0)));
            vm.dispose();
            String output = program.awaitEnd();
            assertTrue(output.contains("got 21") && output.contains("got 600") && output.contains("end"), output);
            if (program.status() != 0) {
                fail(output);
            }
        }
    }
}
