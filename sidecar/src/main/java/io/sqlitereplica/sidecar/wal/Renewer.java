package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Moves the reader that holds the log along it, hand over hand. */
final class Renewer {
    private static final int GIVE_WAY_TIMES = 3;
    private static final long GIVE_WAY_NANOS = Duration.ofMillis(20).toNanos();
    private static final long LOOK_PAUSE_NANOS = Duration.ofMillis(1).toNanos() / 5;

    private final ReaderPair readers;
    private final PublishedHeaders headers;
    private final WalIndex index;
    private final WalFile log;
    private final Counters counters;
    private Hold hold = Hold.UNKNOWN;

    Renewer(ReaderPair readers, PublishedHeaders headers, WalIndex index, WalFile log, Counters counters) {
        this.readers = readers;
        this.headers = headers;
        this.index = index;
        this.log = log;
        this.counters = counters;
    }

    /** The reader keeps more of the log than it needs to. */
    boolean isDue(PublishedHeader header) {
        return hold.isOutdatedBy(header);
    }

    /** The reader is where it lets the app's next commit restart the log. */
    boolean letsRestart(PublishedHeader header) {
        return hold.letsRestart(header);
    }

    /** Has everything staged up to the end that is published now. */
    PublishedHeader stage(Stager stager) throws IOException, SQLException, PositionLostException {
        PublishedHeader published = headers.current();
        WalPosition staged = stager.stage(published);
        if (published.mxFrame() > 0 && staged.salts() == published.salts() && staged.frame() < published.mxFrame()) {
            throw new IllegalStateException("Staged only up to " + staged + " of " + published);
        }
        return published;
    }

    /**
     * The next reader begins, everything is staged, the old reader ends; in that order, and the look that says how far to
     * stage comes after the beginning. Then nothing is lost whichever slot the next one got. In slot 1 to 4 it keeps the
     * generation whole by itself. In slot 0 it began at an end that the look has reached or passed: the old one, in slot 1
     * to 4, kept the generation until that was staged, and from then on the log restarts only if nothing came after. Were
     * both in slot 0, nothing was backfilled since the first began, so there is nothing new, or a generation without
     * frames.
     *
     * @return false if no slot was to be had: the old one stays
     */
    boolean renew(Stager stager) throws IOException, SQLException, PositionLostException {
        Hold next = beginNext();
        if (next == null) {
            return false;
        }
        PublishedHeader published;
        boolean staged = false;
        try {
            published = stage(stager);
            staged = true;
        } finally {
            if (!staged) {
                readers.endOther();
            }
        }
        readers.handOver();
        hold = next.isAt(published) ? next : Hold.UNKNOWN;
        counters.renewed();
        counters.walIsBytes(log.size());
        return true;
    }

    /**
     * Begins the next reader, beside the one that is held.
     *
     * <p>Not in a waiting checkpoint's way. FULL, RESTART and TRUNCATE read a slot's mark, and if it is old wait for the
     * slot to be free; a reader that takes the slot in between, with a new mark, is waited for in vain, and every later
     * one of ours would share that slot: the app would stand still, its write lock held, for all its busy timeout. So a
     * reader that may have done so ends again, while the other one still holds the log, until the checkpoint has had its
     * turn.
     *
     * @return what it holds if the log does not move meanwhile, or null if no slot was to be had
     */
    private @Nullable Hold beginNext() throws IOException, SQLException {
        PublishedHeader before = headers.current();
        Hold next = Hold.expected(before, index.isSlotZeroFree());
        boolean begun = readers.beginOther();
        for (int i = 0; begun && i < GIVE_WAY_TIMES; i++) {
            boolean tookASlot = !headers.current().marks().equals(before.marks());
            if (!tookASlot || !index.isWritersCheckpointRunningElsewhere()) {
                break;
            }
            readers.endOther();
            before = giveWay();
            next = Hold.expected(before, index.isSlotZeroFree());
            begun = readers.beginOther();
        }
        return begun ? next : null;
    }

    /**
     * Waits for another process's checkpoint to go on, as long as SQLite's busy handler first sleeps between its tries (1,
     * 2, 5, 10 ms).
     */
    private PublishedHeader giveWay() throws IOException, SQLException {
        PublishedHeader before = headers.current();
        PublishedHeader now = before;
        long start = System.nanoTime();
        while (System.nanoTime() - start < GIVE_WAY_NANOS
                && now.equals(before)
                && index.isWritersCheckpointRunningElsewhere()) {
            LockSupport.parkNanos(LOOK_PAUSE_NANOS);
            now = headers.current();
        }
        return now;
    }

    /** Closes the connection that holds nothing. */
    void closeSpare() throws SQLException {
        readers.closeSpare();
    }

    /** Ends the held reader, and leaves the connections open. */
    void endHeld() throws SQLException {
        readers.endHeld();
    }

    /** Closes both connections: the log is no longer held. */
    void close() throws SQLException {
        readers.closeBoth();
    }
}
