package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The newest files in the destination. */
final class RemoteListing {
    private static final int SNAPSHOTS = 9;
    private static final Comparator<ReplicaFile> NEWER =
            Comparator.comparing((ReplicaFile file) -> file.name().max()).thenComparingInt(RemoteListing::rank);

    private @Nullable ReplicaFile newest;
    private @Nullable ReplicaFile newestSnapshot;
    private boolean begins;

    private RemoteListing() {}

    static RemoteListing of(ReplicaStore store) throws IOException {
        RemoteListing listing = new RemoteListing();
        for (int level = SNAPSHOTS; level >= 0; level--) {
            store.list(level, listing::add);
        }
        return listing;
    }

    /** A compacted file does not say who wrote it. */
    private static int rank(ReplicaFile file) {
        return switch (file.level()) {
            case SNAPSHOTS -> 2;
            case 0 -> 1;
            default -> 0;
        };
    }

    private void add(ReplicaFile file) {
        newest = newer(newest, file);
        begins |= file.name().isSnapshot();
        if (file.level() == SNAPSHOTS) {
            newestSnapshot = newer(newestSnapshot, file);
        }
    }

    private static ReplicaFile newer(@Nullable ReplicaFile one, ReplicaFile other) {
        return one != null && NEWER.compare(one, other) >= 0 ? one : other;
    }

    /** The file that leads to the newest TXID: a snapshot rather than a sync, and a sync rather than a compaction. */
    Optional<ReplicaFile> newest() {
        return Optional.ofNullable(newest);
    }

    /** There are files, but none that a restore could begin with: the TXID from which a new snapshot is needed. */
    Optional<TxId> beginningMissingBefore() {
        return begins ? Optional.empty() : newest().map(file -> file.name().max());
    }

    /** The newest file of level 9. */
    Optional<ReplicaFile> newestSnapshot() {
        return Optional.ofNullable(newestSnapshot);
    }
}
