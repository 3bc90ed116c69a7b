package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Has the log restarted by the app. While a reader of ours is held in slot 1 to 4 the app's own autocheckpoint never gets
 * to that, however often the reader is renewed: somebody must copy the last frames and then be found in slot 0.
 *
 * <p>Never TRUNCATE: an app that has read, and then writes, would get SQLITE_BUSY_SNAPSHOT, which no timeout cures.
 */
final class Checkpointer {
    /** A try copies what was committed since the one before: with a fast writer each takes long, and the log grows. */
    private static final long FINISH_NANOS = Duration.ofMillis(500).toNanos();

    private static final long FINISH_PAUSE_NANOS = Duration.ofMillis(250).toNanos();
    private static final long HELD_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long BARRIER_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int BARRIER_TRIES = 5;
    private static final long LOCK_WAIT_NANOS = Duration.ofMillis(50).toNanos();
    private static final long LOCK_PAUSE_NANOS = 20_000;
    private static final long BARRIER_CHECKPOINT_NANOS = Duration.ofMillis(250).toNanos();
    private static final long BARRIER_READER_NANOS = Duration.ofMillis(50).toNanos();
    private static final long COMMIT_WAIT_NANOS = Duration.ofMillis(5).toNanos();
    private static final long LOOK_PAUSE_NANOS = Duration.ofMillis(1).toNanos() / 5;
    private static final long RESTART_WAIT_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int PINNED_TRIES = 5;

    /** The log is soon restarted by an app that leaves {@code wal_autocheckpoint} at its default of 1,000. */
    private static final int NEAR_AUTOCHECKPOINT = 750;

    private final PublishedHeaders headers;
    private final Renewer renewer;
    private final Sidelines sidelines;
    private final WalIndex index;
    private final WalFile log;
    private final WalOptions options;
    private final Counters counters;
    private long nextFinish = System.nanoTime();
    private long nextHold = System.nanoTime();
    private long prepareNanos;
    private boolean starved;
    private WalPosition finishedAt = WalPosition.startOf(0);

    Checkpointer(
            PublishedHeaders headers,
            Renewer renewer,
            Sidelines sidelines,
            WalIndex index,
            WalFile log,
            WalOptions options,
            Counters counters) {
        this.headers = headers;
        this.renewer = renewer;
        this.sidelines = sidelines;
        this.index = index;
        this.log = log;
        this.options = options;
        this.counters = counters;
    }

    /** An app that never pauses is left to the next barrier: until then every try would be in vain, and cost it time. */
    boolean mayFinishNow(PublishedHeader header) throws IOException {
        boolean leftToBarrier =
                starved && header.mxFrame() >= options.barrierPages() && !index.isPinnedByAnotherProcess(header);
        return System.nanoTime() - nextFinish >= 0 && !leftToBarrier;
    }

    boolean mayHoldWritersNow(PublishedHeader header) throws IOException {
        return starved && System.nanoTime() + prepareNanos - nextHold >= 0 && !index.isPinnedByAnotherProcess(header);
    }

    FinishResult finish(Stager stager) throws IOException, SQLException, PositionLostException {
        FinishResult result = tryToFinish(stager);
        if (result == FinishResult.DONE) {
            WalPosition now = headers.current().position();
            if (now.salts() == finishedAt.salts() && now.frame() > finishedAt.frame()) {
                // It was done before, and the log went on all the same: by a commit that had begun to read before that.
                result = FinishResult.STARVED;
                counters.tryFailed();
            } else {
                counters.finished();
            }
            finishedAt = now;
        }
        starved = result == FinishResult.STARVED;
        counters.heldByReader(result == FinishResult.HELD_BY_READER);
        long pause = result == FinishResult.HELD_BY_READER ? HELD_PAUSE_NANOS : FINISH_PAUSE_NANOS;
        nextFinish = System.nanoTime() + (result == FinishResult.DONE ? 0 : pause);
        return result;
    }

    private FinishResult tryToFinish(Stager stager) throws IOException, SQLException, PositionLostException {
        PublishedHeader started = headers.current();
        int pinned = 0;
        long start = System.nanoTime();
        for (int i = 0; i < options.finishTries() && System.nanoTime() - start < FINISH_NANOS; i++) {
            if (!renewer.renew(stager)) {
                return FinishResult.BUSY;
            }
            if (checkpointPassive().complete() && renewer.renew(stager) && restartsByItself(started)) {
                return FinishResult.DONE;
            }
            counters.tryFailed();
            PublishedHeader now = headers.current();
            pinned = index.isPinnedByAnotherProcess(now) ? pinned + 1 : 0;
            if (pinned == PINNED_TRIES) {
                return FinishResult.HELD_BY_READER;
            }
            awaitCommit(now);
        }
        return FinishResult.STARVED;
    }

    private Sqlite.Checkpoint checkpointPassive() throws SQLException {
        Sqlite.Checkpoint checkpoint = sidelines.checkpoints().checkpointPassive();
        if (checkpoint.busy()) {
            counters.busy();
        }
        return checkpoint;
    }

