package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which files of a replica give its newest state, oldest first. The rule is Litestream's: the newest snapshot; then, again
 * and again, of the files on all other levels that start at or before the next transaction the one that reaches furthest
 * (of those the one that starts first, of those the one on the higher level).
 *
 * <p>The listings and the plan are kept on disk, so the number of files does not matter.
 */
public final class RestorePlan implements AutoCloseable {
    static final int SNAPSHOT_LEVEL = 9;

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
     */
    public static Optional<RestorePlan> latest(ReplicaStore store, Path folder) throws IOException {
        try (Candidates candidates = Candidates.list(store, folder.resolve("candidates"))) {
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
                ReplicaFile beyond = candidates.beyond();
                if (beyond != null) {
                    throw new ReplicaHoleException(store.location(), current, beyond);
                }
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

    /** The newest snapshot, and of every other level the files that reach beyond it. */
    private static final class Candidates implements AutoCloseable {
        private final @Nullable ReplicaFile snapshot;
        private final ReplicaFileSpill files;
        private final List<Level> levels = new ArrayList<>();

        private Candidates(@Nullable ReplicaFile snapshot, ReplicaFileSpill files) {
            this.snapshot = snapshot;
            this.files = files;
        }

        static Candidates list(ReplicaStore store, Path spill) throws IOException {
            ReplicaFile snapshot = newestSnapshot(store);
            TxId from = snapshot == null ? TxId.ZERO : snapshot.name().max();
            ReplicaFileSpill files = new ReplicaFileSpill(spill);
            Candidates candidates = new Candidates(snapshot, files);
            try {
                long[] ends = new long[SNAPSHOT_LEVEL];
                for (int level = SNAPSHOT_LEVEL - 1; level >= 0; level--) {
                    store.list(level, file -> {
                        if (file.name().max().compareTo(from) > 0) {
                            add(files, file);
                        }
                    });
                    ends[level] = files.size();
                }
                long start = 0;
                for (int level = SNAPSHOT_LEVEL - 1; level >= 0; level--) {
                    candidates.levels.add(new Level(files.read(start, ends[level])));
                    start = ends[level];
                }
                return candidates;
            } catch (UncheckedIOException e) {
                candidates.close();
                throw new RestoreException(
                        "The list of the replica's files cannot be written to " + spill + ": " + e.getMessage(), e);
            } catch (Throwable e) {
                candidates.close();
                throw e;
            }
        }

        private static @Nullable ReplicaFile newestSnapshot(ReplicaStore store) throws IOException {
            var newest = new Object() {
                @Nullable
                ReplicaFile file;
            };
            store.list(SNAPSHOT_LEVEL, file -> {
                if (file.name().isSnapshot()) {
                    newest.file = file; // ascending, so the last one is the newest
                }
            });
            return newest.file;
        }

        private static void add(ReplicaFileSpill files, ReplicaFile file) {
            try {
                files.add(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Nullable
        ReplicaFile snapshot() {
            return snapshot;
        }

        /** The file that leads furthest from the state after {@code current}, null if none leads on. */
        @Nullable
        ReplicaFile furthest(TxId current) throws IOException {
            ReplicaFile best = null;
            for (Level level : levels) { // the highest first, so it wins a tie
                ReplicaFile candidate = level.furthest(current);
                if (candidate != null && (best == null || leadsFurther(candidate, best))) {
                    best = candidate;
                }
            }
            return best;
        }

        private static boolean leadsFurther(ReplicaFile candidate, ReplicaFile best) {
            int further = candidate.name().max().compareTo(best.name().max());
            return further > 0
                    || (further == 0
                            && candidate.name().min().compareTo(best.name().min()) < 0);
        }

        /** A file that could not be reached, of those the one that starts first. */
        @Nullable
        ReplicaFile beyond() {
            ReplicaFile first = null;
            for (Level level : levels) {
                ReplicaFile head = level.head;
                if (head != null && (first == null || head.name().compareTo(first.name()) < 0)) {
                    first = head;
                }
            }
            return first;
        }

        @Override
        public void close() throws IOException {
            files.close();
        }
    }

    /** The files of one level, ascending. */
    private static final class Level {
        private final ReplicaFileSpill.Cursor cursor;
        private @Nullable ReplicaFile head;
        private @Nullable ReplicaFile furthest;

        Level(ReplicaFileSpill.Cursor cursor) throws IOException {
            this.cursor = cursor;
            advance();
        }

        private void advance() throws IOException {
            head = cursor.hasNext() ? cursor.next() : null;
        }

        /** Called with ever later transactions: a file that can be reached once can be reached for ever. */
        @Nullable
        ReplicaFile furthest(TxId current) throws IOException {
            TxId next = current.next();
            while (head != null && head.name().min().compareTo(next) <= 0) {
                if (furthest == null
                        || head.name().max().compareTo(furthest.name().max()) > 0) {
                    furthest = head;
                }
                advance();
            }
            return furthest != null && furthest.name().max().compareTo(current) > 0 ? furthest : null;
        }
    }
}
