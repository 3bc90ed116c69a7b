package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.wal.WalStatistics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the replication of one database stands.
 *
 * @param txId the last staged
 * @param replicatedTxId the last that is durable in the destination
 * @param lag the age of the oldest commit that is not durable in the destination; zero if there is none
 * @param lastSyncAt when a file was last created in the destination
 * @param lastSnapshotAt when the newest snapshot in the destination was taken
 * @param error what keeps it from going on, and the way out; null: nothing
 * @param restore how the database was restored at the start, if it was
 * @param restoreRequest the id of the restore request that was done last, by this process or one before
 * @param restoring how far a restore is that goes on now
 * @param verification what the last verification of the replica found; null: there was none since the start
 * @param destination what the last request to the destination said
 * @param notices what happened since the start, the last few, oldest first
 * @param counters since the start
 * @param wal since the database was last opened; null: it is not open
 */
public record DatabaseStatus(
        String name,
        Path path,
        DatabaseState state,
        TxId txId,
        TxId replicatedTxId,
        Duration lag,
        @Nullable Instant lastSyncAt,
        @Nullable Instant lastSnapshotAt,
        @Nullable String error,
        @Nullable Restored restore,
        @Nullable String restoreRequest,
        @Nullable Progress restoring,
        @Nullable Verified verification,
        Destination destination,
        List<Notice> notices,
        Counters counters,
        @Nullable WalStatistics wal) {
    /** The list is copied. */
    public DatabaseStatus {
        notices = List.copyOf(notices);
    }

    /**
     * What a verification of the replica found.
     *
     * @param at when it ended
     * @param txId the newest transaction that was found right; null: none was
     * @param duration how long it took
     * @param error the first bad object, and what is wrong with it; null: nothing is
     */
    public record Verified(
            Instant at,
            @Nullable TxId txId,
            Duration duration,
            @Nullable String error) {}

    /** How the database was restored. */
    public record Restored(TxId fromTxId, Duration duration, long bytes) {}

    /**
     * What the last request to the destination said.
     *
     * @param reachable null: there was none
     * @param checkedAt when
     * @param reason why it cannot be used, in one word
     * @param message why it cannot be used, and the way out
     */
    public record Destination(
            @Nullable Boolean reachable,
            @Nullable Instant checkedAt,
            @Nullable String reason,
            @Nullable String message) {}

    /**
     * Counts since the start.
     *
     * @param syncs transactions staged or streamed
     * @param uploads files created in the destination
     * @param uploadedBytes their size
     * @param uploadFailures attempts that failed
     * @param snapshots snapshots taken on schedule, and whole databases shipped
     * @param snapshotsGivenUp snapshots begun but not finished
     * @param compactions files merged from others
     * @param compactionFailures attempts at that which failed
     * @param deletions files that retention deleted from the destination
     * @param deletionFailures attempts at that which failed
     * @param resyncs comparisons of the whole database with the replica
     * @param resyncedPages pages that were found different
     * @param stagingDrops times that staged files were dropped for want of room
     * @param rowsLost times that the database was found behind its replica
     * @param ownerWaits times that another writer had not released the destination
     * @param stagedBytes what waits for its upload now
     * @param resyncTime how long all these comparisons took
     */
    public record Counters(
            long syncs,
            long uploads,
            long uploadedBytes,
            long uploadFailures,
            long snapshots,
            long snapshotsGivenUp,
            long compactions,
            long compactionFailures,
            long deletions,
            long deletionFailures,
            long resyncs,
            long resyncedPages,
            long stagingDrops,
            long rowsLost,
            long ownerWaits,
            long stagedBytes,
            Duration resyncTime) {}
}
