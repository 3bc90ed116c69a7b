package io.sqlitereplica.operator.poll;

import static java.util.Objects.requireNonNullElse;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sidecar answers at {@code /status}. Fields that it does not know, or that another version lacks, are null.
 *
 * <p>It comes from a pod, whose owner can make it say anything. What no sidecar says is an {@link
 * IllegalArgumentException}, and long texts are cut, so that nobody behind this has to doubt a value.
 */
public record SidecarStatus(
        @Nullable String version,
        @Nullable Instant startedAt,
        List<Database> databases,
        @Nullable Memory memory) {

    private static final int MOST_NOTICES = 10;
    private static final int NAME_LENGTH = 253;
    private static final int PATH_LENGTH = 4096;
    private static final int MESSAGE_LENGTH = 1000;

    /** Missing lists are empty lists. */
    public SidecarStatus {
        version = Plausible.text(version, NAME_LENGTH);
        startedAt = Plausible.time(startedAt);
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
            @Nullable String restoreRequest,
            @Nullable Verification verification,
            List<Notice> notices) {

        /** Missing lists are empty lists. */
        public Database {
            if (name == null) {
                throw new IllegalArgumentException("A database without a name");
            }
            name = Plausible.text(name, NAME_LENGTH);
            path = Plausible.text(path, PATH_LENGTH);
            state = Plausible.text(state, NAME_LENGTH);
            txid = Plausible.text(txid, NAME_LENGTH);
            replicatedTxid = Plausible.text(replicatedTxid, NAME_LENGTH);
            lagSeconds = Plausible.seconds(lagSeconds);
            lastSyncAt = Plausible.time(lastSyncAt);
            lastSnapshotAt = Plausible.time(lastSnapshotAt);
            error = Plausible.text(error, MESSAGE_LENGTH);
            restoreRequest = Plausible.text(restoreRequest, NAME_LENGTH);
            List<Notice> told = requireNonNullElse(notices, List.of());
            notices = List.copyOf(told.subList(Math.max(0, told.size() - MOST_NOTICES), told.size()));
        }
    }

    /** Something that happened once; the last few are told. */
    public record Notice(
            @Nullable String reason,
            @Nullable Instant time,
            @Nullable String message) {
        /** Checked and cut, as all is. */
        public Notice {
            reason = Plausible.word(reason);
            time = Plausible.time(time);
            message = Plausible.text(message, MESSAGE_LENGTH);
        }
    }

    /** What the last verification of the replica found. */
    public record Verification(
            @Nullable Instant at,
            @Nullable String txid,
            @Nullable Double durationSeconds,
            @Nullable String error) {
        /** Checked and cut, as all is. */
        public Verification {
            at = Plausible.time(at);
            txid = Plausible.text(txid, NAME_LENGTH);
            durationSeconds = Plausible.seconds(durationSeconds);
            error = Plausible.text(error, MESSAGE_LENGTH);
        }
    }

    /** A restore that was done before the application started. */
    public record Restore(
            @Nullable String fromTxid,
            @Nullable Double durationSeconds,
            @Nullable Long bytes) {
        /** Checked and cut, as all is. */
        public Restore {
            fromTxid = Plausible.text(fromTxid, NAME_LENGTH);
            durationSeconds = Plausible.seconds(durationSeconds);
            bytes = Plausible.amount(bytes);
        }
    }

    /**
     * What the last request to the destination said.
     *
     * @param reason why it cannot be used, in one word that suits a condition
     * @param message why it cannot be used, and the way out
     */
    public record Destination(
            @Nullable Boolean reachable,
            @Nullable Instant checkedAt,
            @Nullable String reason,
            @Nullable String message) {
        /** Checked and cut, as all is. */
        public Destination {
            checkedAt = Plausible.time(checkedAt);
            reason = Plausible.word(reason);
            message = Plausible.text(message, MESSAGE_LENGTH);
        }
    }

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
            @Nullable String reason) {
        /** Checked and cut, as all is. */
        public Memory {
            limitBytes = Plausible.amount(limitBytes);
            anonBytes = Plausible.amount(anonBytes);
            fileBytes = Plausible.amount(fileBytes);
            slabBytes = Plausible.amount(slabBytes);
            kernelBytes = Plausible.amount(kernelBytes);
            workingSetBytes = Plausible.amount(workingSetBytes);
            heapUsedBytes = Plausible.amount(heapUsedBytes);
            heapMaxBytes = Plausible.amount(heapMaxBytes);
            heapLiveBytes = Plausible.amount(heapLiveBytes);
            directBytes = Plausible.amount(directBytes);
            directMaxBytes = Plausible.amount(directMaxBytes);
            verdict = Plausible.text(verdict, NAME_LENGTH);
            reason = Plausible.text(reason, MESSAGE_LENGTH);
        }
    }
}
