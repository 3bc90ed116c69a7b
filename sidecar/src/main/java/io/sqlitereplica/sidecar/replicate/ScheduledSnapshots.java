package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.wal.PositionLostException;
import io.sqlitereplica.sidecar.wal.PublishedHeader;
import io.sqlitereplica.sidecar.wal.SnapshotReader;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Takes snapshots when they are due, one at a time, and watches over the one that is being taken. */
final class ScheduledSnapshots implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ScheduledSnapshots.class.getName());
    private static final long LEAST_MAX_WAL_BYTES = 1L << 30;
    private static final int DATABASE_SHARE = 4;
    private static final int FRAME_HEADER_BYTES = 24;

    private final ReplicaContext context;
    private final WalDatabase wal;
    private final StateFolder state;
    private final UploadRoom room;
    private final SnapshotTimer timer;
    private @Nullable SnapshotJob job;

    ScheduledSnapshots(ReplicaContext context, WalDatabase wal, StateFolder state, UploadRoom room) {
        this.context = context;
        this.wal = wal;
        this.state = state;
        this.room = room;
        this.timer = new SnapshotTimer(context.options().snapshots(), Instant.now());
    }

    /**
     * Begins, watches, or ends.
     *
     * @param mayBegin the destination works
     * @return whether {@code pages} turned out wrong and was forgotten
     */
    boolean look(PublishedHeader header, OpenTransaction open, boolean mayBegin)
            throws IOException, SQLException, PositionLostException {
        SnapshotJob running = job;
        if (running == null) {
            if (mayBegin) {
                beginIfDue(open);
            }
            return false;
        }
        SnapshotJob.Outcome outcome = running.outcome();
        if (outcome == null) {
            watch(running, header);
            return false;
        }
        job = null;
        context.turns().giveBack();
        switch (outcome) {
            case PUBLISHED -> timer.succeeded();
            case FAILED, MISMATCH -> timer.failed(Instant.now());
        }
        if (outcome == SnapshotJob.Outcome.MISMATCH) {
            LOG.log(
                    Level.ERROR,
                    () -> "the snapshot of TXID " + running.txId() + " is not what was replicated: database="
                            + context.name() + "; the whole database will be shipped again");
            state.forgetPages();
            return true;
        }
        return false;
    }

    private void beginIfDue(OpenTransaction open) throws IOException, SQLException, PositionLostException {
        Instant now = Instant.now();
        if (!timer.isDue(
                now, context.status().lastSnapshotAt(), context.status().isSnapshotWanted())) {
            return;
        }
        if (!context.turns().take()) {
            return; // it stays due
        }
        boolean begun = false;
        try {
            begun = begin(open, now);
        } finally {
            if (!begun) {
                context.turns().giveBack();
            }
        }
    }

    private boolean begin(OpenTransaction open, Instant now) throws IOException, SQLException, PositionLostException {
        SnapshotReader image = wal.snapshot(state.spillFolder());
        boolean begun = false;
        try {
            open.close(image.header()); // up to the commit that the image shows, no further
            Position position = state.position().orElseThrow();
            if (position.txId().equals(context.status().lastSnapshotTxId())) {
                timer.skip(now);
                return false;
            }
            job = new SnapshotJob(context, image, position, state.writerId(), state.spillFolder());
            begun = true;
            return true;
        } finally {
            if (!begun) {
                image.close();
            }
        }
    }

    /** The WAL cannot restart meanwhile: if it grows too much, the app would suffer. */
    private void watch(SnapshotJob running, PublishedHeader header) throws IOException {
        long walBytes = (long) header.mxFrame() * (wal.pageSize() + FRAME_HEADER_BYTES);
        long maxBytes = context.options()
                .maxWalBytes()
                .orElse(Math.max(
                        LEAST_MAX_WAL_BYTES,
                        state.position().orElseThrow().pageCount() * (long) wal.pageSize() / DATABASE_SHARE));
        if (walBytes > maxBytes) {
            running.giveUp("the WAL has grown to " + walBytes + " bytes meanwhile, more than " + maxBytes);
        } else if (room.volumeIsFull()) {
            running.giveUp("less than a tenth of the volume is free");
        }
    }

    @Override
    public void close() {
        SnapshotJob running = job;
        job = null;
        if (running != null) {
            running.close();
            context.turns().giveBack();
        }
    }
}
