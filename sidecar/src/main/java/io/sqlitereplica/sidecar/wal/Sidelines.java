package io.sqlitereplica.sidecar.wal;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The two connections that hold nothing between calls, opened when they are first needed. */
final class Sidelines {
    private final Sqlite.Opener opener;
    private @Nullable Sqlite checkpoints;
    private @Nullable Sqlite writer;

    Sidelines(Sqlite.Opener opener) {
        this.opener = opener;
    }

    /** The connection that runs checkpoints. It never has a transaction. */
    Sqlite checkpoints() throws SQLException {
        Sqlite connection = checkpoints;
        if (connection == null) {
            connection = opener.open();
            checkpoints = connection;
        }
        return connection;
    }

    /** The connection that holds writers. It never writes. */
    Sqlite writer() throws SQLException {
        Sqlite connection = writer;
        if (connection == null) {
            connection = opener.open();
            writer = connection;
        }
        return connection;
    }

    void close() throws SQLException {
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
