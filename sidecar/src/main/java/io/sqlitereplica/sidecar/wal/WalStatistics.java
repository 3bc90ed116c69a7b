package io.sqlitereplica.sidecar.wal;

/**
 * Counts since the database was opened. Safe to ask for from any thread.
 *
 * @param walBytes size of the log file when last looked at
 * @param walFrames committed frames in it
 * @param renewals readers that took the place of another
 * @param finishes times the log was made ready to restart, barriers included
 * @param failedTries tries that found the app committing
 * @param held how often, and for how long, the app's writers were held by a lock of ours
 * @param barriersRefused times that lock was not given
 * @param busy times SQLite gave a lock to none of our connections because the app had it, refused barriers included
 * @param zeroChecksumFrames published frames without checksum (see {@link WalSpan})
 * @param tornHeaders published headers that a dying writer left torn, and SQLite repaired for us
 * @param heldByReader another process's reader pins the log, as of the last attempt
 */
public record WalStatistics(
        long walBytes,
        long walFrames,
        long renewals,
        long finishes,
        long failedTries,
        HeldTimes held,
        long barriersRefused,
        long busy,
        long zeroChecksumFrames,
        long tornHeaders,
        boolean heldByReader) {

    /** Times the app's writers were held. */
    public long barriers() {
        return held.barriers();
    }
}
