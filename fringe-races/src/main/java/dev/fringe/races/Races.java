// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.races;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/**
 * Two threads at once at one shared generator. The results: what the first got, what the second got, what the next
 * {@code resume} gives afterwards, and the kind of generator. Each is served, in some order, or refused because the
 * other is at it, and nothing has happened then. What is not listed is a fault.
 */
public final class Races {

    private static final String KIND = ", [a-z_]+";

    private Races() {}

    /** What the threads race for. */
    @State
    public static class Any {

        final Racer racer = Racer.any();
    }

    /** One that can be thrown into, and is suspended. */
    @State
    public static class Receptive {

        final Racer racer = Racer.receptive(true);
    }

    /** One that can be thrown into, and has not started. */
    @State
    public static class Fresh {

        final Racer racer = Racer.receptive(false);
    }

    /** One whose body ends when it is resumed. */
    @State
    public static class AtItsEnd {

        final Racer racer = Racer.ending(out -> { });
    }

    /** One whose body fails when it is resumed. */
    @State
    public static class AboutToFail {

        final Racer racer = Racer.ending(out -> {
            throw new Racer.Failure();
        });
    }

    /** One that has returned a value which was fetched and not taken. */
    @State
    public static class Returned {

        final Racer racer = Racer.returned();
    }

    /** One whose owner has ended. */
    @State
    public static class Orphaned {

        final Racer racer = Racer.orphaned();
    }

