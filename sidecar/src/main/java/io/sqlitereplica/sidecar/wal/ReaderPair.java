package io.sqlitereplica.sidecar.wal;

import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The two connections that hold the log in turn. At least one has begun, from the start until the end. */
final class ReaderPair {
    private static final Duration PATIENCE = Duration.ofMillis(20);

    private final Sqlite.Opener opener;
    private Sqlite held;
    private @Nullable Sqlite spare;

    /** Takes over a connection whose read transaction has begun. */
    ReaderPair(Sqlite begun, Sqlite.Opener opener) {
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
        try {
            other.beginReadPatiently(PATIENCE);
            return true;
        } catch (SQLException e) {
            if (Sqlite.isBusy(e)) {
                return false;
            }
            discardSpare(e);
            throw e;
        }
    }

    /** The other reader takes over, and the one held so far ends. */
    void handOver() throws SQLException {
        Sqlite next = spare;
        if (next == null) {
            throw new IllegalStateException("No other reader has begun");
        }
        spare = held;
        held = next;
        endOther();
    }

    /** The other reader ends. A transaction that cannot be ended ends with its connection. */
    void endOther() throws SQLException {
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

    /** Ends the held reader, and leaves its connection open. */
    void endHeld() throws SQLException {
        held.rollback();
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
