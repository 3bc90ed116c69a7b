package io.sqlitereplica.sidecar.replicate;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The times in the files of a replica, which never go back, though a clock may. */
final class Timestamps {
    private Timestamps() {}

    /** Now, in milliseconds, or the time before if that is later. */
    static Instant after(Instant before) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        return now.isBefore(before) ? before : now;
    }
}
