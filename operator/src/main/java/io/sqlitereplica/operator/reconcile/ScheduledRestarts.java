package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNullElse;

import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.MemoryUse;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.Restart;
import io.sqlitereplica.api.v1alpha1.RestartReason;
import io.sqlitereplica.api.v1alpha1.RestartRecord;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.poll.PollResult;
import io.sqlitereplica.operator.poll.SidecarStatus;
import io.sqlitereplica.operator.reconcile.Findings.PodView;
import io.sqlitereplica.operator.restart.Durations;
import io.sqlitereplica.operator.restart.PodRestarter;
import io.sqlitereplica.operator.restart.RestartCandidate;
import io.sqlitereplica.operator.restart.RestartDecision;
import io.sqlitereplica.operator.restart.RestartPlan;
import io.sqlitereplica.operator.restart.Schedule;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Carries out {@code spec.restart.schedule}. */
final class ScheduledRestarts {
    static final String NONE = "-";
    static final String NEVER = "never";
    static final String SUSPENDED = "suspended";
    static final String HELD_BACK = "held-back";
    static final String IN_PROGRESS = "in-progress";

    private static final DateTimeFormatter MINUTES = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mmXXX");

    private final PodRestarter restarter;
    private final EventSink events;

    /**
     * What the status says of restarts.
     *
     * @param next when the next one is due, or why there is none
     */
    record Outcome(List<RestartRecord> history, int count, String next) {}

    ScheduledRestarts(PodRestarter restarter, EventSink events) {
        this.restarter = restarter;
        this.events = events;
    }

    /** Restarts at most one sidecar, if one is due. The spec must be valid. */
    Outcome act(SqliteReplica replica, List<PodView> pods, SqliteReplicaStatus before, Duration behind, Instant now) {
        Restart restart = replica.getSpec().restart();
        Outcome idle = idle(pods, before);
        if (restart.schedule() == null) {
            return idle;
        }
        if (replica.getSpec().suspend()) {
            return new Outcome(idle.history(), idle.count(), SUSPENDED);
        }
        Schedule schedule = Schedule.parse(restart.schedule(), restart.timeZone());
        Outcome scheduled = new Outcome(
                idle.history(),
                idle.count(),
                schedule.next(now).map(MINUTES::format).orElse(NEVER));
        List<RestartCandidate> candidates =
                pods.stream().map(pod -> candidate(pod, behind)).toList();
        RestartDecision decision =
                RestartPlan.decide(schedule, Durations.parse(restart.startingDeadline()), now, candidates);
        return switch (decision) {
            case RestartDecision.NotDue _ -> scheduled;
            case RestartDecision.InProgress _ -> new Outcome(scheduled.history(), scheduled.count(), IN_PROGRESS);
            case RestartDecision.HeldBack(Instant fire, String reason) -> {
                if (!HELD_BACK.equals(before.nextRestart())) {
                    events.add(
                            replica,
                            EventSink.Kind.Normal,
                            "RestartHeldBack",
                            "The restart that was due at %s waits: %s.".formatted(fire, reason),
                            now);
                }
                yield new Outcome(scheduled.history(), scheduled.count(), HELD_BACK);
            }
            case RestartDecision.RestartNow(String pod, Instant fire) -> {
                PodView chosen = pods.stream()
                        .filter(each -> each.name().equals(pod))
                        .findFirst()
                        .orElseThrow();
                yield restart(replica, chosen, fire, scheduled, now);
            }
        };
    }

    /** What stands when nothing is restarted. */
    static Outcome idle(List<PodView> pods, SqliteReplicaStatus before) {
        List<PodStatus> fresh = pods.stream()
                .filter(pod -> pod.seen().answer() instanceof PollResult.Answered)
                .map(PodView::status)
                .toList();
        return new Outcome(
                RestartHistory.completed(before.restarts(), fresh), requireNonNullElse(before.restartCount(), 0), NONE);
    }

    private Outcome restart(SqliteReplica replica, PodView pod, Instant fire, Outcome scheduled, Instant now) {
        if (!restarter.restart(pod.seen().pod(), fire)) {
            return scheduled;
        }
        events.add(
                replica,
                EventSink.Kind.Normal,
                "SidecarRestart",
                "Pod %s: restarting the sidecar as scheduled for %s.".formatted(pod.name(), fire),
                now);
        Optional<Long> anonBytes = Optional.ofNullable(pod.status().memory()).map(MemoryUse::anonBytes);
        return new Outcome(
                RestartHistory.with(scheduled.history(), pod.name(), RestartReason.Scheduled, now, anonBytes),
                scheduled.count() + 1,
                scheduled.next());
    }

    private static RestartCandidate candidate(PodView pod, Duration behind) {
        Optional<SidecarStatus> fresh = switch (pod.seen().answer()) {
            case PollResult.Answered(SidecarStatus status) -> Optional.of(status);
            case PollResult.Unreachable _, PollResult.NotReady _ -> Optional.empty();
        };
        return new RestartCandidate(
                pod.name(),
                Optional.ofNullable(pod.seen().pod().getMetadata().getAnnotations())
                        .map(annotations -> annotations.get(Annotations.RESTART))
                        .flatMap(ScheduledRestarts::time),
                fresh.map(SidecarStatus::startedAt),
                fresh.map(status -> obstacle(pod, status, behind))
                        .orElseGet(() -> Optional.of("the sidecar of pod %s cannot be asked".formatted(pod.name()))));
    }

    private static Optional<String> obstacle(PodView pod, SidecarStatus status, Duration behind) {
        if (PodStatuses.unreachable(status).isPresent()) {
            return Optional.of("the destination of pod %s cannot be reached".formatted(pod.name()));
        }
        if (PodStatuses.worstLag(status)
                .filter(lag -> lag.compareTo(behind) > 0)
                .isPresent()) {
            return Optional.of("pod %s is behind".formatted(pod.name()));
        }
        if (status.databases().stream()
                .flatMap(database -> Stream.ofNullable(database.error()))
                .findAny()
                .isPresent()) {
            return Optional.of("a database of pod %s has an error".formatted(pod.name()));
        }
        return switch (pod.status().phase()) {
            case Replicating, Waiting -> Optional.empty();
            case Snapshotting -> Optional.of("pod %s is writing a snapshot".formatted(pod.name()));
            case Failed, NotInjected, Pending, Restoring, Starting, Stopped, Unknown ->
                Optional.of("pod %s is %s".formatted(pod.name(), pod.status().phase()));
        };
    }

    /** An annotation that a person has written may be no time. */
    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
