package io.sqlitereplica.sidecar.replicate;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When the next scheduled snapshot is due. */
final class SnapshotTimer {
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);

    private final Schedule schedule;
    private final Instant start;
    private @Nullable Instant skipped;
    private @Nullable Instant failed;

    SnapshotTimer(Schedule schedule, Instant start) {
        this.schedule = schedule;
        this.start = start;
    }

    /**
     * Whether it is time.
     *
     * @param lastTaken when the newest snapshot in the destination was taken; null: not known, or there is none
     * @param wanted it shall not wait for the schedule
     */
    boolean isDue(Instant now, @Nullable Instant lastTaken, boolean wanted) {
        if (failed != null && now.isBefore(failed.plus(AFTER_FAILURE))) {
            return false;
        }
        if (wanted) {
            return true;
        }
        Instant last = lastTaken == null ? start : lastTaken;
        if (skipped != null && skipped.isAfter(last)) {
            last = skipped;
        }
        return !now.isBefore(schedule.nextAfter(last));
    }

    /** There was nothing to take one of. */
    void skip(Instant now) {
        skipped = now;
    }

    void succeeded() {
        failed = null;
    }

    void failed(Instant now) {
        failed = now;
    }
}
