package io.sqlitereplica.sidecar.replicate;

/** What to do at the start when there is no database but the destination may have a replica of it. */
public enum WhenMissing {
    /** Restore the replica, if there is one. */
    RESTORE,
    /** Let the app begin with an empty database. */
    START_EMPTY,
    /** Fail if there is a replica. */
    FAIL
}
