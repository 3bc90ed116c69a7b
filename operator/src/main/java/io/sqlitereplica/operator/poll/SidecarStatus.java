package io.sqlitereplica.operator.poll;

import static java.util.Objects.requireNonNullElse;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a sidecar answers at {@code /status}. Fields that it does not know, or that another version lacks, are null. */
public record SidecarStatus(
        @Nullable String version,
        @Nullable Instant startedAt,
        List<Database> databases,
        @Nullable Memory memory) {

    /** Missing lists are empty lists. */
    public SidecarStatus {
        databases = List.copyOf(requireNonNullElse(databases, List.of()));
    }

    /**
     * One database.
     *
     * @param state in lower case: starting, restoring, waiting, snapshotting, replicating, stopped, failed
     * @param txid the last staged transaction
     * @param replicatedTxid the last transaction that is durable in the destination
     * @param lagSeconds the age of the oldest commit that is not durable
     * @param error what went wrong and the way out
     */
    public record Database(
            String name,
            @Nullable String path,
            @Nullable String state,
            @Nullable String txid,
            @Nullable String replicatedTxid,
            @Nullable Double lagSeconds,
            @Nullable Instant lastSyncAt,
            @Nullable Instant lastSnapshotAt,
            @Nullable String error,
            @Nullable Destination destination,
            @Nullable Restore restore,
            List<Notice> notices) {

        /** Missing lists are empty lists. */
        public Database {
            notices = List.copyOf(requireNonNullElse(notices, List.of()));
        }
    }

    /** Something that happened once; the last few are told. */
    public record Notice(
            @Nullable String reason,
            @Nullable Instant time,
            @Nullable String message) {}

    /** A restore that was done before the application started. */
    public record Restore(
            @Nullable String fromTxid,
            @Nullable Double durationSeconds,
            @Nullable Long bytes) {}

    /** What the last request to the destination said. */
    public record Destination(
            @Nullable Boolean reachable,
            @Nullable Instant checkedAt,
            @Nullable String message) {}

    /** The memory of the container and of its JVM. */
    public record Memory(
            @Nullable Long limitBytes,
            @Nullable Long anonBytes,
            @Nullable Long fileBytes,
            @Nullable Long slabBytes,
            @Nullable Long kernelBytes,
            @Nullable Long workingSetBytes,
            @Nullable Long heapUsedBytes,
            @Nullable Long heapMaxBytes,
            @Nullable Long heapLiveBytes,
            @Nullable Long directBytes,
            @Nullable Long directMaxBytes,
            @Nullable String verdict,
            @Nullable String reason) {}
}