    /** The app's next commit restarts the log, or one already has. */
    private boolean restarts(PublishedHeader started) throws IOException, SQLException {
        PublishedHeader now = headers.current();
        return now.salts() != started.salts() || renewer.letsRestart(now);
    }

    /**
     * As {@link #restarts}, but does not take it for granted: a transaction that began to read before the last frames were
     * copied is not in slot 0, and its commit goes behind them. A writer that never pauses is always in one.
     */
    private boolean restartsByItself(PublishedHeader started) throws IOException, SQLException {
        if (!restarts(started)) {
            return false;
        }
        PublishedHeader now = headers.current();
        awaitCommit(now);
        PublishedHeader next = headers.current();
        return next.sameCommit(now) || next.salts() != started.salts();
    }

    /** Right after a commit there is the most time until the next. */
    private void awaitCommit(PublishedHeader seen) throws IOException, SQLException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < COMMIT_WAIT_NANOS
                && headers.current().sameCommit(seen)) {
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
        }
    }

    FinishResult barrier(Stager stager) throws IOException, SQLException, PositionLostException {
        long holdAt = nextHold;
        nextHold = System.nanoTime() + FINISH_PAUSE_NANOS; // if nobody is held, it may be tried again soon
        PublishedHeader started = headers.current();
        Sqlite holder = sidelines.writer();
        for (int i = 0; i < BARRIER_TRIES; i++) {
            if (!prepareBarrier(stager, holdAt)) {
                return FinishResult.BUSY;
            }
            if (holds(holder)) {
                nextHold = System.nanoTime() + BARRIER_PAUSE_NANOS;
                return finishWhileHeld(started, holder, stager);
            }
        }
        counters.barrierRefused();
        return FinishResult.BUSY;
    }

    /**
     * Before the app is held, all but the last few frames are staged, copied, and written to the device. The log grows
     * meanwhile: so it begins before the app may be held again, by as long as it took the last time.
     */
    private boolean prepareBarrier(Stager stager, long holdAt) throws IOException, SQLException, PositionLostException {
        long begun = System.nanoTime();
        if (!copyForBarrier(stager)) {
            return false;
        }
        prepareNanos = Math.min(System.nanoTime() - begun, BARRIER_PAUSE_NANOS / 2);
        long left = holdAt - System.nanoTime();
        if (left > 0) {
            LockSupport.parkNanos(left);
            return copyForBarrier(stager);
        }
        return true;
    }

    private boolean copyForBarrier(Stager stager) throws IOException, SQLException, PositionLostException {
        if (!renewer.renew(stager)) {
            return false;
        }
        checkpointPassive();
        if (!renewer.renew(stager)) {
            return false;
        }
        log.flush();
        return true;
    }

    /**
     * Asks for the write lock again and again: an app that never pauses lets go of it for an instant between two transactions.
     * SQLite's own waiting asks too seldom to be there then.
     */
    private static boolean holds(Sqlite holder) throws SQLException {
        long start = System.nanoTime();
        do {
            try {
                holder.beginImmediate();
                return true;
            } catch (SQLException e) {
                if (!Sqlite.isBusy(e)) {
                    throw e;
                }
            }
            LockSupport.parkNanos(LOCK_PAUSE_NANOS);
        } while (System.nanoTime() - start < LOCK_WAIT_NANOS);
        return false;
    }

    private FinishResult finishWhileHeld(PublishedHeader started, Sqlite holder, Stager stager)
            throws IOException, SQLException, PositionLostException {
        long start = System.nanoTime();
        try {
            boolean complete = renewer.renew(stager) && checkpointWhileHeld(start);
            if (complete && renewer.renew(stager) && restarts(started)) {
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
                counters.barrierHeld(System.nanoTime() - start);
            }
        }
    }

    /**
     * The write lock is mostly won while the app is in its own autocheckpoint, or has begun a transaction by reading: wait for
     * that to end.
     */
    private boolean checkpointWhileHeld(long start) throws SQLException {
        while (true) {
            Sqlite.Checkpoint checkpoint = checkpointPassive();
            long patience = checkpoint.busy() ? BARRIER_CHECKPOINT_NANOS : BARRIER_READER_NANOS;
            if (checkpoint.complete() || System.nanoTime() - start > patience) {
                return checkpoint.complete();
            }
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
        }
    }

    void prepareStop(Stager stager) throws IOException, SQLException, PositionLostException {
        PublishedHeader before = headers.current();
        if (before.mxFrame() < NEAR_AUTOCHECKPOINT || finish(stager) != FinishResult.DONE) {
            return;
        }
        long start = System.nanoTime();
        while (System.nanoTime() - start < RESTART_WAIT_NANOS) {
            PublishedHeader now = headers.current();
            if (now.salts() != before.salts() && now.mxFrame() > 0) {
                break;
            }
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
        }
        renewer.renew(stager);
    }

    /** Closes the connections: they hold nothing. */
    void close() throws SQLException {
        sidelines.close();
    }
}
