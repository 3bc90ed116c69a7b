package io.sqlitereplica.operator.restart;

import java.time.Instant;
import java.util.Optional;

/**
 * What a restart of a pod's sidecar depends on.
 *
 * @param pod its name
 * @param asked the time in the pod's annotation {@code sqlitereplica.io/restart}
 * @param startedAt when the sidecar's JVM was started; empty when the sidecar could not be asked
 * @param obstacle why neither this pod nor another should be restarted now: it is behind, its destination is
 *     unreachable, it is not replicating
 */
public record RestartCandidate(
        String pod, Optional<Instant> asked, Optional<Instant> startedAt, Optional<String> obstacle) {

    /** Whether the sidecar has been running since before a moment. */
    boolean runsSinceBefore(Instant moment) {
        return startedAt.map(moment::isAfter).orElse(false);
    }

    /** Whether a restart was asked for, not before some moment, after which the sidecar has not been seen yet. */
    boolean isRestarting(Instant notBefore) {
        return asked.filter(time -> !time.isBefore(notBefore))
                .map(time -> startedAt.map(time::isAfter).orElse(true))
                .orElse(false);
    }
}
