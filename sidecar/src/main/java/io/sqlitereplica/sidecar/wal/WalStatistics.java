package io.sqlitereplica.sidecar.wal;

/**
 * Counts since the database was opened. Safe to ask for from any thread.
 *
 * @param walBytes size of the log file when last looked at
 * @param walFrames committed frames in it
 * @param renewals readers that took the place of another
 * @param finishes times the log was made ready to restart, barriers included
 * @param failedTries tries that found the app committing
 * @param barriers times the app's writers were held by a lock of ours
 * @param barriersRefused times that lock was not given
 * @param barrierSeconds how long the app was held, in all
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
        long barriers,
        long barriersRefused,
        double barrierSeconds,
        long zeroChecksumFrames,
        long tornHeaders,
        boolean heldByReader) {}
