// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.StackMarker;
import dev.fringe.internal.engine.Task;
import java.util.concurrent.atomic.AtomicLong;

/** What the two kinds of flows have in common: a task, a number, a name, and a place in the registry. */
abstract class PortableFlow extends Flow {

    private static final AtomicLong COUNT = new AtomicLong();
    private static final String PREFIX = "fringe-";

    private final FlowRegistry registry;
    final long number = COUNT.incrementAndGet();
    private Task task;
    /** Whether the thread has a name of its generator's. */
    private boolean named;
    /** Whether the resumer has been interrupted while it waits; then its status is clear. */
    private volatile boolean resumerInterrupted;
    /** Those beside it in the registry's list, and whether it is in there; all three are the registry's. */
    PortableFlow previous;
    PortableFlow next;
    boolean registered;

    PortableFlow(FlowRegistry registry) {
        this.registry = registry;
    }

    @Override
    public final void assign(Task task, String name, ClassLoader contextClassLoader) {
        named = name != null;
        make(named ? name : name(), contextClassLoader);
        this.task = task;
        registry.add(this);
    }

    /** Makes the thread, which does not start before the first resume. */
    abstract void make(String threadName, ClassLoader contextClassLoader);

    @Override
    public final void retire() {
        registry.remove(this);
        task = null;
        leased = false;
    }

    /** Before the resumer waits once more: it would not if its status were set. */
    final void noteInterrupt(Thread resumer) {
        if (resumer.isInterrupted()) {
            resumerInterrupted = true;
            Thread.interrupted();
        }
    }

    /** When the resumer has waited; nobody asks any more where the interrupt is, as the body has left. */
    final void restoreInterrupt(Thread resumer) {
        if (resumerInterrupted) {
            resumer.interrupt();
            resumerInterrupted = false;
        }
    }

    /** In the order opposite to that of {@link #noteInterrupt}, or one that moves meanwhile would be seen nowhere. */
    @Override
    public final boolean isResumerInterrupted(Thread resumer) {
        return resumer.isInterrupted() || resumerInterrupted;
    }

    /** There is no stack that anybody else could want. */
    @Override
    public final boolean destroy() {
        retire();
        return true;
    }

    @Override
    public final void keep() {
        registry.remove(this);
        System.getLogger("dev.fringe").log(System.Logger.Level.WARNING, "the body of the generator \""
                + thread().getName() + "\" can't be unwound and is left where it is");
    }

    /** The thread has its name and its class loader from the beginning. */
    @Override
    public final void enterBody() { }

    /** No other body gets the thread, but it ends without the name of its generator. */
    @Override
    public final void leaveBody() {
        if (named) {
            try {
                thread().setName(name());
            } catch (StackOverflowError | OutOfMemoryError e) {
                return; // it ends with it
            }
        }
    }

    @Override
    public final String name() {
        return PREFIX + number;
    }

    @Override
    public final Task task() {
        return task;
    }

    @Override
    public final long stackUsed() {
        return -1;
    }

    /** By which its frames are known, see {@link StackMarker}. */
    final int marker() {
        return (int) number & StackMarker.COUNT - 1;
    }

    @Override
    public final int origin() {
        return Origins.of(marker());
    }

    /** The lines by which the traces of a body are known. When they are asked for, the thread has no frames any more. */
    static final class Origins {

        private static final int[] LINES = new int[StackMarker.COUNT];

        static {
            for (int i = 0; i < LINES.length; i++) {
                int marker = i;
                StackMarker.run(marker, () -> LINES[marker] = StackMarker.of(new Throwable().getStackTrace()));
            }
        }

        private Origins() {}

        static int of(int marker) {
            return LINES[marker];
        }
    }
}
