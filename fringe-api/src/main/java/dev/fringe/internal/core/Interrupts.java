// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import dev.fringe.internal.engine.Flow;
import dev.fringe.internal.engine.InterruptListener;
import java.nio.channels.Selector;

/**
 * Makes one interrupt status of two: that of the body's thread, and that of the thread which resumes it.
 *
 * <p>An interrupter calls the {@link Selector#wakeup wakeup} of the selector that the thread is in ({@link
 * InterruptListener}). So there is one here that selects nothing, a {@link
 * Link}, between whose {@code begin()} and {@code end()} the switch is, and whose {@code wakeup()} interrupts the body's
 * thread. A thread has one such place, and nobody else uses it during a switch: the thread that resumes
 * executes nothing but the switch, and what the body blocks on takes the place of the body's own thread. If
 * the body has resumed another such generator, that is the link of the other: interrupts travel inwards.
 *
 * <p>Only a thread itself can clear its status. Hence four steps, each on the thread that it is about:
 *
 * <ol>
 * <li>{@link #enter}, the resumer: {@code begin()}. A status that is set is cleared, and carried to the body.
 * <li>{@link #arrive}, the body: from here on, who interrupts the resumer interrupts the body. What was carried
 *     is set.
 * <li>{@link #leave}, the body: from here on, nobody does. The status is cleared, and carried to the resumer.
 * <li>{@link #exit}, the resumer: {@code end()}, by {@link Flow#stopTelling}. The status becomes what the body's was.
 * </ol>
 *
 * <p><b>The races.</b> An interrupter does three things, one after the other: (1) it sets the resumer's
 * status; (2) it looks for a link; (3) it calls {@code wakeup()}, maybe much later. The body's thread is only
 * interrupted under the lock of the link, and between 2. and 4. only while {@code running} is set. So:
 *
 * <ul>
 * <li><i>Nothing leaks into the body's next run, or the next body.</i> {@link #leave} clears {@code running}
 *     under the lock before it takes the status; after that no {@code wakeup()} touches the body's thread.
 * <li><i>Nothing is counted twice.</i> {@link #enter} clears the status, so while the body runs the resumer's is
 *     set by new interrupts only. A {@code wakeup()} that is still on its way from before finds it cleared,
 *     and does nothing.
 * <li><i>None of an earlier run is taken for one of this.</i> A late {@code wakeup()} before step 2 would be
 *     {@code missed}, and with it what has set the status meanwhile would be forwarded, which its own {@code
 *     wakeup()} then does once more. So the link of a run in which the status has been set, and seen by the
 *     resumer before or after it, is not used again.
 * <li><i>Nothing is lost that is not forwarded.</i> (1) comes before (3): the resumer's status is set, and stays
 *     set, unless step 4 clears it. It does so only if an interrupt has been forwarded, and the body has cleared
 *     its status since, that is, has taken the interrupt.
 * <li><i>A second interrupt, after the body has taken the first.</i> If (3) comes before step 3, it is forwarded
 *     as well. Else step 4 may wipe out what (1) has set. If (2) found the link, (3) says so: it is {@code missed},
 *     and the status is set again by step 4. If (3) comes when that is over, {@code wakeup()} sets it again, but
 *     only if it was not set at the end of step 4: else (1) came after the clearing, or another interrupt that
 *     the resumer has not seen did, and the two are one. For virtual threads (1) and
 *     (2) are one step under a lock that {@code end()} takes, too, so that is all. For platform threads
 *     (1) may come before step 4 clears the status, and (2) after {@code end()}: the interrupt is lost. Between
 *     (1) and (2) there is less than a microsecond, unless the interrupter is stopped there; so step 4
 *     waits for some microseconds between the two.
 * </ul>
 *
 * <p>Where the text above speaks of the resumer's status, an engine whose resumer waits for the body may keep it in
 * another place as long as it waits ({@link Flow#isResumerInterrupted}); it is back when the switch is. An engine whose
 * resumer runs bodies of generators that are not interruptible itself may lose its status by that, between (1) and (2).
 * Then each {@code wakeup()} counts, see {@link Flow#mayHaveLostStatus}: an interrupter that is that late may be heard
 * twice, and none is lost.
 *
 * <p><b>Time limits.</b> A {@link TimeLimit} interrupts the body's thread, not the resumer: what is left of that when
 * the body suspends is not for the resumer to see. So {@link #leave} drops a status that is set although no thread has
 * interrupted the resumer. If one has, too, and the body has taken one interrupt of the two, the status goes on to the
 * resumer: of the two mistakes that are possible, an interrupt too many is the lesser.
 *
 * <p>A link whose resumer's status has been cleared by step 4 is not used again, so a late {@code wakeup()}
 * is known to belong to that run.
 *
 * <p>The fields that are not guarded by the lock of the link are ordered as those of {@link Coroutine} are.
 */
final class Interrupts extends Stretch {

    /** How often who has taken an interrupt back lets others run before it says that it listens no more. */
    private static final int YIELDS = 64;

    /** Null if there was no memory for a new one; {@link #enter} makes it then. */
    private Link link = new Link();
    /** The status on its way to the body, and back. */
    private boolean inwards;
    private boolean outwards;
    /** Whether the resumer's status has been set in this run before the switch. */
    private boolean carried;
    /** Until when the body may run; null if there is no such limit. */
    private TimeLimit limit;
    /** Whether the status that the body left was that of a time limit, which is not the resumer's. */
    private boolean dropped;

    @Override
    boolean interrupts() {
        return true;
    }

    // ---- on the thread that resumes -------------------------------------------------------------------

