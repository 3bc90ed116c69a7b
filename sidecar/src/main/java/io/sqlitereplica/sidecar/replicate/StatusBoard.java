package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.state.StagedFiles;
import io.sqlitereplica.sidecar.wal.WalStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is known about one replication, written by its threads and read by any. */
final class StatusBoard {
    /** What is counted. */
    enum Count {
        SYNC,
        UPLOAD,
        UPLOADED_BYTES,
        UPLOAD_FAILURE,
        SNAPSHOT,
        SNAPSHOT_GIVEN_UP,
        COMPACTION,
        COMPACTION_FAILURE,
        DELETION,
        DELETION_FAILURE,
        RESYNC,
        RESYNCED_PAGE,
        RESYNC_NANOS,
        STAGING_DROP,
        ROWS_LOST,
        OWNER_WAIT
    }

    /** The oldest notices make room: whoever asks every minute misses none. */
    private static final int NOTICES_KEPT = 10;

    private final DatabaseSpec database;
    private final Map<Count, LongAdder> counts = new EnumMap<>(Count.class);
    private final Deque<Notice> notices = new ArrayDeque<>();
    private DatabaseState state = DatabaseState.STARTING;
    private TxId txId = TxId.ZERO;
    private TxId replicatedTxId = TxId.ZERO;
    private @Nullable Instant lastSyncAt;
    private @Nullable Instant lastSnapshotAt;
    private TxId lastSnapshotTxId = TxId.ZERO;
    private @Nullable TxId snapshotWantedFrom;
    private @Nullable String error;
    private @Nullable String uploadError;
    private @Nullable Progress restoring;
    private DatabaseStatus.@Nullable Restored restored;
    private DatabaseStatus.Destination destination = new DatabaseStatus.Destination(null, null, null, null);
    private @Nullable Instant unstagedSince;
    private @Nullable StagedFiles staged;
    private @Nullable Supplier<WalStatistics> wal;
    private @Nullable String requestDone;
    private DatabaseStatus.@Nullable Verified verified;

    StatusBoard(DatabaseSpec database) {
        this.database = database;
        for (Count count : Count.values()) {
            counts.put(count, new LongAdder());
        }
    }

    void count(Count what) {
        count(what, 1);
    }

    void count(Count what, long more) {
        adder(what).add(more);
    }

    private LongAdder adder(Count what) {
        return Objects.requireNonNull(counts.get(what));
    }

    synchronized void state(DatabaseState now) {
        state = now;
    }

    synchronized DatabaseState state() {
        return state;
    }

    /**
     * Something keeps it from going on; null: nothing does.
     *
     * @return whether that is new
     */
    synchronized boolean error(@Nullable String message) {
        boolean changed = !Objects.equals(error, message);
        error = message;
        return changed;
    }

    /** Something to be told. */
    synchronized void notice(Notice notice) {
        if (notices.size() == NOTICES_KEPT) {
            notices.removeFirst();
        }
        notices.addLast(notice);
    }

    /** Something here, not in the destination, keeps uploads from going on; null: nothing does. */
    synchronized void uploadError(@Nullable String message) {
        uploadError = message;
    }

    /** How far a restore is; null: none is going on. */
    synchronized void restoring(@Nullable Progress progress) {
        restoring = progress;
    }

    synchronized TxId txId() {
        return txId;
    }

    synchronized void txId(TxId now) {
        txId = now;
    }

    synchronized void replicated(TxId now) {
        replicatedTxId = now;
        notifyAll();
    }

    synchronized TxId replicatedTxId() {
        return replicatedTxId;
    }

    /** A file was created in the destination. */
    synchronized void uploaded(long bytes, Instant when) {
        count(Count.UPLOAD);
        count(Count.UPLOADED_BYTES, bytes);
        lastSyncAt = when;
    }

    /** The destination has a snapshot of this TXID. */
    synchronized void snapshotTaken(Instant when, TxId last) {
        boolean wanted = snapshotWantedFrom == null || snapshotWantedFrom.compareTo(last) <= 0;
        if (wanted && lastSnapshotTxId.compareTo(last) <= 0) {
            lastSnapshotAt = when;
            lastSnapshotTxId = last;
            snapshotWantedFrom = null;
        }
    }

    /** A restore shall soon not need any more what the destination had before this TXID. */
    synchronized void wantSnapshot(TxId from) {
        lastSnapshotAt = null;
        lastSnapshotTxId = TxId.ZERO;
        snapshotWantedFrom = from;
    }

    /** It shall not wait for the schedule. */
    synchronized boolean isSnapshotWanted() {
        return snapshotWantedFrom != null;
    }

    /** The TXID of the newest snapshot in the destination, as far as is known. */
    synchronized TxId lastSnapshotTxId() {
        return lastSnapshotTxId;
    }

    synchronized @Nullable Instant lastSnapshotAt() {
        return lastSnapshotAt;
    }

    /** The replica was read through. */
    synchronized void verified(DatabaseStatus.Verified result) {
        verified = result;
    }

