package io.sqlitereplica.operator.reconcile;

import io.sqlitereplica.api.v1alpha1.DatabaseStatus;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a status is worth a write: words at once, numbers only when a column changes and not too often. */
final class StatusChange {
    /** How often at most a status is written whose numbers alone have changed. */
    static final Duration NUMBERS_EVERY = Duration.ofMinutes(5);

    private StatusChange() {}

    /**
     * Decides.
     *
     * @param sinceWritten how long ago {@code before} was written
     */
    static boolean isWorthWriting(SqliteReplicaStatus before, SqliteReplicaStatus now, Duration sinceWritten) {
        if (!words(before).equals(words(now))) {
            return true;
        }
        return sinceWritten.compareTo(NUMBERS_EVERY) >= 0 && !columns(before).equals(columns(now));
    }

    /** The status without its numbers. */
    private static SqliteReplicaStatus words(SqliteReplicaStatus status) {
        return withPods(status, status.pods().stream().map(StatusChange::words).toList(), null, null, null, null);
    }

    /** The status without the numbers that no column shows. */
    private static SqliteReplicaStatus columns(SqliteReplicaStatus status) {
        return withPods(
                status,
                status.pods().stream().map(StatusChange::words).toList(),
                status.lag(),
                status.memory(),
                status.heap(),
                status.cache());
    }

    private static SqliteReplicaStatus withPods(
            SqliteReplicaStatus status,
            List<PodStatus> pods,
            @Nullable String lag,
            @Nullable String memory,
            @Nullable String heap,
            @Nullable String cache) {
        return new SqliteReplicaStatus(
                status.observedGeneration(),
                status.conditions(),
                pods,
                status.restarts(),
                status.ready(),
                status.podsReady(),
                lag,
                memory,
                status.verdict(),
                status.restartCount(),
                status.nextRestart(),
                status.destination(),
                status.lastSnapshot(),
                status.oomKills(),
                heap,
                cache);
    }

    private static PodStatus words(PodStatus pod) {
        return new PodStatus(
                pod.name(),
                pod.phase(),
                pod.message(),
                null,
                pod.startedAt(),
                pod.version(),
                null,
                pod.oomKills(),
                pod.lastOomKillAt(),
                pod.containerRestarts(),
                pod.databaseCount(),
                pod.databases().stream().map(StatusChange::words).toList());
    }

    private static DatabaseStatus words(DatabaseStatus database) {
        return new DatabaseStatus(
                database.name(),
                database.path(),
                database.state(),
                null,
                null,
                null,
                database.lastSnapshotAt(),
                database.error(),
                database.restore(),
                database.restoreRequest(),
                database.verification());
    }
}
