package io.sqlitereplica.operator.reconcile;

import io.sqlitereplica.api.v1alpha1.MemoryUse;
import io.sqlitereplica.api.v1alpha1.MemoryVerdict;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.poll.SidecarStatus;
import io.sqlitereplica.operator.reconcile.Finding.Truth;
import io.sqlitereplica.operator.restart.Durations;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the conditions say: a pure function of the spec's problems and of what was seen of the pods. */
final class Findings {
    static final String READY = "Ready";
    static final String INJECTED = "Injected";
    static final String REPLICATING = "Replicating";
    static final String RESTORABLE = "Restorable";
    static final String MEMORY_HEALTHY = "MemoryHealthy";
    static final String DESTINATION_REACHABLE = "DestinationReachable";

    private static final int NAMED_PODS = 3;

    private final SqliteReplica replica;
    private final List<String> problems;
    private final List<PodView> pods;
    private final Duration behind;

    /** A pod as it was seen and as the status describes it. */
    record PodView(PodObservation seen, PodStatus status) {
        String name() {
            return status.name();
        }

        Optional<SidecarStatus> known() {
            return seen.known();
        }
    }

    private Findings(SqliteReplica replica, List<String> problems, List<PodView> pods, Duration behind) {
        this.replica = replica;
        this.problems = problems;
        this.pods = pods;
        this.behind = behind;
    }

    /**
     * By the type of the condition, Ready first.
     *
     * @param problems of the spec, in words for the user
     * @param behind from how much lag on a pod counts as behind
     */
    static SequencedMap<String, Finding> of(
            SqliteReplica replica, List<String> problems, List<PodView> pods, Duration behind) {
        Findings findings = new Findings(replica, problems, pods, behind);
        SequencedMap<String, Finding> parts = new LinkedHashMap<>();
        parts.put(INJECTED, findings.ifPods(findings::injected));
        parts.put(DESTINATION_REACHABLE, findings.ifPods(findings::destinationReachable));
        parts.put(REPLICATING, findings.ifPods(findings::replicating));
        parts.put(RESTORABLE, findings.ifPods(findings::restorable));
        SequencedMap<String, Finding> all = new LinkedHashMap<>();
        all.put(READY, findings.ready(parts));
        all.putAll(parts);
        all.put(MEMORY_HEALTHY, findings.ifPods(findings::memoryHealthy));
        return all;
    }

    private Finding ready(Map<String, Finding> parts) {
        if (!problems.isEmpty()) {
            return Finding.fails("InvalidSpec", String.join(" ", problems));
        }
        return first(parts, Truth.False)
                .or(() -> first(parts, Truth.Unknown))
                .orElseGet(() -> Finding.holds(
                        "AllReplicating",
                        "%s replicating to %s."
                                .formatted(
                                        pods.size() == 1 ? "1 pod is" : pods.size() + " pods are",
                                        DestinationUrl.text(replica.getSpec().destination()))));
    }

    private static Optional<Finding> first(Map<String, Finding> parts, Truth truth) {
        return parts.values().stream().filter(part -> part.truth() == truth).findFirst();
    }

    private Finding ifPods(Supplier<Finding> finding) {
        if (!pods.isEmpty()) {
            return finding.get();
        }
        return Finding.unknown(
                "NoPods",
                ("No pod has a sidecar of this SqliteReplica. Put the annotation sqlitereplica.io/inject: %s on the pod"
                                + " template of the workload; pods that were made before it must be made anew.")
                        .formatted(replica.getMetadata().getName()));
    }

    private Finding injected() {
        return report(pod -> pod.status().phase() == Phase.NotInjected, Findings::trouble)
                .map(message -> Finding.fails("SidecarMissing", message))
                .orElseGet(() -> Finding.holds("AllInjected", "Each pod has its sidecar."));
    }

    private Finding destinationReachable() {
        Optional<String> unreachable = report(
                pod -> unreachable(pod).isPresent(),
                pod -> unreachable(pod)
                        .map(SidecarStatus.Destination::message)
                        .orElse("the destination cannot be reached."));
        if (unreachable.isPresent()) {
            String reason = pods.stream()
                    .flatMap(pod -> unreachable(pod).stream())
                    .flatMap(destination -> Stream.ofNullable(destination.reason()))
                    .findFirst()
                    .orElse("Unreachable");
            return Finding.fails(reason, unreachable.get());
        }
        return report(
                        pod -> !hasReachedItsDestination(pod),
                        pod -> pod.known().isPresent()
                                ? "the sidecar has not asked the destination yet."
                                : trouble(pod))
                .map(message -> Finding.unknown("NotAsked", message))
                .orElseGet(() -> Finding.holds("Reachable", "The last request of each pod succeeded."));
    }

    private static Optional<SidecarStatus.Destination> unreachable(PodView pod) {
        return pod.known().flatMap(PodStatuses::unreachable);
    }

    private static boolean hasReachedItsDestination(PodView pod) {
        List<SidecarStatus.Database> databases =
                pod.known().map(SidecarStatus::databases).orElse(List.of());
        return !databases.isEmpty()
                && databases.stream()
                        .allMatch(database -> database.destination() != null
                                && Boolean.TRUE.equals(database.destination().reachable()));
    }