    /** Each gets a value of its own. */
    @JCStressTest
    @Outcome(id = {
            "0, 1, 2" + KIND, "1, 0, 2" + KIND, "0, running, 1" + KIND, "running, 0, 1" + KIND},
            expect = ACCEPTABLE, desc = "Each gets a value of its own")
    public static class ResumeResume {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** A generator is closed when nobody is in it, or not at all. */
    @JCStressTest
    @Outcome(id = {
            "0, closed, closed" + KIND, "0, running, 1" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "A generator is closed when nobody is in it, or not at all")
    public static class ResumeClose {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same for what the reaper calls. */
    @JCStressTest
    @Outcome(id = {
            "0, closed, closed" + KIND, "0, running, 1" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "The same for what the reaper calls")
    public static class ResumeAbandon {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.abandon();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** It is closed once. */
    @JCStressTest
    @Outcome(id = {
            "closed, closed, closed" + KIND, "closed, running, closed" + KIND, "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "It is closed once")
    public static class CloseClose {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.close();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same if one of the two is the reaper. */
    @JCStressTest
    @Outcome(id = {
            "closed, closed, closed" + KIND, "closed, running, closed" + KIND, "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "The same if one of the two is the reaper")
    public static class CloseAbandon {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.close();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.abandon();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** What is thrown into a body reaches it, and its next value reaches the thrower. */
    @JCStressTest
    @Outcome(id = {
            "0, 1, 2" + KIND, "1, 0, 2" + KIND, "0, running, 1" + KIND, "running, 0, 1" + KIND},
            expect = ACCEPTABLE, desc = "What is thrown into a body reaches it, and its next value reaches the thrower")
    public static class ResumeThrow {

        @Actor
        public void first(Receptive race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Receptive race, LLLL_Result result) {
            result.r2 = race.racer.raise();
        }

        @Arbiter
        public void afterwards(Receptive race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same for two. */
    @JCStressTest
    @Outcome(id = {
            "0, 1, 2" + KIND, "1, 0, 2" + KIND, "0, running, 1" + KIND, "running, 0, 1" + KIND},
            expect = ACCEPTABLE, desc = "The same for two")
    public static class ThrowThrow {

        @Actor
        public void first(Receptive race, LLLL_Result result) {
            result.r1 = race.racer.raise();
        }

        @Actor
        public void second(Receptive race, LLLL_Result result) {
            result.r2 = race.racer.raise();
        }

        @Arbiter
        public void afterwards(Receptive race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** A body is thrown into or unwound, but not both at once. */
    @JCStressTest
    @Outcome(id = {
            "0, closed, closed" + KIND, "0, running, 1" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "A body is thrown into or unwound, but not both at once")
    public static class ThrowClose {

        @Actor
        public void first(Receptive race, LLLL_Result result) {
            result.r1 = race.racer.raise();
        }

        @Actor
        public void second(Receptive race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Receptive race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same for what the reaper calls. */
    @JCStressTest
    @Outcome(id = {
            "0, closed, closed" + KIND, "0, running, 1" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "The same for what the reaper calls")
    public static class ThrowAbandon {

        @Actor
        public void first(Receptive race, LLLL_Result result) {
            result.r1 = race.racer.raise();
        }

        @Actor
        public void second(Receptive race, LLLL_Result result) {
            result.r2 = race.racer.abandon();
        }

        @Arbiter
        public void afterwards(Receptive race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** One that has not started ends with what is thrown into it, at once. */
    @JCStressTest
    @Outcome(id = {
            "0, 1, 2" + KIND, "0, running, 1" + KIND, "end, thrown, end" + KIND, "running, thrown, end" + KIND},
            expect = ACCEPTABLE, desc = "One that has not started ends with what is thrown into it, at once")
    public static class ResumeThrowFresh {

        @Actor
        public void first(Fresh race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Fresh race, LLLL_Result result) {
            result.r2 = race.racer.raise();
        }

        @Arbiter
        public void afterwards(Fresh race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** One that has not started is closed, or ends with what is thrown into it. */
    @JCStressTest
    @Outcome(id = {
            "thrown, closed, end" + KIND, "thrown, running, end" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "One that has not started is closed, or ends with what is thrown into it")
    public static class ThrowCloseFresh {

        @Actor
        public void first(Fresh race, LLLL_Result result) {
            result.r1 = race.racer.raise();
        }

        @Actor
        public void second(Fresh race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Fresh race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** What one has fetched the other takes. */
    @JCStressTest
    @Outcome(id = {
            "true, 0, 1" + KIND, "running, 0, 1" + KIND, "true, running, 0" + KIND},
            expect = ACCEPTABLE, desc = "What one has fetched the other takes")
    public static class HasNextResume {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.hasNext();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** One value is fetched, whoever asks. */
    @JCStressTest
    @Outcome(id = {
            "true, true, 0" + KIND, "running, true, 0" + KIND, "true, running, 0" + KIND},
            expect = ACCEPTABLE, desc = "One value is fetched, whoever asks")
    public static class HasNextHasNext {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.hasNext();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.hasNext();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** What was fetched is discarded by closing. */
    @JCStressTest
    @Outcome(id = {
            "true, closed, closed" + KIND, "true, running, 0" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "What was fetched is discarded by closing")
    public static class HasNextClose {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.hasNext();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** Nothing is thrown past a value that was fetched. */
    @JCStressTest
    @Outcome(id = {
            "true, 0, 1" + KIND, "true, fetched, 0" + KIND, "true, running, 0" + KIND, "running, 0, 1" + KIND},
            expect = ACCEPTABLE, desc = "Nothing is thrown past a value that was fetched")
    public static class HasNextThrow {

        @Actor
        public void first(Receptive race, LLLL_Result result) {
            result.r1 = race.racer.hasNext();
        }

        @Actor
        public void second(Receptive race, LLLL_Result result) {
            result.r2 = race.racer.raise();
        }

        @Arbiter
        public void afterwards(Receptive race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The end is the end for both. */
    @JCStressTest
    @Outcome(id = {
            "end, end, end" + KIND, "end, running, end" + KIND, "running, end, end" + KIND},
            expect = ACCEPTABLE, desc = "The end is the end for both")
    public static class LastResume {

        @Actor
        public void first(AtItsEnd race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(AtItsEnd race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(AtItsEnd race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** Ending and closing are one or the other. */
    @JCStressTest
    @Outcome(id = {
            "end, closed, end" + KIND, "end, running, end" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "Ending and closing are one or the other")
    public static class LastClose {

        @Actor
        public void first(AtItsEnd race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(AtItsEnd race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(AtItsEnd race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** What the body throws reaches one of them, and one only. */
    @JCStressTest
    @Outcome(id = {
            "failed, end, end" + KIND, "end, failed, end" + KIND, "failed, running, end" + KIND,
            "running, failed, end" + KIND},
            expect = ACCEPTABLE, desc = "What the body throws reaches one of them, and one only")
    public static class FailureResume {

        @Actor
        public void first(AboutToFail race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(AboutToFail race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(AboutToFail race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** A body that is unwound before it fails does not fail. */
    @JCStressTest
    @Outcome(id = {
            "failed, closed, end" + KIND, "failed, running, end" + KIND, "closed, closed, closed" + KIND,
            "running, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "A body that is unwound before it fails does not fail")
    public static class FailureClose {

        @Actor
        public void first(AboutToFail race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(AboutToFail race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(AboutToFail race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** A result is taken once. */
    @JCStressTest
    @Outcome(id = {
            "returned, end, end" + KIND, "end, returned, end" + KIND},
            expect = ACCEPTABLE, desc = "A result is taken once")
    public static class ReturnedResume {

        @Actor
        public void first(Returned race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Returned race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(Returned race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** A result is taken or discarded. */
    @JCStressTest
    @Outcome(id = {
            "returned, closed, end" + KIND, "closed, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "A result is taken or discarded")
    public static class ReturnedClose {

        @Actor
        public void first(Returned race, LLLL_Result result) {
            result.r1 = race.racer.resume();
        }

        @Actor
        public void second(Returned race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Returned race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** A result is discarded once. */
    @JCStressTest
    @Outcome(id = {"closed, closed, closed" + KIND}, expect = ACCEPTABLE, desc = "A result is discarded once")
    public static class ReturnedCloseClose {

        @Actor
        public void first(Returned race, LLLL_Result result) {
            result.r1 = race.racer.close();
        }

        @Actor
        public void second(Returned race, LLLL_Result result) {
            result.r2 = race.racer.abandon();
        }

        @Arbiter
        public void afterwards(Returned race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** Any thread may close one whose owner has ended, and none may resume it. */
    @JCStressTest
    @Outcome(id = {
            "closed, closed, confined" + KIND,
            "closed, running, confined" + KIND,
            "running, closed, confined" + KIND},
            expect = ACCEPTABLE, desc = "Any thread may close one whose owner has ended, and none may resume it")
    public static class OrphanedCloseClose {

        @Actor
        public void first(Orphaned race, LLLL_Result result) {
            result.r1 = race.racer.close();
        }

        @Actor
        public void second(Orphaned race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Orphaned race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same if one of the two is the reaper. */
    @JCStressTest
    @Outcome(id = {
            "closed, closed, confined" + KIND,
            "closed, running, confined" + KIND,
            "running, closed, confined" + KIND},
            expect = ACCEPTABLE, desc = "The same if one of the two is the reaper")
    public static class OrphanedCloseAbandon {

        @Actor
        public void first(Orphaned race, LLLL_Result result) {
            result.r1 = race.racer.close();
        }

        @Actor
        public void second(Orphaned race, LLLL_Result result) {
            result.r2 = race.racer.abandon();
        }

        @Arbiter
        public void afterwards(Orphaned race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The reaper begins to watch one that is being closed. */
    @JCStressTest
    @Outcome(id = {
            "watched, closed, closed" + KIND},
            expect = ACCEPTABLE, desc = "The reaper begins to watch one that is being closed")
    public static class WatchClose {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.watch();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The reaper begins to watch one that is about to end. */
    @JCStressTest
    @Outcome(id = {
            "watched, end, end" + KIND},
            expect = ACCEPTABLE, desc = "The reaper begins to watch one that is about to end")
    public static class WatchEnd {

        @Actor
        public void first(AtItsEnd race, LLLL_Result result) {
            result.r1 = race.racer.watch();
        }

        @Actor
        public void second(AtItsEnd race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(AtItsEnd race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** Diagnostics see any state, and change none. */
    @JCStressTest
    @Outcome(id = {"seen, 0, 1" + KIND}, expect = ACCEPTABLE, desc = "Diagnostics see any state, and change none")
    public static class LookResume {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.look();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same while it is closed. */
    @JCStressTest
    @Outcome(id = {"seen, closed, closed" + KIND}, expect = ACCEPTABLE, desc = "The same while it is closed")
    public static class LookClose {

        @Actor
        public void first(Any race, LLLL_Result result) {
            result.r1 = race.racer.look();
        }

        @Actor
        public void second(Any race, LLLL_Result result) {
            result.r2 = race.racer.close();
        }

        @Arbiter
        public void afterwards(Any race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }

    /** The same while it ends. */
    @JCStressTest
    @Outcome(id = {"seen, end, end" + KIND}, expect = ACCEPTABLE, desc = "The same while it ends")
    public static class LookEnd {

        @Actor
        public void first(AtItsEnd race, LLLL_Result result) {
            result.r1 = race.racer.look();
        }

        @Actor
        public void second(AtItsEnd race, LLLL_Result result) {
            result.r2 = race.racer.resume();
        }

        @Arbiter
        public void afterwards(AtItsEnd race, LLLL_Result result) {
            result.r3 = race.racer.rest();
            result.r4 = race.racer.toString();
        }
    }
}
