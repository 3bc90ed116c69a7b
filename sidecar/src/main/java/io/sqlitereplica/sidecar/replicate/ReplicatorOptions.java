package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.wal.WalOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How to replicate.
 *
 * @param syncInterval at most one file per this time; the first commit after a pause is shipped at once
 * @param maxStagedBytes what may wait for its upload in the state folder; it is also never more than a tenth of the
 *     volume, and never so much that less than a tenth of the volume is free
 * @param snapshots when to take them
 * @param maxWalBytes a scheduled snapshot is given up when the WAL grows beyond this meanwhile; default: a quarter of the
 *     database, at least 1 GiB
 * @param whenMissing what to do when there is no database at the start
 * @param onDivergence what to do when the destination holds another history
 * @param podFolder a folder that lives as long as the pod, to remember that the app was let start; empty: there is no pod
 * @param wal how the WAL is held
 * @param patience with other writers of the destination
 */
public record ReplicatorOptions(
        Duration syncInterval,
        long maxStagedBytes,
        SnapshotSchedule snapshots,
        OptionalLong maxWalBytes,
        WhenMissing whenMissing,
        OnDivergence onDivergence,
        Optional<Path> podFolder,
        WalOptions wal,
        OwnerPatience patience) {
    /** 500 ms, 256 MiB, a snapshot a day, restore what is missing. */
    public static final ReplicatorOptions DEFAULTS = new ReplicatorOptions(
            Duration.ofMillis(500),
            256L << 20,
            new SnapshotSchedule.Every(Duration.ofDays(1)),
            OptionalLong.empty(),
            WhenMissing.RESTORE,
            OnDivergence.FAIL,
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
        return new ReplicatorOptions(
                interval, maxStagedBytes, snapshots, maxWalBytes, whenMissing, onDivergence, podFolder, wal, patience);
    }

    public ReplicatorOptions withMaxStagedBytes(long bytes) {
        return new ReplicatorOptions(
                syncInterval, bytes, snapshots, maxWalBytes, whenMissing, onDivergence, podFolder, wal, patience);
    }

    public ReplicatorOptions withSnapshots(SnapshotSchedule schedule) {
        return new ReplicatorOptions(
                syncInterval,
                maxStagedBytes,
                schedule,
                maxWalBytes,
                whenMissing,
                onDivergence,
                podFolder,
                wal,
                patience);
    }

    public ReplicatorOptions withMaxWalBytes(long bytes) {
        return new ReplicatorOptions(
                syncInterval,
                maxStagedBytes,
                snapshots,
                OptionalLong.of(bytes),
                whenMissing,
                onDivergence,
                podFolder,
                wal,
                patience);
    }

    public ReplicatorOptions withWhenMissing(WhenMissing policy) {
        return new ReplicatorOptions(
                syncInterval, maxStagedBytes, snapshots, maxWalBytes, policy, onDivergence, podFolder, wal, patience);
    }

    public ReplicatorOptions withOnDivergence(OnDivergence policy) {
        return new ReplicatorOptions(
                syncInterval, maxStagedBytes, snapshots, maxWalBytes, whenMissing, policy, podFolder, wal, patience);
    }

    public ReplicatorOptions withPodFolder(Path folder) {
        return new ReplicatorOptions(
                syncInterval,
                maxStagedBytes,
                snapshots,
                maxWalBytes,
                whenMissing,
                onDivergence,
                Optional.of(folder),
                wal,
                patience);
    }

    public ReplicatorOptions withWal(WalOptions options) {
        return new ReplicatorOptions(
                syncInterval,
                maxStagedBytes,
                snapshots,
                maxWalBytes,
                whenMissing,
                onDivergence,
                podFolder,
                options,
                patience);
    }

    public ReplicatorOptions withPatience(OwnerPatience more) {
        return new ReplicatorOptions(
                syncInterval, maxStagedBytes, snapshots, maxWalBytes, whenMissing, onDivergence, podFolder, wal, more);
    }
}
