// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.core;

import java.util.function.Function;

/**
 * One body's wait for another generator, and how the resumer finds the body that is to run.
 *
 * <p>A body that delegates suspends; from then on a resumer of its generator runs the other's body, until that has
 * ended. The other may delegate, too, so there are chains, and a tree that is walked recursively makes one as
 * long as the tree is deep. It would be walked by each {@code resume}, if the resumer had to ask each generator for
 * the next. So the first one knows the last, {@link Coroutine#innermost}, and a resumer switches straight to
 * that: what a {@code resume} costs does not depend on the length of the chain, and neither does the room that it
 * takes on the resumer's stack. Where a delegation begins or ends, which takes a switch anyhow, {@code innermost}
 * moves by one.
 *
 * <pre>
 *   resumer --> first --delegates to--> second --delegates to--> third
 *                 |                       LENT                     LENT
 *                 +------------------- innermost ------------------^
 * </pre>
 *
 * <p><b>Segments.</b> That is possible as long as nobody else can resume the second and the third. The body's
 * thread is the only one that may resume a confined generator which is made in the body, and it waits. A shared
 * one can be resumed by any thread at any time, so it has to be entered, by an atomic operation, each time. It
 * begins a new <i>segment</i> of the chain, which it is the head of, with its own {@code innermost}. So does what
 * the values have to be mapped on their way out of, and what has a delegate, or a value that was fetched, from
 * before. A resumer goes from segment to segment on its way in, and on its way out; most chains have one.
 *
 * <p><b>Failing.</b> {@link #run} throws what the resumer is to see, with {@code entered} set if nothing has
 * happened. Between two switches it may get stuck for want of room on the resumer's stack. All that it has
 * done up to there stands, and is found by the next {@code resume} in the fields: it goes on from there.
 */
public final class Delegation {

    /** The inner one takes the place of the outer one's body. */
    static final int STANDS_IN = 0;
    /** The inner one stands in for a loop over its values; see {@link #iterates}. */
    static final int ITERATES = 1;
    /** As {@link #STANDS_IN}, and what the inner one gives at its end is for the outer one's body. */
    static final int RETURNS = 2;

    final Coroutine<?, ?> outer;
    final Coroutine<?, ?> inner;
    /** Makes what comes out of the outer one of what the inner one suspends with; null if that is the same. */
    private final Function<Object, ?> mapping;
    /**
     * Whether the inner one only stands in for a loop over its values: it gets no inputs, an exception is thrown
     * into the loop and not into it, and it is not closed.
     */
    final boolean iterates;
    private final boolean returns;
    /** What the inner one has given at its end, if that is for the outer one's body. */
    Object returned;
    /** Whether this one, or one further out in the segment, iterates. */
    private boolean withoutInput;
    /** What the inner one is resumed with first, as long as that has not been done. */
    private Object first;
    private boolean pending = true;
    /** The head of the segment that the outer one is in, if the inner one is the head of another. */
    private Coroutine<?, ?> outerHead;

    Delegation(Coroutine<?, ?> outer, Coroutine<?, ?> inner, Function<Object, ?> mapping, Object first,
            int way) {
        this.outer = outer;
        this.inner = inner;
        this.mapping = mapping;
        this.first = first;
        iterates = way == ITERATES;
        returns = way == RETURNS;
    }

