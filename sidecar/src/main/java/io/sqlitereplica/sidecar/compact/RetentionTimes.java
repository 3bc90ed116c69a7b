package io.sqlitereplica.sidecar.compact;

import java.time.Duration;

/**
 * How long files stay that newer ones replace.
 *
 * @param points how far back every point stays that can be restored; at least a second
 * @param merged how long a sync stays after it was merged into a file of a higher level, for whoever reads it now and for
 *     whoever wants just that point; at least a second
 */
public record RetentionTimes(Duration points, Duration merged) {
    private static final Duration MERGED = Duration.ofMinutes(5);

    /** A week. */
    public static final RetentionTimes DEFAULT = of(Duration.ofDays(7));

    public RetentionTimes {
        if (points.compareTo(Duration.ofSeconds(1)) < 0 || merged.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("the retention is at least 1s, like 168h");
        }
    }

    /** Merged syncs stay for five minutes, as Litestream keeps them. */
    public static RetentionTimes of(Duration points) {
        return new RetentionTimes(points, MERGED);
    }
}
