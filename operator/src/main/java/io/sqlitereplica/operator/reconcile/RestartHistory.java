package io.sqlitereplica.operator.reconcile;

import io.sqlitereplica.api.v1alpha1.MemoryUse;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.RestartReason;
import io.sqlitereplica.api.v1alpha1.RestartRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The list of the last restarts in the status. */
final class RestartHistory {
    private static final int KEPT = 10;

    /** The clocks of the operator and of the nodes may differ by this much. */
    private static final Duration CLOCK_SKEW = Duration.ofSeconds(5);

    private RestartHistory() {}

    /** With one more restart, asked for at this moment. */
    static List<RestartRecord> with(
            List<RestartRecord> history,
            String pod,
            RestartReason reason,
            Instant now,
            Optional<Long> anonBytesBefore) {
        RestartRecord added = new RestartRecord(
                pod, reason, now.truncatedTo(ChronoUnit.SECONDS).toString(), anonBytesBefore.orElse(null), null);
        return Stream.concat(Stream.of(added), history.stream()).limit(KEPT).toList();
    }

    /** With the memory of the sidecars that have come back since. */
    static List<RestartRecord> completed(List<RestartRecord> history, List<PodStatus> pods) {
        Set<String> newerSeen = new HashSet<>();
        return history.stream()
                .map(each -> newerSeen.add(each.pod()) && each.anonBytesAfter() == null
                        ? completed(each, anonBytesSince(each, pods))
                        : each)
                .toList();
    }

    private static RestartRecord completed(RestartRecord restart, @Nullable Long anonBytesAfter) {
        return new RestartRecord(
                restart.pod(), restart.reason(), restart.time(), restart.anonBytesBefore(), anonBytesAfter);
    }

    private static @Nullable Long anonBytesSince(RestartRecord restart, List<PodStatus> pods) {
        Instant asked = Instant.parse(restart.time()).minus(CLOCK_SKEW);
        return pods.stream()
                .filter(pod -> pod.name().equals(restart.pod()))
                .filter(pod -> pod.startedAt() != null
                        && Instant.parse(pod.startedAt()).isAfter(asked))
                .flatMap(pod -> Stream.ofNullable(pod.memory()))
                .flatMap((MemoryUse memory) -> Stream.ofNullable(memory.anonBytes()))
                .findFirst()
                .orElse(null);
    }
}
