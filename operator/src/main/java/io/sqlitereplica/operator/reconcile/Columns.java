package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNullElse;

import io.sqlitereplica.api.v1alpha1.DatabaseStatus;
import io.sqlitereplica.api.v1alpha1.MemoryUse;
import io.sqlitereplica.api.v1alpha1.MemoryVerdict;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.operator.poll.SidecarStatus;
import io.sqlitereplica.operator.reconcile.Findings.PodView;
import io.sqlitereplica.operator.restart.Durations;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The flat fields of the status that {@code kubectl get} prints; rounded, so that they rarely change. */
record Columns(
        String podsReady,
        @Nullable String lag,
        @Nullable String memory,
        MemoryVerdict verdict,
        @Nullable String heap,
        @Nullable String cache,
        int oomKills,
        @Nullable String lastSnapshot) {
    private static final long MIB = 1 << 20;
    private static final List<MemoryVerdict> WORST_FIRST =
            List.of(MemoryVerdict.Critical, MemoryVerdict.Pressure, MemoryVerdict.Unknown, MemoryVerdict.Healthy);

    static Columns of(List<PodView> pods) {
        long replicating = pods.stream()
                .filter(pod -> switch (pod.status().phase()) {
                    case Replicating, Snapshotting -> true;
                    case Failed, NotInjected, Pending, Restoring, Starting, Stopped, Unknown, Waiting -> false;
                })
                .count();
        Optional<MemoryUse> closest = pods.stream()
                .flatMap(pod -> Stream.ofNullable(pod.status().memory()))
                .max(Comparator.comparingDouble(Columns::share));
        return new Columns(
                replicating + "/" + pods.size(),
                lag(pods),
                closest.map(memory -> amounts(memory.anonBytes(), memory.limitBytes()))
                        .orElse(null),
                pods.stream()
                        .map(Findings::verdict)
                        .min(Comparator.comparingInt(WORST_FIRST::indexOf))
                        .orElse(MemoryVerdict.Unknown),
                closest.map(memory -> amounts(memory.heapUsedBytes(), memory.heapMaxBytes()))
                        .orElse(null),
                closest.map(Columns::cache).orElse(null),
                pods.stream()
                        .mapToInt(pod -> requireNonNullElse(pod.status().oomKills(), 0))
                        .sum(),
                lastSnapshot(pods));
    }

    /** Of a pod that cannot be asked the lag is not known, and neither is the worst of all. */
    private static @Nullable String lag(List<PodView> pods) {
        if (pods.stream().anyMatch(pod -> pod.status().phase() == Phase.Unknown)) {
            return null;
        }
        return pods.stream()
                .flatMap(pod -> pod.known().stream())
                .flatMap((SidecarStatus status) -> PodStatuses.worstLag(status).stream())
                .max(Comparator.naturalOrder())
                .map(Durations::rounded)
                .orElse(null);
    }

    private static @Nullable String lastSnapshot(List<PodView> pods) {
        List<DatabaseStatus> databases =
                pods.stream().flatMap(pod -> pod.status().databases().stream()).toList();
        return databases.stream().anyMatch(database -> database.lastSnapshotAt() == null)
                ? null
                : databases.stream()
                        .flatMap(database -> Stream.ofNullable(database.lastSnapshotAt()))
                        .min(Comparator.naturalOrder())
                        .orElse(null);
    }

    private static double share(MemoryUse memory) {
        return memory.anonBytes() == null || memory.limitBytes() == null || memory.limitBytes() == 0
                ? 0
                : (double) memory.anonBytes() / memory.limitBytes();
    }

    /** A sidecar that could not measure says 0; so does one without a limit. */
    private static @Nullable String amounts(@Nullable Long used, @Nullable Long limit) {
        if (used == null || used == 0) {
            return null;
        }
        return limit == null || limit == 0 ? inMib(used) : inMib(used) + "/" + inMib(limit);
    }

    private static @Nullable String cache(MemoryUse memory) {
        return memory.fileBytes() == null && memory.slabBytes() == null
                ? null
                : inMib(requireNonNullElse(memory.fileBytes(), 0L) + requireNonNullElse(memory.slabBytes(), 0L));
    }

    private static String inMib(long bytes) {
        return Math.round((double) bytes / MIB) + "Mi";
    }
}
