package io.sqlitereplica.sidecar.replicate;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a campaign did and saw. */
final class Tally {
    /** What is counted. */
    enum What {
        DATABASES,
        ROUNDS,
        COMPARED_WITH_OURS,
        COMPARED_WITH_LITESTREAM,
        DIFFERENCES,
        COMMITS,
        SIDECAR_KILLED_AT_RANDOM,
        WRITER_KILLED_AT_RANDOM,
        KILLED_TOGETHER,
        CONTINUED,
        COMPARED_WHOLE,
        SHIPPED_WHOLE,
        SNAPSHOTS,
        COMPACTED_FILES,
        DELETED_FILES,
        ROWS_LOST_LOCALLY,
        DAMAGED_BY_AN_OLD_SQLITE,
        STOPPED_IN_ORDER
    }

    private final Map<What, Long> counts = new EnumMap<>(What.class);
    private final SortedMap<String, Long> sidecarDeaths = new TreeMap<>();
    private final SortedMap<String, Long> writerDeaths = new TreeMap<>();
    private final SortedMap<String, Long> broken = new TreeMap<>();

    void count(What what) {
        count(what, 1);
    }

    void count(What what, long more) {
        counts.merge(what, more, Long::sum);
    }

    long total(What what) {
        return counts.getOrDefault(what, 0L);
    }

    void sidecarDied(KillStep step) {
        sidecarDeaths.merge(step.name(), 1L, Long::sum);
    }

    void writerDied(String point) {
        writerDeaths.merge(point, 1L, Long::sum);
    }

    /** Something kept the replicator from replicating for a while. */
    void brokenOff(String message) {
        broken.merge(message, 1L, Long::sum);
    }

    /** What broke off that nothing in a campaign should. */
    List<String> unexplained() {
        return broken.keySet().stream().filter(message -> !isExpected(message)).toList();
    }

    /** A lock that the app had for longer than we wait. */
    private static boolean isExpected(String message) {
        return message.contains("SQLITE_BUSY") || message.contains("is locked");
    }

    @Override
    public String toString() {
        return "CampaignTest: "
                + counts.entrySet().stream()
                        .map(entry -> entry.getKey().name().toLowerCase(Locale.ROOT) + "=" + entry.getValue())
                        .collect(Collectors.joining(" "))
                + "\n  sidecar killed at " + sidecarDeaths
                + "\n  writers killed at " + writerDeaths
                + "\n  broken off by " + broken;
    }
}
