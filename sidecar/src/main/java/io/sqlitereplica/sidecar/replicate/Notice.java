package io.sqlitereplica.sidecar.replicate;

import java.time.Instant;

/**
 * Something that happened once, and that a person should know of even when all is well again.
 *
 * @param reason what kind of thing, a typed word that scripts may match
 * @param time when
 * @param message what it means, and what to do
 */
public record Notice(Reason reason, Instant time, String message) {
    /** The kinds. */
    public enum Reason {
        /** The database was in another journal mode, and is in WAL mode now. */
        SWITCHED_TO_WAL,
        /** The replica has commits that the database does not have. */
        LOCAL_ROWS_LOST,
        /** The database had another history than the replica, and was set aside for it. */
        SET_ASIDE,
        /** The database is gone, and the replica cannot take its last commits: they are kept as files. */
        NOT_SHIPPED
    }
}
