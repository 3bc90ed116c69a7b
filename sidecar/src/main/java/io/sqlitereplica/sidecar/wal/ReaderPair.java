package io.sqlitereplica.sidecar.wal;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The two connections that hold the log in turn. At least one has begun, from the start until the end. */
final class ReaderPair {
    private static final int BEGIN_TRIES = 20;
    private static final long PAUSE_NANOS = Duration.ofMillis(1).toNanos();

    private final Opener opener;
    private Sqlite held;
    private @Nullable Sqlite spare;

    /** Opens a connection that never waits. */
    interface Opener {
        Sqlite open() throws SQLException;
    }

    /** Takes over a connection whose read transaction has begun. */
    ReaderPair(Sqlite begun, Opener opener) {
        this.held = begun;
        this.opener = opener;
    }

    /**
     * Begins the other reader. False: no slot was to be had, and the one that is held stays.
     */
    boolean beginOther() throws SQLException {
        Sqlite other = spare;
        if (other == null) {
            try {
                other = opener.open();
            } catch (SQLException e) {
                if (Sqlite.isBusy(e)) {
                    return false;
                }
                throw e;
            }
            spare = other;
        }
        for (int i = 0; i < BEGIN_TRIES; i++) {
            try {
                other.beginRead();
                return true;
            } catch (SQLException e) {
                if (!Sqlite.isBusy(e)) {
                    discardSpare(e);
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        return false;
    }

    /** The other reader ends without having taken over. */
    void endOther() throws SQLException {
        endSpare();
    }

    /** The other reader takes over, and the one held so far ends. */
    void handOver() throws SQLException {
        Sqlite next = spare;
        if (next == null) {
            throw new IllegalStateException("No other reader has begun");
        }
        spare = held;
        held = next;
        endSpare();
    }

    /** A transaction that cannot be ended ends with its connection. */
    private void endSpare() throws SQLException {
        Sqlite ending = spare;
        if (ending == null) {
            return;
        }
        try {
            ending.rollback();
        } catch (SQLException e) {
            discardSpare(e);
            throw e;
        }
    }

    private void discardSpare(SQLException cause) {
        Sqlite discarded = spare;
        spare = null;
        if (discarded != null) {
            Sqlite.closeAfter(cause, discarded);
        }
    }

    /** Closes the connection that holds nothing. */
    void closeSpare() throws SQLException {
        Sqlite closing = spare;
        spare = null;
        if (closing != null) {
            closing.close();
        }
    }

    /** Closes both. The log is no longer held. */
    void closeBoth() throws SQLException {
        try {
            closeSpare();
        } finally {
            held.close();
        }
    }
}
