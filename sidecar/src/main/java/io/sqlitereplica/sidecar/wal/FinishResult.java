package io.sqlitereplica.sidecar.wal;

/** How an attempt to let the log restart ended. */
public enum FinishResult {
    /** The app's next commit restarts the log. */
    DONE,
    /** The app commits so often that there was no moment between. Try again soon. */
    STARVED,
    /** A reader of another process, or an open snapshot of ours, pins the log. */
    HELD_BY_READER,
    /** Another connection holds the lock that was needed. Try again soon. */
    BUSY
}
