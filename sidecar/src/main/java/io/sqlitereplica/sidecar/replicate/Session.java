package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.wal.PositionLostException;
import io.sqlitereplica.sidecar.wal.PublishedHeader;
import io.sqlitereplica.sidecar.wal.Stager;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** The replication of an open database: the steps of the WAL protocol, one look after the other. For one thread. */
final class Session implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Session.class.getName());
    private static final Duration OUTAGE = Duration.ofSeconds(10);
    private static final Duration OUTAGE_INTERVAL = Duration.ofSeconds(5);

    private final ReplicaContext context;
    private final WalDatabase wal;
    private final StateFolder state;
    private final Uploader uploader;
    private final UploadRoom room;
    private final ScheduledSnapshots snapshots;
    private OpenTransaction open;
    private long lastSyncNanos;
    private long lastChangeNanos = System.nanoTime();

    /** Begins at a place in the WAL up to which the state folder reaches. */
    Session(
            ReplicaContext context,
            WalDatabase wal,
            StateFolder state,
            Uploader uploader,
            UploadRoom room,
            WalPosition start) {
        this.context = context;
        this.wal = wal;
        this.state = state;
        this.uploader = uploader;
        this.room = room;
        this.snapshots = new ScheduledSnapshots(context, wal, state, room);
        this.open = new OpenTransaction(context, wal, state, room, start);
        this.lastSyncNanos =
                System.nanoTime() - context.options().syncInterval().toNanos();
    }

    /** How long nothing was committed or checkpointed. */
    long quietNanos() {
        return System.nanoTime() - lastChangeNanos;
    }

    /**
     * Looks once, and does what is due.
     *
     * @param shipNow not to wait for the sync interval
     */
    void look(boolean shipNow) throws IOException, SQLException {
        uploader.check();
        try {
            PublishedHeader header = wal.header();
            boolean committed = isBehind(header);
            if (committed && context.status().unstagedSince() == null) {
                context.status().unstagedSince(Instant.now());
            }
            if (committed || wal.renewalDue(header) || wal.checkpointRunsElsewhere()) {
                lastChangeNanos = System.nanoTime();
            }
            if (shipNow) {
                uploader.hurry();
            }
            if (!committed && open.isEmpty()) {
                context.status().unstagedSince(null);
            }
            boolean fits = open.fitsAside(header);
            if ((committed || !open.isEmpty()) && (shipNow || isSyncDue(fits))) {
                sync();
            } else if (fits && wal.renewalDue(header)) {
                wal.renew(open::copyAside);
            }
            header = wal.header();
            if (wal.finishDue(header)) {
                wal.finish(open::copyAside);
            }
            if (wal.barrierDue(header)) {
                wal.barrier(open::copyAside);
            }
            if (snapshots.look(header, open, uploader.failingSince() == null)) {
                resync("a snapshot differs from what was replicated");
            }
        } catch (PositionLostException e) {
            lost(e);
        } catch (BrokenOffException.ResyncNeeded e) {
            resync(Errors.message(e));
        }
    }

    private boolean isBehind(PublishedHeader header) {
        return header.mxFrame() > 0 && !header.position().equals(open.end());
    }

    /** While the destination fails, fewer and larger files wait for it, as long as there is room aside. */
    private boolean isSyncDue(boolean fitsAside) {
        Instant failingSince = uploader.failingSince();
        boolean outage = failingSince != null && failingSince.plus(OUTAGE).isBefore(Instant.now());
        Duration interval = context.options().syncInterval();
        Duration effective =
                outage && fitsAside && interval.compareTo(OUTAGE_INTERVAL) < 0 ? OUTAGE_INTERVAL : interval;
        return System.nanoTime() - lastSyncNanos >= effective.toNanos();
    }

    /** Closes the transaction, and renews the reader on the way if there is a slot. */
    private void sync() throws IOException, SQLException, PositionLostException {
        Stager close = open::close;
        if (!wal.renew(close)) {
            wal.stage(close);
        }
        lastSyncNanos = System.nanoTime();
        uploader.wake();
    }

    private void lost(PositionLostException e) throws IOException, SQLException {
        if (e.rowsLostLocally()) {
            RowsLost.report(context, state.position().orElseThrow().txId(), Errors.message(e));
        }
        resync(Errors.message(e));
    }

    private void resync(String reason) throws IOException, SQLException {
        open.close();
        Resync.Result found = new Resync(context, wal, state, room).run(reason);
        open = new OpenTransaction(context, wal, state, room, found.end());
        uploader.wake();
    }

    /**
     * Stages what is there and leaves the WAL so that the next start may go on in it. That may take a second, in which the
     * process may be killed: so what there is to ship is on its way by then.
     */
    void prepareStop() throws IOException, SQLException {
        try {
            wal.stage(open::close);
            uploader.hurry();
            wal.prepareStop(open::copyAside);
            wal.stage(open::close);
        } catch (PositionLostException e) {
            lost(e);
        } catch (BrokenOffException.ResyncNeeded e) {
            resync(Errors.message(e));
        }
        uploader.hurry();
    }

    /**
     * Stages what was committed to a database whose file is not at its path any more. That needs no other connection, which
     * would be one to the new file.
     */
    void stageRest() throws IOException, SQLException {
        try {
            wal.stage(open::close);
        } catch (PositionLostException | BrokenOffException.ResyncNeeded e) {
            LOG.log(
                    Level.WARNING,
                    () -> "the last commits to a database that is gone are not known: database=" + context.name()
                            + " error=" + Errors.message(e));
        }
        uploader.hurry();
    }

    @Override
    public void close() throws IOException {
        snapshots.close();
        open.close();
    }
}
