package io.sqlitereplica.sidecar.compact;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The time spans of the levels from 1 on.
 *
 * @param spans 1 to 8, ascending, each a multiple of the one before, the first at least a second
 */
public record CompactionLevels(List<Duration> spans) {
    /** 30 seconds, 5 minutes and an hour. */
    public static final CompactionLevels DEFAULT =
            new CompactionLevels(List.of(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(1)));

    private static final int MOST = 8;

    public CompactionLevels {
        spans = List.copyOf(spans);
        if (spans.isEmpty() || spans.size() > MOST) {
            throw new IllegalArgumentException("1 to 8 levels are needed, like 30s, 5m, 1h, not " + spans.size());
        }
        if (spans.getFirst().compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("the span of a level is at least 1s");
        }
        for (int i = 1; i < spans.size(); i++) {
            Duration shorter = spans.get(i - 1);
            Duration longer = spans.get(i);
            if (longer.compareTo(shorter) <= 0 || longer.toMillis() % shorter.toMillis() != 0) {
                throw new IllegalArgumentException(
                        "the span of each level is a multiple of the one before, like 30s, 5m, 1h");
            }
        }
    }

    /** The highest level. */
    int highest() {
        return spans.size();
    }

    /** When the span of a level that a time lies in is over. */
    Instant end(int level, Instant time) {
        long span = spans.get(level - 1).toMillis();
        return Instant.ofEpochMilli((Math.floorDiv(time.toEpochMilli(), span) + 1) * span);
    }
}
