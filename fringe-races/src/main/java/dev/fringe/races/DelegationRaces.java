// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.races;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/**
 * Two threads at once at the two ends of a chain: a shared generator whose body has delegated to another shared one,
 * which threads may also use directly. The results: what the first got, what the second got, and what is wrong when
 * both have been closed afterwards, which should be nothing ("-").
 */
public final class DelegationRaces {

    private DelegationRaces() {}

    /** A chain of two, which has given 0. */
    @State
    public static class Chain {

        final Racer inner = Racer.endless(Racer.Kind.PLAIN, false);
        final Racer outer = Racer.delegatingTo(inner);

        String end() {
            String wrong = outer.end() + inner.end();
            return wrong.isEmpty() ? "-" : wrong;
        }
    }

    /** Two bodies that have delegated to the same generator, which has given 0 and 1. */
    @State
    public static class Fork {

        final Racer inner = Racer.endless(Racer.Kind.PLAIN, false);
        final Racer one = Racer.delegatingTo(inner);
        final Racer other = Racer.delegatingTo(inner);

        String end() {
            String wrong = one.end() + other.end() + inner.end();
            return wrong.isEmpty() ? "-" : wrong;
        }
    }

    /** Each gets a value of its own, or is refused because the other is at it. */
    @JCStressTest
    @Outcome(id = {"1, 2, -", "2, 1, -", "refused, 1, -", "1, running, -"}, expect = ACCEPTABLE,
            desc = "Each gets a value of its own, or is refused because the other is at it")
    public static class ResumeResume {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.resume();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.resume();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** What can't be thrown into the delegate is thrown into the body that waits for it. */
    @JCStressTest
    @Outcome(id = {"1, 2, -", "2, 1, -", "thrown, 1, -", "1, running, -"}, expect = ACCEPTABLE,
            desc = "What can't be thrown into the delegate is thrown into the body that waits for it")
    public static class ThrowResume {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.raise();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.resume();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** The delegate is resumed or thrown into, but not both at once. */
    @JCStressTest
    @Outcome(id = {"1, 2, -", "2, 1, -", "refused, 1, -", "1, running, -"}, expect = ACCEPTABLE,
            desc = "The delegate is resumed or thrown into, but not both at once")
    public static class ResumeThrow {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.resume();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.raise();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** A body whose delegate is closed by another thread gets to know. */
    @JCStressTest
    @Outcome(id = {"1, closed, -", "1, running, -", "refused, closed, -"}, expect = ACCEPTABLE,
            desc = "A body whose delegate is closed by another thread gets to know")
    public static class ResumeClose {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.resume();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.close();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** The same for what the reaper calls. */
    @JCStressTest
    @Outcome(id = {"1, closed, -", "1, running, -", "refused, closed, -"}, expect = ACCEPTABLE,
            desc = "The same for what the reaper calls")
    public static class ResumeAbandon {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.resume();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.abandon();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** The same for what is thrown into it. */
    @JCStressTest
    @Outcome(id = {"1, closed, -", "1, running, -", "thrown, closed, -"}, expect = ACCEPTABLE,
            desc = "The same for what is thrown into it")
    public static class ThrowClose {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.raise();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.close();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** Closing the outer one closes the inner one, or says that it could not. */
    @JCStressTest
    @Outcome(id = {"closed, 1, -", "running, 1, -", "closed, running, -", "closed, closed, -"}, expect = ACCEPTABLE,
            desc = "Closing the outer one closes the inner one, or says that it could not")
    public static class CloseResume {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.close();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.resume();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** The same if another thread closes it just then. */
    @JCStressTest
    @Outcome(id = {"closed, closed, -", "running, closed, -", "closed, running, -"}, expect = ACCEPTABLE,
            desc = "The same if another thread closes it just then")
    public static class CloseClose {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.close();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.close();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** The same if that is the reaper. */
    @JCStressTest
    @Outcome(id = {"closed, closed, -", "running, closed, -", "closed, running, -"}, expect = ACCEPTABLE,
            desc = "The same if that is the reaper")
    public static class CloseAbandon {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.close();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.abandon();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** The same if both are forgotten. */
    @JCStressTest
    @Outcome(id = {"closed, closed, -", "running, closed, -", "closed, running, -"}, expect = ACCEPTABLE,
            desc = "The same if both are forgotten")
    public static class AbandonAbandon {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.outer.abandon();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.inner.abandon();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** Diagnostics follow a chain that moves. */
    @JCStressTest
    @Outcome(id = {"seen, 1, -"}, expect = ACCEPTABLE,
            desc = "Diagnostics follow a chain that moves")
    public static class LookResume {

        @Actor
        public void first(Chain race, LLL_Result result) {
            result.r1 = race.inner.look();
        }

        @Actor
        public void second(Chain race, LLL_Result result) {
            result.r2 = race.outer.resume();
        }

        @Arbiter
        public void afterwards(Chain race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** Two chains that share their end are served one after the other, or refused. */
    @JCStressTest
    @Outcome(id = {"2, 3, -", "3, 2, -", "refused, 2, -", "2, refused, -"}, expect = ACCEPTABLE,
            desc = "Two chains that share their end are served one after the other, or refused")
    public static class ForkResume {

        @Actor
        public void first(Fork race, LLL_Result result) {
            result.r1 = race.one.resume();
        }

        @Actor
        public void second(Fork race, LLL_Result result) {
            result.r2 = race.other.resume();
        }

        @Arbiter
        public void afterwards(Fork race, LLL_Result result) {
            result.r3 = race.end();
        }
    }

    /** Closing one of them closes the end of both. */
    @JCStressTest
    @Outcome(id = {"closed, 2, -", "closed, refused, -", "running, 2, -"}, expect = ACCEPTABLE,
            desc = "Closing one of them closes the end of both")
    public static class ForkClose {

        @Actor
        public void first(Fork race, LLL_Result result) {
            result.r1 = race.one.close();
        }

        @Actor
        public void second(Fork race, LLL_Result result) {
            result.r2 = race.other.resume();
        }

        @Arbiter
        public void afterwards(Fork race, LLL_Result result) {
            result.r3 = race.end();
        }
    }
}
