package io.sqlitereplica.operator.restart;

import java.time.Instant;

/** What to do about restarts now. */
public sealed interface RestartDecision {
    /** Nothing: no restart is due. */
    record NotDue() implements RestartDecision {}

    /** Ask this pod's sidecar to restart, for the time of the schedule that came. */
    record RestartNow(String pod, Instant fire) implements RestartDecision {}

    /** A sidecar was asked and has not come back yet; the next one waits for it. */
    record InProgress(String pod) implements RestartDecision {}

    /** A restart is due, but has to wait. */
    record HeldBack(Instant fire, String reason) implements RestartDecision {}
}
