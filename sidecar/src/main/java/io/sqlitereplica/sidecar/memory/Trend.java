package io.sqlitereplica.sidecar.memory;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * A straight line through the samples of the last hour, by least squares. Holds a fixed number of them. Not for several
 * threads.
 */
final class Trend {
    static final Duration WINDOW = Duration.ofHours(1);
    static final Duration LEAST = Duration.ofMinutes(10);

    private static final double NANOS_PER_HOUR = Duration.ofHours(1).toNanos();

    private final long[] nanos;
    private final long[] values;
    private int next;
    private int count;

    /** Room for an hour of samples at this interval. */
    Trend(Duration interval) {
        int capacity = Math.toIntExact(WINDOW.dividedBy(interval)) + 1;
        nanos = new long[capacity];
        values = new long[capacity];
    }

    /** Adds a sample, later than all before. */
    void add(long atNanos, long value) {
        nanos[next] = atNanos;
        values[next] = value;
        next = (next + 1) % nanos.length;
        count = Math.min(count + 1, nanos.length);
    }

    /** By how much the value grows in an hour; empty as long as there are less than ten minutes. */
    OptionalDouble perHour() {
        if (count < 2) {
            return OptionalDouble.empty();
        }
        int last = Math.floorMod(next - 1, nanos.length);
        int first = Math.floorMod(next - count, nanos.length);
        while (nanos[last] - nanos[first] > WINDOW.toNanos()) {
            first = (first + 1) % nanos.length;
        }
        if (nanos[last] - nanos[first] < LEAST.toNanos()) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(slope(first, last));
    }

    private double slope(int first, int last) {
        int used = Math.floorMod(last - first, nanos.length) + 1;
        double meanHours = 0;
        double meanValue = 0;
        for (int i = 0; i < used; i++) {
            int at = (first + i) % nanos.length;
            meanHours += hours(first, at) / used;
            meanValue += (double) values[at] / used;
        }
        double covariance = 0;
        double variance = 0;
        for (int i = 0; i < used; i++) {
            int at = (first + i) % nanos.length;
            double distance = hours(first, at) - meanHours;
            covariance += distance * (values[at] - meanValue);
            variance += distance * distance;
        }
        return covariance / variance;
    }

    private double hours(int from, int to) {
        return (nanos[to] - nanos[from]) / NANOS_PER_HOUR;
    }
}
