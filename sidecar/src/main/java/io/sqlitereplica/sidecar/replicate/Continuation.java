package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.wal.PublishedHeader;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Whether the WAL goes on at the position of the state folder.
 *
 * @param goesOnAt where; null: it does not
 * @param reason why not
 * @param rowsLost the database has lost commits that the replica has
 */
record Continuation(@Nullable WalPosition goesOnAt, String reason, boolean rowsLost) {

    static Continuation of(WalDatabase wal, Position position) throws IOException, SQLException {
        WalPosition last = position.wal();
        if (last == null) {
            return broken("the position is in no WAL");
        }
        if (position.inode() != wal.inode()) {
            return broken("the database file was replaced");
        }
        if (wal.continuesAt(last)) {
            return new Continuation(last, "it goes on", false);
        }
        PublishedHeader now = wal.header();
        boolean sameGeneration = now.salts() == last.salts();
        return sameGeneration
                ? new Continuation(null, "the tail of the WAL is gone: " + last + " was read, now it is " + now, true)
                : broken("the WAL was restarted");
    }

    private static Continuation broken(String reason) {
        return new Continuation(null, reason, false);
    }

    boolean isGiven() {
        return goesOnAt != null;
    }

    WalPosition position() {
        if (goesOnAt == null) {
            throw new IllegalStateException(reason);
        }
        return goesOnAt;
    }
}
