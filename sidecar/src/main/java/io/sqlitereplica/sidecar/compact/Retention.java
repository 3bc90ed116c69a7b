package io.sqlitereplica.sidecar.compact;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds what no restore of the retained time needs, and has it deleted, in this order:
 *
 * <ol>
 *   <li>Snapshots older than the retention, but for the newest of these: with it, every point of the retained time has a
 *       snapshot before it, and there is always one.
 *   <li>On all other levels, what ends at or before that snapshot: it led only to points that have no beginning any more. What
 *       a restore could begin with goes first, so that a crash in between leaves nothing that looks whole and is not.
 *   <li>Syncs that a file of a higher level covers, both old enough that whoever listed the one alone has read it.
 * </ol>
 *
 * The newest sync always stays, merged or not: it says whose the replica is, and a merged file does not.
 *
 * <p>The age of a file is what the listing says: in S3 the time of its upload, which is never before that of its commits, so
 * a file rather stays too long. All is found in listings of the moment, nothing is remembered, and no more than {@value
 * ReplicaStore#MOST_DELETED} files are held at a time.
 */
public final class Retention {
    private static final int SNAPSHOTS = 9;

    private final ReplicaStore store;
    private final RetentionTimes times;
    private final Deletion deletion;

    /** Deletes files, or throws. */
    @FunctionalInterface
    public interface Deletion {
        /** At most {@value ReplicaStore#MOST_DELETED}, at least one. */
        void delete(List<ReplicaFile> files) throws IOException;
    }

    /** That of one replica. */
    public Retention(ReplicaStore store, RetentionTimes times, Deletion deletion) {
        this.store = store;
        this.times = times;
        this.deletion = deletion;
    }

    /**
     * Does it once: at most {@value ReplicaStore#MOST_DELETED} files of a level, but all merged syncs.
     *
     * @param thorough looks at all files; else at those that have become too old since the last time, in few requests
     * @return whether there is more to delete, for which the next time is to be thorough
     */
    public boolean run(Instant now, boolean thorough) throws IOException {
        Snapshots snapshots = deleteSnapshots(now.minus(times.points()));
        boolean more = snapshots.more();
        if (snapshots.oldest().isPresent() && (snapshots.deleted() || thorough) && !more) {
            TxId oldest = snapshots.oldest().get();
            more = deleteUpTo(oldest, file -> file.name().isSnapshot()) || deleteUpTo(oldest, _ -> true);
        }
        deleteMerged(now.minus(times.merged()), thorough);
        return more;
    }

    /**
     * What became of them.
     *
     * @param oldest from which TXID on points stay; empty: all do
     * @param more there are others to delete
     */
    private record Snapshots(Optional<TxId> oldest, boolean deleted, boolean more) {}

    private Snapshots deleteSnapshots(Instant before) throws IOException {
        Batch unneeded = new Batch();
        var old = new Object() {
            @Nullable
            ReplicaFile newest;
        };
        store.list(SNAPSHOTS, file -> {
            if (file.name().isSnapshot() && file.timestamp().isBefore(before)) {
                if (old.newest != null) {
                    unneeded.add(old.newest);
                }
                old.newest = file;
            }
        });
        delete(unneeded.files);
        return new Snapshots(
                Optional.ofNullable(old.newest).map(file -> file.name().max()),
                !unneeded.files.isEmpty(),
                unneeded.isFull());
    }

    /** Gives whether there is more. */
    private boolean deleteUpTo(TxId oldest, Predicate<ReplicaFile> which) throws IOException {
        boolean more = false;
        for (int level = SNAPSHOTS - 1; level >= 0; level--) {
            Batch unneeded = new Batch();
            listAllButNewest(level, TxId.ZERO, file -> {
                if (file.name().max().compareTo(oldest) <= 0 && which.test(file)) {
                    unneeded.add(file);
                }
            });
            delete(unneeded.files);
            more |= unneeded.isFull();
        }
        return more;
    }

    private void deleteMerged(Instant before, boolean thorough) throws IOException {
        TxId from = TxId.ZERO;
        Batch syncs;
        do {
            syncs = new Batch();
            Batch found = syncs;
            listAllButNewest(0, from, file -> {
                if (file.timestamp().isBefore(before)) {
                    found.add(file);
                }
            });
            if (!syncs.files.isEmpty()) {
                delete(covered(syncs.files, before, thorough));
                from = syncs.files.getLast().name().min().next();
            }
        } while (syncs.isFull());
    }

    private List<ReplicaFile> covered(List<ReplicaFile> syncs, Instant before, boolean thorough) throws IOException {
        TreeMap<TxId, ReplicaFile> byTxId = new TreeMap<>();
        syncs.forEach(file -> byTxId.put(file.name().min(), file));
        Set<ReplicaFile> covered = new HashSet<>();
        for (int level = 1; level < SNAPSHOTS; level++) {
            TxId from = thorough ? TxId.ZERO : furthestBefore(byTxId.firstKey(), level);
            store.list(level, from, file -> {
                if (file.timestamp().isBefore(before)) {
                    Collection<ReplicaFile> inside = byTxId.subMap(
                                    file.name().min(), true, file.name().max(), true)
                            .values();
                    for (ReplicaFile sync : inside) {
                        if (sync.name().max().compareTo(file.name().max()) <= 0) {
                            covered.add(sync);
                        }
                    }
                }
            });
        }
        return syncs.stream().filter(covered::contains).toList();
    }

    /** Where a file of a level may begin that covers a sync: each level merges at most eight of those below. */
    private static TxId furthestBefore(TxId sync, int level) {
        return new TxId(Math.max(0, sync.value() - (1L << (3 * level))));
    }

    /** Leaves out the file that leads furthest. */
    private void listAllButNewest(int level, TxId from, Consumer<ReplicaFile> each) throws IOException {
        var held = new Object() {
            @Nullable
            ReplicaFile newest;
        };
        store.list(level, from, file -> {
            ReplicaFile newest = held.newest;
            if (newest == null) {
                held.newest = file;
            } else if (file.name().max().compareTo(newest.name().max()) > 0) {
                held.newest = file;
                each.accept(newest);
            } else {
                each.accept(file);
            }
        });
    }

    private void delete(List<ReplicaFile> files) throws IOException {
        if (!files.isEmpty()) {
            deletion.delete(files);
        }
    }

    /** The first files of those that are found. */
    private static final class Batch {
        private final List<ReplicaFile> files = new ArrayList<>();

        void add(ReplicaFile file) {
            if (!isFull()) {
                files.add(file);
            }
        }

        boolean isFull() {
            return files.size() == ReplicaStore.MOST_DELETED;
        }
    }
}
