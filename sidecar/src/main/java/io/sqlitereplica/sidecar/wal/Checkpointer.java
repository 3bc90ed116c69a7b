package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Has the log restarted by the app. While a reader of ours is held in slot 1 to 4 the app's own autocheckpoint never gets
 * to that, however often the reader is renewed: somebody must copy the last frames and then be found in slot 0.
 *
 * <p>Never TRUNCATE: an app that has read, and then writes, would get SQLITE_BUSY_SNAPSHOT, which no timeout cures.
 */
final class Checkpointer {
    private static final long FINISH_PAUSE_NANOS = Duration.ofMillis(250).toNanos();
    private static final long HELD_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long BARRIER_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long BARRIER_CHECKPOINT_NANOS = Duration.ofMillis(250).toNanos();
    private static final long COMMIT_WAIT_NANOS = Duration.ofMillis(5).toNanos();
    private static final long LOOK_PAUSE_NANOS = Duration.ofMillis(1).toNanos() / 5;
    private static final long GIVE_WAY_NANOS = Duration.ofMillis(20).toNanos();
    private static final long RESTART_WAIT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long BEGIN_WAIT_NANOS = Duration.ofSeconds(5).toNanos();
    private static final int PINNED_TRIES = 5;

    /** The log is soon restarted by an app that leaves {@code wal_autocheckpoint} at its default of 1,000. */
    private static final int NEAR_AUTOCHECKPOINT = 750;

    private final WalDatabase database;
    private final ReaderPair.Opener opener;
    private final WalIndex index;
    private final WalFile log;
    private final WalOptions options;
    private final Counters counters;
    private @Nullable Sqlite checkpoints;
    private @Nullable Sqlite writer;
    private long nextFinish = System.nanoTime();
    private long nextBarrier = System.nanoTime();
    private boolean starved;

    Checkpointer(
            WalDatabase database,
            ReaderPair.Opener opener,
            WalIndex index,
            WalFile log,
            WalOptions options,
            Counters counters) {
        this.database = database;
        this.opener = opener;
        this.index = index;
        this.log = log;
        this.options = options;
        this.counters = counters;
    }

    /** Has SQLite read the published header, which repairs a torn one. */
    void readPublishedHeader() throws SQLException {
        checkpoints().checkpointNothing();
    }

    boolean mayFinishNow() {
        return System.nanoTime() - nextFinish >= 0;
    }

    boolean mayHoldWritersNow(PublishedHeader header) throws IOException {
        return starved && System.nanoTime() - nextBarrier >= 0 && !index.isPinnedByAnotherProcess(header);
    }

    FinishResult finish(Stager stager) throws IOException, SQLException, PositionLostException {
        FinishResult result = tryToFinish(stager);
        starved = result == FinishResult.STARVED;
        counters.heldByReader(result == FinishResult.HELD_BY_READER);
        long pause = result == FinishResult.HELD_BY_READER ? HELD_PAUSE_NANOS : FINISH_PAUSE_NANOS;
        nextFinish = System.nanoTime() + (result == FinishResult.DONE ? 0 : pause);
        return result;
    }

    private FinishResult tryToFinish(Stager stager) throws IOException, SQLException, PositionLostException {
        PublishedHeader started = database.header();
        int pinned = 0;
        for (int i = 0; i < options.finishTries(); i++) {
            if (!database.renew(stager)) {
                return FinishResult.BUSY;
            }
            if (checkpoints().checkpointPassive().complete() && database.renew(stager) && restarts(started)) {
                counters.finished();
                return FinishResult.DONE;
            }
            counters.tryFailed();
            PublishedHeader now = database.header();
            pinned = index.isPinnedByAnotherProcess(now) ? pinned + 1 : 0;
            if (pinned == PINNED_TRIES) {
                return FinishResult.HELD_BY_READER;
            }
            awaitCommit(now);
        }
        return FinishResult.STARVED;
    }

    /** The app's next commit restarts the log, or one already has. */
    private boolean restarts(PublishedHeader started) throws IOException, SQLException {
        PublishedHeader now = database.header();
        return now.salts() != started.salts() || database.letsRestart(now);
    }

