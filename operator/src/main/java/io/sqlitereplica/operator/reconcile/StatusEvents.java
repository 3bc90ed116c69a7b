package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Condition;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.reconcile.EventSink.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The Events that follow from a change of the status. */
final class StatusEvents {
    /** What every start goes through is no trouble. */
    private static final Set<String> STARTING = Set.of(
            "NoPods",
            "NoSnapshot",
            "WaitingForDatabase",
            Phase.Pending.name(),
            Phase.Starting.name(),
            Phase.Restoring.name());

    private StatusEvents() {}

    record StatusEvent(Kind kind, String reason, String message) {}

    /** What is new. */
    static List<StatusEvent> of(SqliteReplicaStatus before, SqliteReplicaStatus now) {
        List<StatusEvent> events = new ArrayList<>();
        change(Findings.READY, before, now).ifPresent(events::add);
        boolean memoryWasBad = condition(Findings.MEMORY_HEALTHY, before)
                .filter(condition -> condition.getStatus().equals("False"))
                .isPresent();
        change(Findings.MEMORY_HEALTHY, before, now)
                .filter(event -> memoryWasBad || isFalse(Findings.MEMORY_HEALTHY, now))
                .ifPresent(events::add);
        for (PodStatus pod : now.pods()) {
            if (requireNonNullElse(pod.oomKills(), 0) > oomKills(before, pod.name())) {
                events.add(new StatusEvent(
                        Kind.Warning,
                        "OOMKilled",
                        "Pod %s: the kernel killed the sidecar at %s because it reached its memory limit."
                                .formatted(pod.name(), pod.lastOomKillAt())));
            }
        }
        return events;
    }

    private static Optional<StatusEvent> change(String type, SqliteReplicaStatus before, SqliteReplicaStatus now) {
        Optional<Condition> old = condition(type, before);
        return condition(type, now)
                .filter(condition -> old.isEmpty()
                        || !old.get().getReason().equals(condition.getReason())
                        || !old.get().getMessage().equals(condition.getMessage()))
                .map(condition -> new StatusEvent(
                        isTroubling(condition) ? Kind.Warning : Kind.Normal,
                        condition.getReason(),
                        condition.getMessage()));
    }

    private static boolean isTroubling(Condition condition) {
        return !condition.getStatus().equals("True") && !STARTING.contains(condition.getReason());
    }

    private static boolean isFalse(String type, SqliteReplicaStatus status) {
        return condition(type, status)
                .filter(condition -> condition.getStatus().equals("False"))
                .isPresent();
    }

    private static Optional<Condition> condition(String type, SqliteReplicaStatus status) {
        return status.conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst();
    }

    private static int oomKills(SqliteReplicaStatus before, String pod) {
        return before.pods().stream()
                .filter(each -> each.name().equals(pod))
                .mapToInt(each -> requireNonNullElse(each.oomKills(), 0))
                .sum();
    }
}
