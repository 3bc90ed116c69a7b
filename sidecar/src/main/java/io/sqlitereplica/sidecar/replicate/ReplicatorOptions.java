package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.compact.CompactionLevels;
import io.sqlitereplica.sidecar.compact.RetentionTimes;
import io.sqlitereplica.sidecar.wal.WalOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * How to replicate.
 *
 * @param syncInterval at most one file per this time; the first commit after a pause is shipped at once
 * @param maxStagedBytes what may wait for its upload in the state folder; it is also never more than a tenth of the
 *     volume, and never so much that less than a tenth of the volume is free
 * @param snapshots when to take them
 * @param maxWalBytes a scheduled snapshot is given up when the WAL grows beyond this meanwhile; default: a quarter of the
 *     database, at least 1 GiB
 * @param compaction the time spans of the files that those of single syncs are merged into
 * @param retention how long files stay that newer ones replace; empty: for ever
 * @param whenMissing what to do when there is no database at the start
 * @param onDivergence what to do when the destination holds another history
 * @param restoreRequest a restore in place of what is there, before the app starts
 * @param podFolder a folder that lives as long as the pod, to remember that the app was let start; empty: there is no pod
 * @param wal how the WAL is held
 * @param patience with other writers of the destination
 */
public record ReplicatorOptions(
        Duration syncInterval,
        long maxStagedBytes,
        Schedule snapshots,
        OptionalLong maxWalBytes,
        CompactionLevels compaction,
        Optional<RetentionTimes> retention,
        WhenMissing whenMissing,
        OnDivergence onDivergence,
        Optional<RestoreRequest> restoreRequest,
        Optional<Path> podFolder,
        WalOptions wal,
        OwnerPatience patience) {
    /** 500 ms, 256 MiB, a snapshot a day, kept for a week, restore what is missing. */
    public static final ReplicatorOptions DEFAULTS = new ReplicatorOptions(
            Duration.ofMillis(500),
            256L << 20,
            new Schedule.Every(Duration.ofDays(1)),
            OptionalLong.empty(),
            CompactionLevels.DEFAULT,
            Optional.of(RetentionTimes.DEFAULT),
            WhenMissing.RESTORE,
            OnDivergence.FAIL,
            Optional.empty(),
            Optional.empty(),
            WalOptions.DEFAULTS,
            OwnerPatience.DEFAULT);

    public ReplicatorOptions {
        if (syncInterval.isNegative()) {
            throw new IllegalArgumentException("Not an interval between syncs: " + syncInterval);
        }
        if (maxStagedBytes < 0) {
            throw new IllegalArgumentException("maxStagedBytes is negative: " + maxStagedBytes);
        }
    }

    public ReplicatorOptions withSyncInterval(Duration interval) {
        return with(now -> now.syncInterval = interval);
    }

    public ReplicatorOptions withMaxStagedBytes(long bytes) {
        return with(now -> now.maxStagedBytes = bytes);
    }

    public ReplicatorOptions withSnapshots(Schedule schedule) {
        return with(now -> now.snapshots = schedule);
    }

    public ReplicatorOptions withMaxWalBytes(long bytes) {
        return with(now -> now.maxWalBytes = OptionalLong.of(bytes));
    }

    public ReplicatorOptions withCompaction(CompactionLevels levels) {
        return with(now -> now.compaction = levels);
    }

    public ReplicatorOptions withRetention(Optional<RetentionTimes> times) {
        return with(now -> now.retention = times);
    }

    public ReplicatorOptions withWhenMissing(WhenMissing policy) {
        return with(now -> now.whenMissing = policy);
    }

    public ReplicatorOptions withOnDivergence(OnDivergence policy) {
        return with(now -> now.onDivergence = policy);
    }

    public ReplicatorOptions withRestoreRequest(RestoreRequest request) {
        return with(now -> now.restoreRequest = Optional.of(request));
    }

    public ReplicatorOptions withPodFolder(Path folder) {
        return with(now -> now.podFolder = Optional.of(folder));
    }

    public ReplicatorOptions withWal(WalOptions options) {
        return with(now -> now.wal = options);
    }

    public ReplicatorOptions withPatience(OwnerPatience more) {
        return with(now -> now.patience = more);
    }

    private ReplicatorOptions with(Consumer<Changing> change) {
        Changing now = new Changing(this);
        change.accept(now);
        return now.done();
    }

    /** All of them, one of which becomes another. */
    private static final class Changing {
        private Duration syncInterval;
        private long maxStagedBytes;
        private Schedule snapshots;
        private OptionalLong maxWalBytes;
        private CompactionLevels compaction;
        private Optional<RetentionTimes> retention;
        private WhenMissing whenMissing;
        private OnDivergence onDivergence;
        private Optional<RestoreRequest> restoreRequest;
        private Optional<Path> podFolder;
        private WalOptions wal;
        private OwnerPatience patience;

        private Changing(ReplicatorOptions from) {
            this.syncInterval = from.syncInterval;
            this.maxStagedBytes = from.maxStagedBytes;
            this.snapshots = from.snapshots;
            this.maxWalBytes = from.maxWalBytes;
            this.compaction = from.compaction;
            this.retention = from.retention;
            this.whenMissing = from.whenMissing;
            this.onDivergence = from.onDivergence;
            this.restoreRequest = from.restoreRequest;
            this.podFolder = from.podFolder;
            this.wal = from.wal;
            this.patience = from.patience;
        }

        private ReplicatorOptions done() {
            return new ReplicatorOptions(
                    syncInterval,
                    maxStagedBytes,
                    snapshots,
                    maxWalBytes,
                    compaction,
                    retention,
                    whenMissing,
                    onDivergence,
                    restoreRequest,
                    podFolder,
                    wal,
                    patience);
        }
    }
}