    /** Before the switch into the body. */
    @Override
    void enter(Flow flow) {
        outwards = false;
        limit = TimeLimit.used ? TimeLimit.current() : null;
        boolean doubtful = flow.mayHaveLostStatus();
        if (link == null || doubtful && !link.isNew()) { // another thread's interrupter may still be on its way to it
            link = new Link();
        }
        link.connect(this, flow, Thread.currentThread(), doubtful);
    }

    /** After the switch back from the body. */
    @Override
    void exit() {
        Link used = link;
        boolean taken = used.forwarded && !outwards;
        if (taken) {
            Thread.interrupted();
            for (int i = 0; i < YIELDS; i++) {
                Thread.yield();
            }
        }
        if (outwards) { // tells no listener: the thread does it itself
            Thread.currentThread().interrupt();
        }
        if (taken || used.doubtful) {
            link = null; // in case there is no room for the next calls
        }
        used.disconnect(taken);
        limit = null;
        if (taken || mustRenew(used)) {
            renew();
        }
    }

    /** Whether the next run is to have a link of its own: an interrupter of this one may be on its way to it. */
    private boolean mustRenew(Link used) {
        return carried || used.doubtful || Thread.currentThread().isInterrupted();
    }

    private void renew() {
        carried = false;
        link = null;
        try {
            link = new Link();
        } catch (OutOfMemoryError | StackOverflowError e) { // left to the next resume, which can fail
            link = null;
        }
    }

    /** The switch has not happened. */
    @Override
    void undo() {
        if (inwards) {
            Thread.currentThread().interrupt();
            inwards = false;
        }
        limit = null;
        Link used = link;
        if (used == null) {
            return;
        }
        if (used.doubtful) {
            link = null;
        }
        used.disconnect(false);
        if (mustRenew(used)) {
            renew();
        }
    }

    // ---- on the thread of the body --------------------------------------------------------------------

    /** The body goes on. */
    @Override
    void arrive() {
        link.start(Thread.currentThread());
        if (inwards) {
            inwards = false;
            Thread.currentThread().interrupt();
        }
        if (limit != null) {
            limit.begin(this);
        }
    }

    /** The body is about to suspend, or has ended. */
    @Override
    void leave() {
        if (limit != null) {
            limit.end();
        }
        link.stop();
        outwards = Thread.interrupted();
        dropped = outwards && link.expired && !link.forwarded && !carried; // no thread has interrupted the resumer
        if (dropped) {
            outwards = false;
            if (limit != null) {
                limit.giveBack();
            }
        }
    }

    /** The time of the body is over; called with the lock of its limit, before {@link #leave}. */
    void expire() {
        Link at = link;
        if (at != null) {
            at.expire();
        }
    }

    /** The body could not suspend. */
    @Override
    void stay() {
        inwards |= outwards || dropped;
        outwards = false;
        arrive();
    }

    /** What one thread, or several one after the other, resume through. */
    private static final class Link extends InterruptListener {

        private Interrupts owner;
        /** What the body runs on, while there is a switch. */
        private Flow flow;
        private Thread resumer;
        /** The body's thread while it may be interrupted. */
        private Thread running;
        /** Whether an interrupter may be on its way whose interrupt the status does not show any more. */
        private boolean doubtful;
        /** Whether the body's thread has been interrupted in this run. */
        private boolean forwarded;
        /** Whether the body's thread has been interrupted in this run because its time was over. */
        private boolean expired;
        /** Whether there has been an interrupt in this run that could not be forwarded. */
        private boolean missed;
        /** Whether the resumer has cleared its status at the end of this run, and left it so. */
        private boolean cleared;

        /** Whether no thread has resumed through it yet. */
        private boolean isNew() {
            return resumer == null;
        }

        private void connect(Interrupts owner, Flow flow, Thread resumer, boolean doubtful) {
            synchronized (this) {
                this.owner = owner;
                this.flow = flow;
                this.resumer = resumer;
                this.doubtful = doubtful;
                cleared = false;
                forwarded = false;
                expired = false;
                missed = false;
            }
            begin(); // calls wakeup() if the status is set
        }

        private synchronized void start(Thread body) {
            running = body;
            if (missed && isInterrupted()) { // since begin()
                forwarded = true;
                body.interrupt();
            }
            missed = false;
        }

        /**
         * Whether the resumer has an interrupt that has not been seen. Without asking, an interrupter that is held up
         * between (1) and (3), until what it has set was seen, would be heard twice. Asked while the body runs.
         */
        private boolean isInterrupted() {
            return doubtful || flow.isResumerInterrupted(resumer);
        }

        private synchronized void expire() {
            if (running != null) {
                expired = true;
                running.interrupt();
            }
        }

        private synchronized void stop() {
            running = null;
        }

        /**
         * Does nothing if it has not been connected.
         *
         * @param taken whether the resumer has cleared its status
         */
        private void disconnect(boolean taken) {
            Flow used = flow;
            if (used == null) {
                return;
            }
            used.stopTelling(this);
            synchronized (this) {
                flow = null;
                running = null; // a body that was given up has not said so
                if (missed && (taken || doubtful)) {
                    resumer.interrupt();
                }
                if (taken || doubtful) {
                    cleared = !resumer.isInterrupted();
                }
            }
        }

        @Override
        public synchronized Selector wakeup() {
            if (cleared) {
                resumer.interrupt();
            } else if (Thread.currentThread() == resumer) { // by begin()
                owner.inwards |= Thread.interrupted();
                owner.carried = true;
            } else if (running == null) {
                missed = true;
            } else if (isInterrupted()) {
                forwarded = true;
                running.interrupt();
            }
            return this;
        }
    }
}
