package io.sqlitereplica.sidecar.wal;

/** How to let go of a database. */
public enum CloseMode {
    /**
     * The process ends next: the log is left as it is, and the last reader is held until then. Its connection and the
     * descriptors stay open, since closing the last connection would checkpoint and delete the log.
     */
    STOPPING,
    /** The process lives on: everything is closed, a read-only connection last, which leaves the log in place. */
    RELEASE
}