    /**
     * Resumes what is innermost in the chain that begins with {@code root}, which has been entered, and leaves it.
     *
     * @param inputFromOutside what it is resumed with
     * @param exceptionFromOutside what is thrown into it, or null
     * @param keep whether what comes out is to be kept, as {@link Transfer#FETCHED}
     * @return what came out; null if {@code root} has ended
     */
    static Object run(Coroutine<?, ?> root, Object inputFromOutside, Throwable exceptionFromOutside, boolean keep) {
        Object input = inputFromOutside;
        Throwable exception = exceptionFromOutside;
        Coroutine<?, ?> head = root;
        Delegation fresh = null; // whose first input is on its way
        boolean past = false; // whether the innermost body is to go on although its delegate has not ended
        try {
            while (true) {
                Coroutine<?, ?> at = head.innermost;
                Object output = null;
                if (head != root && head.transfer.outcome == Transfer.FETCHED) {
                    if (exception != null) {
                        exception.addSuppressed(new IllegalStateException(Coroutine.FETCHED_BEFORE_THROWN));
                        Delegation lender = head.borrowed;
                        head.state = Lifecycle.SUSPENDED;
                        head = lender.outerHead;
                        past = true;
                        continue;
                    }
                    output = head.takeFetched();
                    Delegation lender = head.borrowed; // its first input is dropped with it, and not kept for later
                    lender.pending = false;
                    lender.first = null;
                    if (fresh == lender) {
                        fresh = null;
                    }
                } else if (at.transfer.outcome == Transfer.ENDED) {
                    if (at == root) {
                        return root.leaveEnded(keep);
                    }
                    Delegation over = at.borrowed;
                    output = over.last(at.last);
                    Throwable failure = (Throwable) at.transfer.value;
                    at.finishWithoutLast(failure);
                    if (at == head) { // no call from here on, up to the next switch
                        head = over.outerHead;
                    }
                    at.borrowed = null;
                    Coroutine<?, ?> outer = over.outer;
                    head.innermost = outer;
                    outer.delegation = null;
                    outer.transfer.value = null;
                    outer.transfer.outcome = Transfer.YIELDED;
                    if (failure != null) {
                        outer.order = Coroutine.THROW;
                        outer.thrown = failure;
                    }
                    if (output == null) {
                        continue;
                    }
                } else if (at == root && at.transfer.outcome == Transfer.STUCK) { // closing had no room to say so
                    throw root.giveUp();
                } else if (exception != null && !past && at.state == Lifecycle.LENT && at.borrowed.withoutInput) {
                    giveBackTo(outermostIterating(at), head);
                    past = true;
                    continue;
                } else if (at.transfer.outcome == Transfer.DELEGATING && !past) {
                    Delegation next = at.delegation;
                    if (exception != null && next.iterates) {
                        past = true;
                    } else if (next.lend(at)) {
                        head.innermost = next.inner;
                    } else {
                        RuntimeException refusal = null;
                        boolean isIn = false;
                        try {
                            isIn = next.inner.enterFor(at.thread());
                        } catch (IllegalStateException e) { // it has been closed, or another thread resumes it
                            refusal = e;
                        }
                        if (!isIn && refusal == null && exception == null) {
                            output = next.last(next.inner.takeLast());
                        }
                        if (output != null) {
                            at.delegation = null;
                            at.transfer.outcome = Transfer.YIELDED;
                        } else if (isIn) {
                            next.inner.borrowed = next;
                            next.outerHead = head;
                            head = next.inner;
                            if (fresh != null) {
                                fresh.pending = false;
                                fresh = null;
                            }
                            if (next.pending) {
                                input = next.first;
                                fresh = next;
                            } else if (next.iterates
                                    || at.state == Lifecycle.LENT && at.borrowed.withoutInput) {
                                input = null;
                            }
                        } else {
                            if (exception == null) {
                                exception = refusal;
                            } else if (refusal != null) {
                                exception.addSuppressed(refusal);
                            }
                            past = true;
                        }
                    }
                    if (output == null) {
                        continue;
                    }
                } else {
                    Delegation lender = at.state == Lifecycle.LENT ? at.borrowed : null;
                    if (lender != null && lender.pending) {
                        input = lender.first;
                    } else if (lender != null && lender.withoutInput) {
                        input = null;
                    }
                    at.switchWith(input == null ? at.noInput() : input, exception);
                    root.entered = true; // and no call before the value is safe
                    if (lender != null) {
                        lender.pending = false;
                        lender.first = null;
                    }
                    if (fresh != null) {
                        fresh.pending = false;
                        fresh.first = null;
                        fresh = null;
                    }
                    exception = null;
                    past = false;
                    Transfer came = at.transfer;
                    if (came.outcome != Transfer.YIELDED) {
                        continue;
                    }
                    output = came.value;
                    came.value = null;
                }
                while (head != root) {
                    Delegation lender = head.borrowed;
                    try {
                        output = lender.map(output);
                    } catch (Throwable t) { // no room, or no memory; it is given out next time
                        head.transfer.value = output;
                        head.transfer.outcome = Transfer.FETCHED;
                        throw t;
                    }
                    Coroutine<?, ?> left = head;
                    head = lender.outerHead;
                    left.borrowed = null;
                    left.state = Lifecycle.SUSPENDED;
                }
                root.entered = false;
                if (keep) {
                    root.transfer.value = output;
                    root.transfer.outcome = Transfer.FETCHED;
                }
                try {
                    root.leave(Lifecycle.SUSPENDED);
                } catch (StackOverflowError e) {
                    root.state = Lifecycle.SUSPENDED;
                }
                return output;
            }
        } catch (Throwable t) {
            for (Coroutine<?, ?> entered = head; entered != root; entered = entered.borrowed.outerHead) {
                entered.state = Lifecycle.SUSPENDED;
            }
            throw t;
        }
    }

    private Object map(Object output) {
        return mapping == null || output == null ? output : mapping.apply(output);
    }

    /** What comes out of the outer one of what the inner one gives at its end. */
    private Object last(Object output) {
        if (returns) {
            returned = output;
            return null;
        }
        return map(output);
    }

    /** Makes the inner generator one of the outer one's segment; false if it has to be the head of another. */
    private boolean lend(Coroutine<?, ?> at) {
        if (mapping != null || inner.owner == null || inner.state != Lifecycle.SUSPENDED
                || inner.transfer.outcome != Transfer.YIELDED) {
            return false;
        }
        withoutInput = iterates || at.state == Lifecycle.LENT && at.borrowed.withoutInput;
        inner.borrowed = this;
        inner.state = Lifecycle.LENT;
        return true;
    }

    /** In a segment, the first body that only iterates over what is further in. */
    private static Coroutine<?, ?> outermostIterating(Coroutine<?, ?> innermost) {
        Delegation found = null;
        for (Coroutine<?, ?> at = innermost; at.state == Lifecycle.LENT; at = at.borrowed.outer) {
            if (at.borrowed.iterates) {
                found = at.borrowed;
            }
        }
        return found.outer;
    }

    /**
     * Ends a delegation whose inner generator has not ended: it can be resumed, or closed, by its owner again, and
     * is the head of what it has delegated to. Called by what has entered {@code head}.
     */
    static void giveBackTo(Coroutine<?, ?> outer, Coroutine<?, ?> head) {
        Delegation delegation = outer.delegation;
        Coroutine<?, ?> inner = delegation == null ? null : delegation.inner;
        if (inner == null || inner.state != Lifecycle.LENT || inner.borrowed != delegation) {
            return;
        }
        Coroutine<?, ?> innermost = head.innermost;
        boolean dropped = false;
        for (Coroutine<?, ?> at = inner; at != innermost; at = at.delegation.inner) {
            dropped |= at.delegation.iterates;
            at.delegation.withoutInput = dropped;
        }
        inner.innermost = innermost;
        head.innermost = outer;
        inner.borrowed = null;
        inner.state = Lifecycle.SUSPENDED;
    }
}
