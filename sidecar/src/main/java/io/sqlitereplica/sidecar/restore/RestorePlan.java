package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which files of a replica give its state at a point, oldest first. The rule is Litestream's: the newest snapshot; then, again
 * and again, of the files on all other levels that start at or before the next transaction the one that reaches furthest
 * (of those the one that starts first, of those the one on the higher level). Files that go beyond the point are passed over,
 * for none is ever taken in part.
 *
 * <p>The listings and the plan are kept on disk, so the number of files does not matter.
 */
public final class RestorePlan implements AutoCloseable {
    private final ReplicaFileSpill files;
    private final TxId last;
    private final long bytes;

    private RestorePlan(ReplicaFileSpill files, TxId last, long bytes) {
        this.files = files;
        this.last = last;
        this.bytes = bytes;
    }

    /**
     * Lists the replica and plans.
     *
     * @param folder for temporary files, which are deleted when the plan is closed
     * @return empty if there are no files at all
     * @throws ReplicaHoleException if transactions are missing between those that can be restored and the newest
     * @throws RestorePointException if that point cannot be restored; names those that can
     */
    public static Optional<RestorePlan> of(ReplicaStore store, RestorePoint point, Path folder) throws IOException {
        try (RestoreCandidates candidates = RestoreCandidates.list(store, point, folder.resolve("candidates"))) {
            ReplicaFileSpill chosen = new ReplicaFileSpill(folder.resolve("plan"));
            try {
                TxId current = TxId.ZERO;
                long bytes = 0;
                ReplicaFile next = candidates.snapshot();
                if (next == null) {
                    next = candidates.furthest(TxId.ZERO);
                }
                while (next != null) {
                    chosen.add(next);
                    bytes += next.sizeBytes();
                    current = next.name().max();
                    next = candidates.furthest(current);
                }
                new RestorePointCheck(store, point).check(current, candidates.beyond());
                if (chosen.size() == 0) {
                    chosen.close();
                    return Optional.empty();
                }
                return Optional.of(new RestorePlan(chosen, current, bytes));
            } catch (Throwable e) {
                chosen.close();
                throw e;
            }
        }
    }

    /** The transaction up to which the plan restores. */
    public TxId last() {
        return last;
    }

    /** How many files are in the plan. */
    public long fileCount() {
        return files.size();
    }

    /** The size of all files in the plan. */
    public long bytes() {
        return bytes;
    }

    /** What is done with each file. */
    @FunctionalInterface
    public interface Step {
        void take(ReplicaFile file) throws IOException;
    }

    /** Goes through the files, oldest first; the first one is a snapshot. */
    public void forEach(Step step) throws IOException {
        ReplicaFileSpill.Cursor cursor = files.read(0, files.size());
        while (cursor.hasNext()) {
            step.take(cursor.next());
        }
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
