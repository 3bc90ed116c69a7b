package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxEncoder;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.storage.CreateResult;
import io.sqlitereplica.sidecar.storage.Upload;
import io.sqlitereplica.sidecar.wal.SnapshotReader;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A scheduled snapshot: streams the image that a reader of its own holds still, on a platform thread, while syncs go on.
 * It appears in the destination only after the level 0 file of its TXID.
 */
final class SnapshotJob implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(SnapshotJob.class.getName());
    private static final int LEVEL = 9;
    private static final long WAIT_NANOS = 50_000_000;

    private final ReplicaContext context;
    private final SnapshotReader image;
    private final Position position;
    private final long writerId;
    private final Path spillFolder;
    private final Instant taken;
    private final Thread thread;
    private volatile @Nullable String givenUp;
    private volatile @Nullable Outcome outcome;

    /** How it ended. */
    enum Outcome {
        /** It is in the destination. */
        PUBLISHED,
        /** It is not in the destination, because it is not what the state folder says. */
        MISMATCH,
        /** It is not in the destination. */
        FAILED
    }

    /**
     * Begins.
     *
     * @param image closed at the end
     * @param position the state folder's, of the commit that the image shows
     */
    SnapshotJob(ReplicaContext context, SnapshotReader image, Position position, long writerId, Path spillFolder) {
        this.context = context;
        this.image = image;
        this.position = position;
        this.writerId = writerId;
        this.spillFolder = spillFolder;
        this.taken = Timestamps.after(position.timestamp());
        this.thread = new UninterruptibleThread("snapshot-" + context.name(), this::run);
        this.thread.start();
    }

    /** The TXID up to which it goes. */
    TxId txId() {
        return position.txId();
    }

    /** How it ended; null: not yet. */
    @Nullable
    Outcome outcome() {
        return outcome;
    }

    /** Ends it without a result. */
    void giveUp(String reason) {
        givenUp = reason;
    }

    private void check() throws IOException {
        String reason = givenUp;
        if (reason != null) {
            throw new IOException("given up: " + reason);
        }
        context.stop().check();
    }

    private void run() {
        Outcome result = Outcome.FAILED;
        try {
            result = publish();
        } catch (IOException | RuntimeException | Error e) {
            LOG.log(
                    Level.WARNING,
                    () -> "no snapshot: database=" + context.name() + " txid=" + txId() + " reason="
                            + Errors.message(e));
            context.status().count(StatusBoard.Count.SNAPSHOT_GIVEN_UP);
        } finally {
            closeImage();
            outcome = result;
            context.stop().wake();
        }
    }

    private Outcome publish() throws IOException {
        LtxHeader header = new LtxHeader(
                image.pageSize(), image.pageCount(), new TxId(1), txId(), taken, false, 0, WalRange.NONE, writerId);
        try (Upload upload = context.store()
                .createStreaming(LEVEL, header.fileName(), taken, LtxEncoder.maxBytes(header), spillFolder)) {
            long checksum;
            long bytes;
            // Closed at once: whoever uploads what is waited for below may need its buffer.
            try (LtxEncoder encoder = new LtxEncoder(upload, header, spillFolder, context.pool())) {
                checksum = DatabaseScan.forEachPage(
                        image, this::check, (page, _, contents) -> encoder.page(page, contents));
                encoder.finish(checksum);
                bytes = encoder.bytesWritten();
            }
            if (checksum != position.databaseChecksum()) {
                return Outcome.MISMATCH; // published, it would not go together with the files around it
            }
            closeImage(); // lets the WAL restart
            while (context.status().replicatedTxId().compareTo(txId()) < 0) {
                check();
                LockSupport.parkNanos(WAIT_NANOS);
            }
            context.ownership().look();
            boolean created = upload.commit() == CreateResult.CREATED;
            if (created) {
                context.status().uploaded(bytes, Instant.now());
            }
            context.status().count(StatusBoard.Count.SNAPSHOT);
            context.status().snapshotTaken(taken, txId());
            LOG.log(
                    Level.INFO,
                    () -> "snapshot: database=" + context.name() + " txid=" + txId() + " pages="
                            + image.pageCount() + " bytes=" + bytes
                            + (created ? "" : " (was there)"));
            return Outcome.PUBLISHED;
        }
    }

    private void closeImage() {
        try {
            image.close();
        } catch (IOException | SQLException e) {
            LOG.log(Level.WARNING, "the snapshot's reader could not be closed: database=" + context.name(), e);
        }
    }

    /** Breaks it off and waits for that. */
    @Override
    public void close() {
        giveUp("the replication ends");
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
