package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.sql.SQLException;

/** Makes the log durable elsewhere, while a reader keeps it from going away. */
@FunctionalInterface
public interface Stager {
    /**
     * Reads the log from the stager's position to at least the given end ({@link WalDatabase#read}), and returns only
     * when all of it is durable, together with the new position. An exception keeps the reader that was held before.
     *
     * @param published the end to reach
     * @return the stager's position, durable
     */
    WalPosition stage(PublishedHeader published) throws IOException, SQLException, PositionLostException;
}
