// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.examples;

import dev.fringe.stream.Elements;
import dev.fringe.stream.Gathering;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Gatherer.Downstream;
import java.util.stream.Stream;

/**
 * The lines of a log become sessions: what one user does with pauses of less than half an hour, between a login
 * and a logout. The stage is a loop inside of a loop; by hand it would be a state machine.
 */
public final class Sessions {

    private static final Duration PAUSE = Duration.ofMinutes(30);

    private Sessions() {}

    /** A line of the log. */
    record Entry(LocalTime time, String user, String action) {

        static Entry parse(String line) {
            String[] fields = line.split(" ", 3);
            return new Entry(LocalTime.parse(fields[0]), fields[1], fields[2]);
        }
    }

    /** What comes of it. */
    record Session(String user, LocalTime from, LocalTime to, List<String> actions, boolean loggedOut) {

        @Override
        public String toString() {
            return user + " " + from + " to " + to + ": " + String.join(", ", actions)
                    + (loggedOut ? "" : " (timed out)");
        }
    }

    /** The stage. */
    static void sessions(Elements<Entry> log, Downstream<Session> sessions) {
        for (Entry entry : log) {
            if (!entry.action.equals("login")) {
                continue; // of nobody who is known
            }
            List<String> actions = new ArrayList<>();
            LocalTime last = entry.time;
            boolean loggedOut = false;
            while (!loggedOut && log.hasNext() && log.peek().user.equals(entry.user)
                    && Duration.between(last, log.peek().time).compareTo(PAUSE) < 0) {
                Entry next = log.next();
                last = next.time;
                loggedOut = next.action.equals("logout");
                if (!loggedOut) {
                    actions.add(next.action);
                }
            }
            sessions.push(new Session(entry.user, entry.time, last, actions, loggedOut));
        }
    }

    /** Prints the sessions of a short log. */
    public static void main(String[] arguments) {
        Stream<String> log = Stream.of("08:00 ada login", "08:01 ada reads", "08:20 ada writes", "08:21 ada logout",
                "08:30 bob reads", "09:00 bob login", "09:10 bob writes", "10:00 bob reads", "10:05 bob login",
                "10:06 bob logout");
        log.map(Entry::parse).gather(Gathering.of(Sessions::sessions)).forEach(System.out::println);
    }
}
