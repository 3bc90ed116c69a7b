package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.sqlitereplica.api.v1alpha1.DatabaseStatus;
import io.sqlitereplica.api.v1alpha1.MemoryUse;
import io.sqlitereplica.api.v1alpha1.MemoryVerdict;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.api.v1alpha1.RestoreReport;
import io.sqlitereplica.api.v1alpha1.RestoreRequest;
import io.sqlitereplica.api.v1alpha1.VerificationReport;
import io.sqlitereplica.operator.poll.PodSidecar;
import io.sqlitereplica.operator.poll.PollResult;
import io.sqlitereplica.operator.poll.SidecarStatus;
import io.sqlitereplica.operator.restart.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the status says of a pod: a pure function of what was seen of it. */
final class PodStatuses {
    private static final int MAX_DATABASES = 20;

    /** A container that has just started may not listen yet. */
    private static final Duration MAY_TAKE_TO_LISTEN = Duration.ofSeconds(15);

    /** From the worst to the best: a pod is as its worst database is. */
    private static final Map<String, Phase> PHASES = Map.of(
            "failed", Phase.Failed,
            "stopped", Phase.Stopped,
            "restoring", Phase.Restoring,
            "starting", Phase.Starting,
            "waiting", Phase.Waiting,
            "snapshotting", Phase.Snapshotting,
            "replicating", Phase.Replicating);

    private static final List<Phase> WORST_FIRST = List.of(
            Phase.Failed,
            Phase.Stopped,
            Phase.Unknown,
            Phase.Restoring,
            Phase.Starting,
            Phase.Waiting,
            Phase.Snapshotting,
            Phase.Replicating);

    private PodStatuses() {}

    /**
     * The status of a pod.
     *
     * @param previous what the status said of the pod before; null when it said nothing
     * @param request the restore that is asked for; null when none is
     */
    static PodStatus of(
            PodObservation seen, @Nullable PodStatus previous, @Nullable RestoreRequest request, Instant now) {
        PodSidecar sidecar = seen.sidecar().orElse(null);
        if (sidecar == null) {
            return withoutAnswer(
                    seen,
                    Phase.NotInjected,
                    "The pod has no sidecar. Delete the pod, so that its controller makes it anew with one.",
                    previous);
        }
        if (seen.known().isPresent()) {
            return answered(seen, seen.known().get(), previous, request);
        }
        return switch (seen.answer()) {
            case PollResult.Answered(SidecarStatus status) -> answered(seen, status, previous, request);
            case PollResult.Unreachable(String reason) ->
                sidecar.runningSince()
                        .filter(since -> now.isBefore(since.plus(MAY_TAKE_TO_LISTEN)))
                        .map(_ -> withoutAnswer(seen, Phase.Starting, "The sidecar is starting.", previous))
                        .orElseGet(() -> withoutAnswer(seen, Phase.Unknown, reason, previous));
            case PollResult.NotReady _ -> {
                PodTrouble trouble = PodTrouble.of(seen.pod(), sidecar);
                yield withoutAnswer(seen, trouble.phase(), trouble.message(), previous);
            }
        };
    }

    private static PodStatus answered(
            PodObservation seen, SidecarStatus status, @Nullable PodStatus previous, @Nullable RestoreRequest request) {
        OomKills oomKills = OomKills.of(seen, previous);
        List<DatabaseStatus> databases = status.databases().stream()
                .sorted(Comparator.comparing((SidecarStatus.Database database) -> database.error() == null)
                        .thenComparingDouble(database -> -requireNonNullElse(database.lagSeconds(), 0.0))
                        .thenComparing(SidecarStatus.Database::name))
                .limit(MAX_DATABASES)
                .map(PodStatuses::database)
                .toList();
        return new PodStatus(
                seen.name(),
                phase(status),
                message(seen.name(), status, request),
                worstLag(status).map(Durations::rounded).orElse(null),
                text(status.startedAt()),
                status.version(),
                memory(status.memory()),
                oomKills.count(),
                oomKills.lastAt(),
                seen.sidecar().map(PodSidecar::restarts).orElse(0),
                status.databases().size(),
                databases);
    }

    private static PodStatus withoutAnswer(
            PodObservation seen, Phase phase, String message, @Nullable PodStatus previous) {
        OomKills oomKills = OomKills.of(seen, previous);
        return new PodStatus(
                seen.name(),
                phase,
                message,
                null,
                null,
                null,
                null,
                oomKills.count(),
                oomKills.lastAt(),
                seen.sidecar().map(PodSidecar::restarts).orElse(0),
                null,
                List.of());
    }

    /** The age of the oldest commit that is not durable, of all databases. */
    static Optional<Duration> worstLag(SidecarStatus status) {
        return status.databases().stream()
                .flatMap(database -> Stream.ofNullable(database.lagSeconds()))
                .max(Comparator.naturalOrder())
                .map(seconds -> Duration.ofMillis(Math.round(seconds * 1000)));
    }

