package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Looks at the published header, has a torn one repaired, and remembers from where a new generation may be followed. */
final class PublishedHeaders {
    private static final long SPIN_NANOS = Duration.ofMillis(1).toNanos();
    private static final long TORN_NANOS = Duration.ofMillis(100).toNanos();
    private static final long GIVE_UP_NANOS = Duration.ofSeconds(30).toNanos();

    private final WalIndex index;
    private final Repair repair;
    private final Counters counters;
    private @Nullable WalPosition restartPoint;

    /** Any reading by SQLite repairs a torn header, unless the writer lives and is only slow. */
    interface Repair {
        void run() throws SQLException;
    }

    PublishedHeaders(WalIndex index, Repair repair, Counters counters) {
        this.index = index;
        this.repair = repair;
        this.counters = counters;
    }

    /** The header now. Torn for longer than a writer takes between its copies, it died there: SQLite repairs it. */
    PublishedHeader current() throws IOException, SQLException {
        PublishedHeader header = settled();
        note(header);
        counters.looked(header);
        return header;
    }

    /**
     * A header and a number of backfilled frames that belong together: two looks that saw the same commit, so that the
     * second look's number was read after the first look's header. To be used while a reader is held.
     */
    PublishedHeader currentWithBackfill() throws IOException, SQLException {
        PublishedHeader earlier = current();
        while (true) {
            PublishedHeader later = current();
            if (later.sameCommit(earlier)) {
                return later;
            }
            earlier = later;
        }
    }

    /**
     * Whether a generation that follows the position's own may be read from its first frame: no frame of the old one
     * lies behind the position.
     *
     * <p>A restart wants every frame backfilled, and a slot 0 reader stops backfilling. So while readers are handed over,
     * the log restarts only from the end at which we have seen it fully backfilled: with a reader in slot 1 to 4 nothing
     * restarts; the first of ours in slot 0 begins while its predecessor still pins the log, and the look that follows
     * shows that end; from then on any further commit keeps the log from restarting until a later reader lets it be
     * backfilled, and that hand-over shows the next such end. A position elsewhere means that frames went away unseen
     * (before our first reader began, or by a recovery that dropped published frames), and only a comparison finds them.
     */
    boolean mayFollow(WalPosition position) {
        return position.equals(restartPoint);
    }

    /** Frames behind the last restart point were staged, and now another generation stands there: they are lost. */
    boolean liesBehindRestartPoint(WalPosition position) {
        return restartPoint != null
                && restartPoint.salts() == position.salts()
                && restartPoint.frame() < position.frame();
    }

    /** The position that stands for everything up to a header. Without frames that is the end of what came before. */
    WalPosition positionOf(PublishedHeader header) {
        return header.mxFrame() == 0 && restartPoint != null ? restartPoint : header.position();
    }

    private void note(PublishedHeader header) throws IOException, SQLException {
        if (header.mxFrame() == 0) {
            // A generation without frames adds nothing to the end before it, unless a recovery emptied that one.
            if (restartPoint == null || restartPoint.salts() == header.salts()) {
                restartPoint = header.position();
            }
        } else if (header.fullyBackfilled() && !header.position().equals(restartPoint)) {
            PublishedHeader again = settled();
            if (again.sameCommit(header) && again.fullyBackfilled()) {
                restartPoint = header.position();
            }
        }
    }

    private PublishedHeader settled() throws IOException, SQLException {
        PublishedHeader header = index.look();
        return header != null ? header : settledAfterTear();
    }

    private PublishedHeader settledAfterTear() throws IOException, SQLException {
        long start = System.nanoTime();
        long nextRepair = TORN_NANOS;
        boolean repaired = false;
        while (true) {
            PublishedHeader header = index.look();
            if (header != null) {
                if (repaired) {
                    counters.tornHeaderRepaired();
                }
                return header;
            }
            long torn = System.nanoTime() - start;
            if (torn > GIVE_UP_NANOS) {
                throw new WalDamagedException("The published header in -shm stays torn, and SQLite does not repair it");
            }
            if (torn > nextRepair) {
                nextRepair = torn + TORN_NANOS;
                repaired |= tryToRepair();
            } else if (torn > SPIN_NANOS) {
                LockSupport.parkNanos(SPIN_NANOS);
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private boolean tryToRepair() throws SQLException {
        try {
            repair.run();
            return true;
        } catch (SQLException e) {
            if (Sqlite.isBusy(e)) {
                return false;
            }
            throw e;
        }
    }
}