    /** The id of the restore request that was done last; null: none was. */
    synchronized void requestDone(@Nullable String id) {
        requestDone = id;
    }

    synchronized void restored(DatabaseStatus.Restored how) {
        restored = how;
    }

    synchronized void destinationAnswered(Instant when) {
        destination = new DatabaseStatus.Destination(true, when, null, null);
    }

    synchronized void destinationFailed(Instant when, String message) {
        destination = new DatabaseStatus.Destination(false, when, "Unreachable", message);
    }

    /** It answers, but is not to be used. */
    synchronized void destinationUnusable(Instant when, String message) {
        destination = new DatabaseStatus.Destination(false, when, "ConditionsIgnored", message);
    }

    /** When the oldest commit that is neither staged nor shipped was seen; null: there is none. */
    synchronized void unstagedSince(@Nullable Instant when) {
        unstagedSince = when;
    }

    /** From here on commits are not seen, so there may be some. */
    synchronized void mayBeBehindSince(Instant when) {
        if (unstagedSince == null) {
            unstagedSince = when;
        }
    }

    synchronized @Nullable Instant unstagedSince() {
        return unstagedSince;
    }

    synchronized void opened(StagedFiles files) {
        staged = files;
    }

    /** The WAL is held. */
    synchronized void holding(Supplier<WalStatistics> statistics) {
        wal = statistics;
    }

    /** The WAL is not held any more. */
    synchronized void released() {
        wal = null;
    }

    /** Waits until this TXID is durable in the destination. False: it was not, within that time. */
    synchronized boolean awaitReplicated(TxId goal, long deadlineNanos) throws InterruptedException {
        while (replicatedTxId.compareTo(goal) < 0) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            Duration wait = Duration.ofNanos(Math.min(left, 50_000_000));
            wait(Math.max(1, wait.toMillis()));
        }
        return true;
    }

    /** In words: which commits the destination does not have. */
    String unshipped() {
        Instant staged = oldestStagedSince();
        synchronized (this) {
            if (txId.compareTo(replicatedTxId) > 0) {
                return "TXID %s to %s%s"
                        .formatted(
                                replicatedTxId.next(),
                                txId,
                                staged == null ? "" : ", the oldest committed at " + staged);
            }
            return unstagedSince == null
                    ? "nothing that this sidecar saw committed until now, but all that is committed from now on"
                    : "what was committed since " + unstagedSince;
        }
    }

    DatabaseStatus status() {
        Instant pending = oldestStagedSince();
        Instant now = Instant.now();
        synchronized (this) {
            Instant since = pending != null ? pending : unstagedSince;
            Duration lag = since == null || since.isAfter(now) ? Duration.ZERO : Duration.between(since, now);
            return new DatabaseStatus(
                    database.name(),
                    database.path(),
                    state,
                    txId,
                    replicatedTxId,
                    lag,
                    lastSyncAt,
                    lastSnapshotAt,
                    firstOf(error, uploadError, destination.message()),
                    restored,
                    requestDone,
                    restoring,
                    verified,
                    destination,
                    List.copyOf(notices),
                    counters(),
                    wal == null ? null : wal.get());
        }
    }

    private static @Nullable String firstOf(@Nullable String... messages) {
        return Arrays.stream(messages).filter(Objects::nonNull).findFirst().orElse(null);
    }

    /** A staged file's modification time is when its first commit was seen. */
    private @Nullable Instant oldestStagedSince() {
        StagedFiles files;
        synchronized (this) {
            files = staged;
        }
        if (files == null) {
            return null;
        }
        try {
            while (true) {
                TxId oldest = files.oldest().orElse(null);
                if (oldest == null) {
                    return null;
                }
                try {
                    return Files.getLastModifiedTime(files.path(oldest)).toInstant();
                } catch (java.nio.file.NoSuchFileException e) {
                    if (files.oldest().filter(oldest::equals).isPresent()) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            return null;
        }
    }

    private DatabaseStatus.Counters counters() {
        return new DatabaseStatus.Counters(
                adder(Count.SYNC).sum(),
                adder(Count.UPLOAD).sum(),
                adder(Count.UPLOADED_BYTES).sum(),
                adder(Count.UPLOAD_FAILURE).sum(),
                adder(Count.SNAPSHOT).sum(),
                adder(Count.SNAPSHOT_GIVEN_UP).sum(),
                adder(Count.COMPACTION).sum(),
                adder(Count.COMPACTION_FAILURE).sum(),
                adder(Count.DELETION).sum(),
                adder(Count.DELETION_FAILURE).sum(),
                adder(Count.RESYNC).sum(),
                adder(Count.RESYNCED_PAGE).sum(),
                adder(Count.STAGING_DROP).sum(),
                adder(Count.ROWS_LOST).sum(),
                adder(Count.OWNER_WAIT).sum(),
                staged == null ? 0 : staged.bytes(),
                Duration.ofNanos(adder(Count.RESYNC_NANOS).sum()));
    }
}