    /** The destination of a database that cannot be reached, or not be used, if there is one. */
    static Optional<SidecarStatus.Destination> unreachable(SidecarStatus status) {
        return status.databases().stream()
                .flatMap(database -> Stream.ofNullable(database.destination()))
                .filter(destination -> Boolean.FALSE.equals(destination.reachable()))
                .findFirst();
    }

    private static Phase phase(SidecarStatus status) {
        return status.databases().stream()
                .map(database -> PHASES.getOrDefault(requireNonNullElse(database.state(), ""), Phase.Unknown))
                .min(Comparator.comparingInt(WORST_FIRST::indexOf))
                .orElse(Phase.Starting);
    }

    private static @Nullable String message(String pod, SidecarStatus status, @Nullable RestoreRequest request) {
        Optional<String> error = status.databases().stream()
                .flatMap(database -> Stream.ofNullable(database.error()))
                .findFirst();
        return error.or(() -> status.databases().stream()
                        .filter(database -> "waiting".equals(database.state()))
                        .findFirst()
                        .map(database -> ("There is no database at %s yet: the application has not made it, or"
                                        + " spec.databases[].path is wrong.")
                                .formatted(database.path())))
                .or(() -> Optional.ofNullable(request)
                        .filter(asked -> isWaiting(status, asked))
                        .map(asked ->
                                "The restore request %s waits for a new pod: delete pod %s, and the next one restores before its application starts."
                                        .formatted(asked.id(), pod)))
                .orElse(null);
    }

    private static boolean isWaiting(SidecarStatus status, RestoreRequest request) {
        return status.databases().stream().anyMatch(database -> !request.id().equals(database.restoreRequest()));
    }

    private static DatabaseStatus database(SidecarStatus.Database database) {
        return new DatabaseStatus(
                database.name(),
                database.path(),
                database.state(),
                database.txid(),
                database.replicatedTxid(),
                database.lagSeconds() == null
                        ? null
                        : Durations.rounded(Duration.ofMillis(Math.round(database.lagSeconds() * 1000))),
                text(database.lastSnapshotAt()),
                database.error(),
                database.restore() == null
                        ? null
                        : new RestoreReport(
                                database.restore().fromTxid(),
                                database.restore().durationSeconds(),
                                database.restore().bytes()),
                database.restoreRequest(),
                report(database.verification()));
    }

    private static @Nullable VerificationReport report(SidecarStatus.@Nullable Verification verification) {
        return verification == null
                ? null
                : new VerificationReport(
                        text(verification.at()),
                        verification.txid(),
                        verification.durationSeconds(),
                        verification.error());
    }

    private static @Nullable MemoryUse memory(SidecarStatus.@Nullable Memory memory) {
        return memory == null
                ? null
                : new MemoryUse(
                        verdict(memory.verdict()),
                        memory.reason(),
                        memory.limitBytes(),
                        memory.anonBytes(),
                        memory.fileBytes(),
                        memory.slabBytes(),
                        memory.kernelBytes(),
                        memory.workingSetBytes(),
                        memory.heapUsedBytes(),
                        memory.heapMaxBytes(),
                        memory.heapLiveBytes(),
                        memory.directBytes(),
                        memory.directMaxBytes());
    }

    private static MemoryVerdict verdict(@Nullable String text) {
        return Stream.of(MemoryVerdict.values())
                .filter(verdict -> verdict.name().equals(text))
                .findFirst()
                .orElse(MemoryVerdict.Unknown);
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** How often the kernel killed the sidecar; a new pod of the same name starts at 0. */
    private record OomKills(int count, @Nullable String lastAt) {
        static OomKills of(PodObservation seen, @Nullable PodStatus previous) {
            OomKills before = previous == null
                    ? new OomKills(0, null)
                    : new OomKills(requireNonNullElse(previous.oomKills(), 0), previous.lastOomKillAt());
            String created = seen.pod().getMetadata().getCreationTimestamp();
            if (before.lastAt != null
                    && created != null
                    && Instant.parse(before.lastAt).isBefore(Instant.parse(created))) {
                before = new OomKills(0, null);
            }
            String last = before.lastAt;
            Optional<String> killedAt = seen.sidecar().stream()
                    .flatMap(sidecar -> Stream.concat(sidecar.state().stream(), sidecar.lastState().stream()))
                    .map(ContainerState::getTerminated)
                    .filter(end -> end != null && "OOMKilled".equals(end.getReason()))
                    .map(ContainerStateTerminated::getFinishedAt)
                    .filter(time -> time != null && (last == null || time.compareTo(last) > 0))
                    .max(Comparator.naturalOrder());
            return killedAt.isPresent() ? new OomKills(before.count + 1, killedAt.get()) : before;
        }
    }
}
