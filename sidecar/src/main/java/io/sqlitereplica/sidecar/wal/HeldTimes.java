package io.sqlitereplica.sidecar.wal;

import java.util.List;

/**
 * For how long the app's writers were held, barrier by barrier.
 *
 * @param counts how many barriers ended within each of {@link #BOUNDS_SECONDS} but not within the one before; the last
 *     is of those that took longer
 * @param seconds in all
 */
public record HeldTimes(List<Long> counts, double seconds) {
    /** Up to how many seconds each count goes; the last one has no bound. */
    public static final List<Double> BOUNDS_SECONDS =
            List.of(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, Double.POSITIVE_INFINITY);

    public HeldTimes {
        if (counts.size() != BOUNDS_SECONDS.size()) {
            throw new IllegalArgumentException("Not one count for each bound: " + counts);
        }
        counts = List.copyOf(counts);
    }

    /** How many barriers there were. */
    public long barriers() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /** The place of a time in {@link #counts}. */
    static int bucketOf(double seconds) {
        int bucket = 0;
        while (seconds > BOUNDS_SECONDS.get(bucket)) {
            bucket++;
        }
        return bucket;
    }
}