    /** Right after a commit there is the most time until the next. */
    private void awaitCommit(PublishedHeader seen) throws IOException, SQLException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < COMMIT_WAIT_NANOS
                && database.header().sameCommit(seen)) {
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
        }
    }

    FinishResult barrier(Stager stager) throws IOException, SQLException, PositionLostException {
        nextBarrier = System.nanoTime() + BARRIER_PAUSE_NANOS;
        PublishedHeader started = database.header();
        // Before the app is held: all but the last few frames staged, copied, and written to the device.
        if (!database.renew(stager)) {
            return FinishResult.BUSY;
        }
        checkpoints().checkpointPassive();
        if (!database.renew(stager)) {
            return FinishResult.BUSY;
        }
        log.flush();
        Sqlite holder = writer();
        try {
            holder.beginImmediate();
        } catch (SQLException e) {
            if (Sqlite.isBusy(e)) {
                counters.barrierRefused();
                return FinishResult.BUSY;
            }
            throw e;
        }
        long start = System.nanoTime();
        try {
            boolean complete = database.renew(stager) && checkpointWhileHeld(start);
            if (complete && database.renew(stager) && restarts(started)) {
                counters.finished();
                starved = false;
                return FinishResult.DONE;
            }
            counters.tryFailed();
            return FinishResult.STARVED;
        } finally {
            try {
                holder.rollback();
            } finally {
                long end = System.nanoTime();
                counters.barrierHeld(end - start);
                nextBarrier = end + BARRIER_PAUSE_NANOS;
            }
        }
    }

    /** The write lock is mostly won while the app is in its own autocheckpoint: wait for that to end. */
    private boolean checkpointWhileHeld(long start) throws SQLException {
        while (true) {
            Sqlite.Checkpoint checkpoint = checkpoints().checkpointPassive();
            if (!checkpoint.busy() || System.nanoTime() - start > BARRIER_CHECKPOINT_NANOS) {
                return checkpoint.complete();
            }
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
        }
    }

    void prepareStop(Stager stager) throws IOException, SQLException, PositionLostException {
        PublishedHeader before = database.header();
        if (before.mxFrame() < NEAR_AUTOCHECKPOINT || finish(stager) != FinishResult.DONE) {
            return;
        }
        long start = System.nanoTime();
        while (System.nanoTime() - start < RESTART_WAIT_NANOS) {
            PublishedHeader now = database.header();
            if (now.salts() != before.salts() && now.mxFrame() > 0) {
                break;
            }
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
        }
        database.renew(stager);
    }

    /**
     * Waits for another process's checkpoint to go on, as long as SQLite's busy handler first sleeps between its tries (1,
     * 2, 5, 10 ms).
     */
    PublishedHeader giveWay() throws IOException, SQLException {
        PublishedHeader before = database.header();
        PublishedHeader now = before;
        long start = System.nanoTime();
        while (System.nanoTime() - start < GIVE_WAY_NANOS
                && now.equals(before)
                && index.isWritersCheckpointRunningElsewhere()) {
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
            now = database.header();
        }
        return now;
    }

    /** Begins a reader that is worth waiting for: SQLite may be recovering. */
    void beginPatiently(Sqlite connection) throws SQLException {
        long start = System.nanoTime();
        while (true) {
            try {
                connection.beginRead();
                return;
            } catch (SQLException e) {
                if (!Sqlite.isBusy(e) || System.nanoTime() - start > BEGIN_WAIT_NANOS) {
                    throw e;
                }
                LockSupport.parkNanos(LOOK_PAUSE_NANOS);
            }
        }
    }

    private Sqlite checkpoints() throws SQLException {
        Sqlite connection = checkpoints;
        if (connection == null) {
            connection = opener.open();
            checkpoints = connection;
        }
        return connection;
    }

    private Sqlite writer() throws SQLException {
        Sqlite connection = writer;
        if (connection == null) {
            connection = opener.open();
            writer = connection;
        }
        return connection;
    }

    /** Closes both connections: they hold nothing. */
    void closeConnections() throws SQLException {
        Sqlite first = writer;
        Sqlite second = checkpoints;
        writer = null;
        checkpoints = null;
        try {
            if (first != null) {
                first.close();
            }
        } finally {
            if (second != null) {
                second.close();
            }
        }
    }
}