    private Finding replicating() {
        for (Phase phase : List.of(
                Phase.NotInjected, Phase.Failed, Phase.Stopped, Phase.Pending, Phase.Restoring, Phase.Starting)) {
            Optional<String> message = report(pod -> pod.status().phase() == phase, Findings::trouble);
            if (message.isPresent()) {
                return Finding.fails(phase.name(), message.get());
            }
        }
        return report(pod -> pod.status().phase() == Phase.Waiting, Findings::trouble)
                .map(message -> Finding.fails("WaitingForDatabase", message))
                .or(() -> report(Findings::hasError, Findings::trouble).map(message -> Finding.fails("Error", message)))
                .or(() -> report(
                                this::isBehind,
                                pod -> "commits older than %s are not in the destination yet."
                                        .formatted(Durations.rounded(behind)))
                        .map(message -> Finding.fails("Behind", message)))
                .or(() -> report(pod -> pod.status().phase() == Phase.Unknown, Findings::trouble)
                        .map(message -> Finding.unknown("SidecarUnreachable", message)))
                .orElseGet(() -> Finding.holds("Replicating", "Each database is being replicated."));
    }

    private static boolean hasError(PodView pod) {
        return pod.known().stream()
                .flatMap(status -> status.databases().stream())
                .anyMatch(database -> database.error() != null);
    }

    private boolean isBehind(PodView pod) {
        return pod.known()
                .flatMap(PodStatuses::worstLag)
                .map(lag -> lag.compareTo(behind) > 0)
                .orElse(false);
    }

    private Finding restorable() {
        Optional<String> missing = report(
                pod -> pod.known()
                        .map(status -> status.databases().isEmpty()
                                || status.databases().stream().anyMatch(database -> database.lastSnapshotAt() == null))
                        .orElse(false),
                _ -> "the destination has no complete snapshot yet.");
        if (missing.isPresent()) {
            return Finding.fails("NoSnapshot", missing.get());
        }
        Optional<String> damaged = report(
                pod -> damage(pod).isPresent(),
                pod -> "the replica was verified and cannot be restored: %s. A new snapshot is being taken."
                        .formatted(damage(pod).orElse("")));
        if (damaged.isPresent()) {
            return Finding.fails("Damaged", damaged.get());
        }
        return report(pod -> pod.known().isEmpty(), Findings::trouble)
                .map(message -> Finding.unknown("SidecarUnreachable", message))
                .orElseGet(() -> Finding.holds("HasSnapshot", "The destination has a snapshot of each database."));
    }

    private static Optional<String> damage(PodView pod) {
        return pod.known().stream()
                .flatMap(status -> status.databases().stream())
                .flatMap(database -> Stream.ofNullable(database.verification()))
                .flatMap(verification -> Stream.ofNullable(verification.error()))
                .findFirst();
    }

    private Finding memoryHealthy() {
        for (MemoryVerdict verdict : List.of(MemoryVerdict.Critical, MemoryVerdict.Pressure)) {
            Optional<String> message = report(pod -> verdict(pod) == verdict, Findings::memoryReason);
            if (message.isPresent()) {
                return Finding.fails(verdict.name(), message.get());
            }
        }
        return report(
                        pod -> verdict(pod) == MemoryVerdict.Unknown,
                        pod -> pod.known().isPresent() ? memoryReason(pod) : trouble(pod))
                .map(message -> Finding.unknown("Unknown", message))
                .orElseGet(() -> Finding.holds("Healthy", "Each sidecar is far from its memory limit."));
    }

    static MemoryVerdict verdict(PodView pod) {
        MemoryUse memory = pod.status().memory();
        return memory == null ? MemoryVerdict.Unknown : memory.verdict();
    }

    /** The verdict alone: its reason has numbers that change all the time, and stands with the pod. */
    private static String memoryReason(PodView pod) {
        return switch (verdict(pod)) {
            case Critical -> "the sidecar is about to reach its memory limit.";
            case Pressure -> "the sidecar is close to its memory limit.";
            case Unknown -> "the sidecar knows nothing of its memory.";
            case Healthy -> "the sidecar is far from its memory limit.";
        };
    }

    private static String trouble(PodView pod) {
        String message = pod.status().message();
        return message == null ? "the sidecar says %s.".formatted(pod.status().phase()) : message;
    }

    /** Names the pods that something is the matter with. */
    private Optional<String> report(Predicate<PodView> matter, Function<PodView, String> words) {
        List<PodView> affected = pods.stream().filter(matter).toList();
        if (affected.isEmpty()) {
            return Optional.empty();
        }
        String named = affected.stream()
                .limit(NAMED_PODS)
                .map(pod -> "Pod %s: %s".formatted(pod.name(), words.apply(pod)))
                .collect(Collectors.joining(" "));
        return Optional.of(
                affected.size() <= NAMED_PODS
                        ? named
                        : "%s And %d more pods.".formatted(named, affected.size() - NAMED_PODS));
    }
}
