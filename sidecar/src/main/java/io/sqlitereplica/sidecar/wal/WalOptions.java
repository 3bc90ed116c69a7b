package io.sqlitereplica.sidecar.wal;

import java.time.Duration;

/**
 * How the log is held.
 *
 * @param finishPages from how many frames on the log is to restart. Just above the app's own autocheckpoint (1,000
 *     unless it says otherwise), so that the app goes on doing the bulk of the copying
 * @param finishTries how often one attempt to let it restart looks for a moment between two commits, at most; it ends
 *     after half a second, too
 * @param openTimeout how long opening waits for a lock: the app's last connection may be closing, or SQLite recovering
 */
public record WalOptions(int finishPages, int finishTries, Duration openTimeout) {
    /** 1,300 pages, 20 tries, 5 seconds. */
    public static final WalOptions DEFAULTS = new WalOptions(1300, 20, Duration.ofSeconds(5));

    public WalOptions {
        if (finishPages < 1 || finishTries < 1 || openTimeout.isNegative()) {
            throw new IllegalArgumentException("Pages " + finishPages + ", tries " + finishTries + ", " + openTimeout);
        }
    }

    /** A brief write lock is taken only from this length on. */
    int barrierPages() {
        return Math.toIntExact(Math.min(4L * finishPages, Integer.MAX_VALUE));
    }
}
