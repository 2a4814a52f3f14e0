// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.bench;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.locks.LockSupport;

/** Two threads that take turns, and hand an object over at each turn: how it is done without generators. */
abstract sealed class Handoff {

    /** Of the side that asks: gives an object and gets one. */
    abstract Object exchange(Object out);

    /** Of the side that answers. */
    abstract Object answer(Object out);

    /** Of the side that answers, to begin with. */
    abstract Object first();

    /** Whether the side that answers has come to wait, as far as that is known. */
    boolean ready() {
        return true;
    }

    /** Starts the side that answers, which goes on for so many turns. */
    final Thread start(Thread.Builder builder, int depth, long times) {
        return builder.start(() -> Bodies.echo(this::answer, first(), depth, times));
    }

    /** By a pair of queues without room. */
    static final class ByQueue extends Handoff {
        private final SynchronousQueue<Object> there = new SynchronousQueue<>();
        private final SynchronousQueue<Object> back = new SynchronousQueue<>();

        @Override
        Object exchange(Object out) {
            try {
                there.put(out);
                return back.take();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        Object answer(Object out) {
            try {
                back.put(out);
                return there.take();
            } catch (InterruptedException e) {
                return null; // the end of a benchmark
            }
        }

        @Override
        Object first() {
            try {
                return there.take();
            } catch (InterruptedException e) {
                return null;
            }
        }
    }

    /** By hand: a field says whose turn it is, and the other side parks. */
    static final class ByPark extends Handoff {
        private volatile Thread asking;
        private volatile Thread answering;
        private volatile Object there;
        private volatile Object back;

        @Override
        boolean ready() {
            return answering != null;
        }

        @Override
        Object exchange(Object out) {
            asking = Thread.currentThread();
            there = out;
            LockSupport.unpark(answering);
            Object in;
            while ((in = back) == null) {
                LockSupport.park(this);
            }
            back = null;
            return in;
        }

        @Override
        Object answer(Object out) {
            back = out;
            LockSupport.unpark(asking);
            return first();
        }

        @Override
        Object first() {
            answering = Thread.currentThread();
            Object in;
            while ((in = there) == null) {
                if (Thread.interrupted()) {
                    return null; // the end of a benchmark
                }
                LockSupport.park(this);
            }
            there = null;
            return in;
        }
    }
}
