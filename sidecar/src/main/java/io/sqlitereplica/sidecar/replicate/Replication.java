package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.OwnerRecord;
import io.sqlitereplica.sidecar.storage.StoreException;
import io.sqlitereplica.sidecar.wal.CloseMode;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The thread of one database: opens it, replicates it, and begins again when something broke. */
final class Replication implements Runnable {
    private static final System.Logger LOG = System.getLogger(Replication.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final long BUSY_LOOK_NANOS = Duration.ofMillis(50).toNanos();
    private static final long QUIET_LOOK_NANOS = Duration.ofMillis(100).toNanos();
    private static final long IDLE_LOOK_NANOS = Duration.ofMillis(250).toNanos();
    private static final long QUIET_AFTER_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long SIDELINES_CLOSED_AFTER_NANOS =
            Duration.ofSeconds(1).toNanos();
    private static final long IDLE_AFTER_NANOS = Duration.ofMinutes(1).toNanos();
    private static final long LASTING_NANOS = Duration.ofSeconds(30).toNanos();
    private static final long UPLOAD_LOOK_NANOS = Duration.ofMillis(20).toNanos();
    private static final long REPLACED_LOOK_NANOS = Duration.ofSeconds(1).toNanos();

    private final ReplicaContext context;
    private final ShipRequests requests;
    private final CloseMode closeMode;
    private final StartUp startUp;
    private final DatabaseArrival arrival;
    private final Divergence divergence;
    private final Replacing replacing;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    private @Nullable Lineage broken;
    private long writerId;
    private boolean failed;
    private volatile boolean shipped;

    Replication(ReplicaContext context, ShipRequests requests, CloseMode closeMode) {
        this.context = context;
        this.requests = requests;
        this.closeMode = closeMode;
        this.startUp = new StartUp(context);
        this.replacing = new Replacing(context, startUp);
        this.arrival = new DatabaseArrival(context, startUp, requests, replacing);
        this.divergence = new Divergence(context);
    }

    /** After the end: everything that was committed is in the destination. */
    boolean isShipped() {
        return shipped;
    }

    @Override
    public void run() {
        context.stop().attach();
        boolean destinationFailed = false;
        while (!context.stop().isStopping()) {
            long start = System.nanoTime();
            try {
                if (destinationFailed) {
                    startUp.awaitDestination();
                    destinationFailed = false;
                }
                live();
                continue;
            } catch (BrokenOffException.Stopped e) {
                break;
            } catch (BrokenOffException.LineageBroken e) {
                switch (e.lineage()) {
                    case Lineage.Foreign(var _, String message) ->
                        divergence.met(message, writerId).ifPresent(this::fail);
                    case Lineage.Refused(String message) -> fail(message);
                    case Lineage.GoOn _, Lineage.WholeDatabase _, Lineage.Compare _ -> broken = e.lineage();
                }
                context.status().mayBeBehindSince(Instant.now());
                continue;
            } catch (BrokenOffException.Fenced e) {
                fail(fenced(e.owner()));
                continue;
            } catch (BrokenOffException.Unusable e) {
                context.status().destinationUnusable(Instant.now(), Errors.message(e));
                fail(Errors.message(e));
                continue;
            } catch (DatabaseRefusedException e) {
                context.status().state(e.mayPass() ? DatabaseState.WAITING : DatabaseState.FAILED);
                report(e);
            } catch (IOException | SQLException | RuntimeException | Error e) {
                context.status().mayBeBehindSince(Instant.now());
                report(e); // an error, too: a dead thread would look like one that replicates
                destinationFailed = e instanceof StoreException;
            }
            if (System.nanoTime() - start > LASTING_NANOS) {
                backoff.reset();
            }
            pause(backoff.pause());
        }
        context.compactor().close();
        if (!failed) {
            if (shipped) {
                context.ownership().release();
            }
            context.status().state(DatabaseState.STOPPED);
        }
        requests.end();
    }

    private void report(Throwable e) {
        String message = context.explain(e);
        boolean news = context.status().error(message);
        boolean understood = !message.equals(e.toString());
        LOG.log(
                news ? Level.WARNING : Level.DEBUG,
                () -> "not replicating: database=" + context.name() + " error=" + message,
                understood ? null : e);
    }

    private String fenced(OwnerRecord owner) {
        return "Another writer has taken over %s: %s. Replication has stopped, and what is in the replica was left as it is. Not in the replica: %s. If this is the pod that shall go on, stop the other one and restart this one"
                .formatted(context.store().location(), owner, context.status().unshipped());
    }

    /** Only a restart helps, after somebody did something. */
    private void fail(String message) {
        failed = true;
        requests.end();
        context.status().state(DatabaseState.FAILED);
        context.status().error(message);
        LOG.log(Level.ERROR, () -> "replication stopped: database=" + context.name() + " error=" + message);
        while (!context.stop().isStopping()) {
            LockSupport.park(this);
        }
    }

    private void pause(Duration pause) {
        try {
            context.stop().pauseOrStop(pause.toNanos());
        } catch (BrokenOffException.Stopped e) {
            // seen by the loop
        }
    }

    private void live() throws IOException, SQLException, DatabaseRefusedException {
        context.status().state(DatabaseState.STARTING);
        try (StateFolder state =
                StateFolder.open(StateFolder.beside(context.database().path()))) {
            writerId = state.writerId();
            state.findings().forEach(finding -> LOG.log(Level.WARNING, finding));
            Optional<RestorePoint> wanted = replacing.look(state, divergence.takeDecision());
            if (wanted.isPresent()) {
                broken = arrival.restore(wanted.get(), state)
                        ? new Lineage.WholeDatabase(Optional.empty(), "an older state was restored", false)
                        : null;
            }
            startUp.settleUnconfirmed(state);
            Lineage lineage = broken;
            broken = null;
            if (lineage instanceof Lineage.WholeDatabase whole
                    && !Files.exists(context.database().path())) {
                Unshipped.setAside(context, state, whole.reason());
            }
            Position position = state.position().orElse(null);
            context.status().txId(position == null ? TxId.ZERO : position.txId());
            context.status().replicated(replicated(state, lineage));
            LineageGuard guard = new LineageGuard(context, state);
            boolean atRest = true;
            try (Uploader uploader = new Uploader(context, state, guard, lineage != null || position == null)) {
                context.status().opened(state.staged());
                while (arrival.await(state, uploader, guard)) {
                    atRest = false;
                    if (lineage == null) {
                        lineage = state.position().isPresent() ? new Lineage.GoOn() : startUp.patiently(guard::look);
                    }
                    boolean nothingDropped = hold(lineage, state, uploader, guard);
                    context.stop().pauseOrStop(0);
                    awaitUploads(uploader);
                    atRest = nothingDropped;
                    lineage = null;
                }
            } finally {
                shipped |= atRest
                        && (context.stop().isStopping() || context.stop().isStoppingWhenDeleted())
                        && state.staged().oldest().isEmpty();
            }
        }
    }

    /** What the destination has of the database's history, as far as is known. */
    private static TxId replicated(StateFolder state, @Nullable Lineage lineage) {
        TxId uploaded = state.staged()
                .oldest()
                .map(oldest -> new TxId(oldest.value() - 1))
                .orElse(state.position().map(Position::txId).orElse(TxId.ZERO));
        return lineage instanceof Lineage.WholeDatabase whole
                        && whole.lastTxId().compareTo(uploaded) < 0
                ? whole.lastTxId()
                : uploaded;
    }

    /** False: what was staged had to be dropped. */
    private boolean hold(Lineage lineage, StateFolder state, Uploader uploader, LineageGuard guard)
            throws IOException, SQLException, DatabaseRefusedException {
        UploadRoom room = new UploadRoom(context, state, uploader, guard);
        WalDatabase wal = WalDatabase.open(
                context.database().path(), context.pool(), context.options().wal());
        CloseMode mode = CloseMode.RELEASE;
        try {
            if (wal.switchedToWal()) {
                context.status()
                        .notice(new Notice(
                                Notice.Reason.SWITCHED_TO_WAL,
                                Instant.now(),
                                "The database was in another journal mode and was switched to WAL mode, which lasts."
                                        + " An application that sets another mode again is refused"));
                LOG.log(Level.INFO, () -> "switched to WAL mode: database=" + context.name());
            }
            context.status().holding(wal::statistics);
            WalPosition start = startUp.begin(lineage, wal, state, room, guard);
            if (!(lineage instanceof Lineage.GoOn)) {
                uploader.resume();
            }
            TxId txId = state.position().orElseThrow().txId();
            context.status().txId(txId);
            if (uploader.isIdle()) {
                context.status().replicated(txId);
            }
            context.status().state(DatabaseState.REPLICATING);
            LOG.log(
                    Level.INFO,
                    () -> "replicating: database=" + context.name() + " txid=" + txId + " to="
                            + context.store().location());
            try (Session session = new Session(context, wal, state, uploader, room, start)) {
                if (replicate(session, wal)) {
                    mode = closeMode;
                    finish(session, state, uploader);
                } else {
                    session.stageRest();
                }
            }
            return true;
        } catch (BrokenOffException.NoRoom e) {
            report(e);
            StagedDrop.run(context, state, uploader);
            return false;
        } finally {
            context.status().released();
            wal.close(mode);
        }
    }

    /** What was dropped is compared with the database when the destination takes files again. */
    private void awaitUploads(Uploader uploader) throws IOException {
        while (!uploader.isIdle()) {
            uploader.check();
            context.stop().pauseOrStop(IDLE_LOOK_NANOS);
        }
    }

    /** Looks and looks. True: the replicator stops. */
    private boolean replicate(Session session, WalDatabase wal) throws IOException, SQLException {
        long nextReplacedLook = System.nanoTime() + REPLACED_LOOK_NANOS;
        while (!context.stop().isStopping()) {
            long request = requests.newest();
            session.look(request > 0);
            context.status().error(null);
            requests.served(request);
            if (System.nanoTime() - nextReplacedLook >= 0) {
                nextReplacedLook = System.nanoTime() + REPLACED_LOOK_NANOS;
                if (wal.wasReplaced()) {
                    LOG.log(Level.WARNING, () -> "the database file was replaced: database=" + context.name());
                    return false;
                }
            }
            LockSupport.parkNanos(this, lookNanos(session, wal));
        }
        return true;
    }

    private long lookNanos(Session session, WalDatabase wal) throws SQLException {
        long quiet = session.quietNanos();
        if (quiet >= SIDELINES_CLOSED_AFTER_NANOS) {
            wal.closeIdleConnections();
        }
        if (quiet < QUIET_AFTER_NANOS) {
            return BUSY_LOOK_NANOS;
        }
        return quiet < IDLE_AFTER_NANOS ? QUIET_LOOK_NANOS : IDLE_LOOK_NANOS;
    }

    /** Stages what is left and waits for its upload. */
    private void finish(Session session, StateFolder state, Uploader uploader) throws IOException, SQLException {
        session.prepareStop();
        TxId last = state.position().orElseThrow().txId();
        while (!uploader.isDone() && System.nanoTime() - context.stop().deadlineNanos() < 0) {
            uploader.check();
            LockSupport.parkNanos(this, UPLOAD_LOOK_NANOS);
        }
        shipped = uploader.isDone();
        LOG.log(
                shipped ? Level.INFO : Level.WARNING,
                () -> "stopped: database=" + context.name() + " txid=" + last + " replicated="
                        + context.status().replicatedTxId());
    }
}
