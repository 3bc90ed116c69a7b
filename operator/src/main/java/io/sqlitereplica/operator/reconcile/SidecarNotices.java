package io.sqlitereplica.operator.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.poll.PollResult;
import io.sqlitereplica.operator.poll.SidecarStatus;
import io.sqlitereplica.operator.reconcile.EventSink.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Makes Events of what sidecars tell once. A sidecar goes on telling its last few; an Event's name follows from what it
 * says, so that another operator, or this one after a restart, writes none twice.
 */
final class SidecarNotices {
    private static final Duration KEPT = Duration.ofHours(1);
    private static final Set<String> SERIOUS = Set.of("LocalRowsLost", "NotShipped");

    private final EventSink events;
    private final ExpiringMap<String> told = new ExpiringMap<>(KEPT);

    SidecarNotices(EventSink events) {
        this.events = events;
    }

    void tell(SqliteReplica replica, List<PodObservation> pods, Instant now) {
        for (PodObservation pod : pods) {
            if (pod.answer() instanceof PollResult.Answered(SidecarStatus status)) {
                for (SidecarStatus.Database database : status.databases()) {
                    database.notices().forEach(notice -> tell(replica, pod, database, notice, now));
                }
            }
        }
    }

    private void tell(
            SqliteReplica replica,
            PodObservation pod,
            SidecarStatus.Database database,
            SidecarStatus.Notice notice,
            Instant now) {
        String reason = notice.reason();
        Instant time = notice.time();
        if (reason == null || time == null) {
            return;
        }
        String uid = pod.pod().getMetadata().getUid();
        String id = UUID.nameUUIDFromBytes(String.join(" ", uid, database.name(), reason, time.toString())
                        .getBytes(UTF_8))
                .toString();
        boolean known = told.get(id, now).isPresent()
                || events.addOnce(
                        id,
                        replica,
                        SERIOUS.contains(reason) ? Kind.Warning : Kind.Normal,
                        reason,
                        "Pod %s, database %s: %s".formatted(pod.name(), database.name(), notice.message()),
                        time);
        if (known) {
            told.put(id, reason, now);
        }
    }
}
