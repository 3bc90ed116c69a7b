package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest snapshot up to a point, and of every other level the files that reach beyond it, but not beyond the point. */
final class RestoreCandidates implements AutoCloseable {
    private static final int SNAPSHOT_LEVEL = 9;

    private final ReplicaStore store;
    private final RestorePoint point;
    private final ReplicaFileSpill files;
    private final List<Level> levels = new ArrayList<>();
    private @Nullable ReplicaFile snapshot;

    private RestoreCandidates(ReplicaStore store, RestorePoint point, ReplicaFileSpill files) {
        this.store = store;
        this.point = point;
        this.files = files;
    }

    static RestoreCandidates list(ReplicaStore store, RestorePoint point, Path spill) throws IOException {
        RestoreCandidates candidates = new RestoreCandidates(store, point, new ReplicaFileSpill(spill));
        try {
            candidates.list();
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

    private void list() throws IOException {
        Range snapshots = list(SNAPSHOT_LEVEL, TxId.ZERO);
        snapshot = snapshots.isEmpty() ? null : files.get(snapshots.end() - 1);
        TxId from = snapshot == null ? TxId.ZERO : snapshot.name().max();
        List<Range> ranges = new ArrayList<>();
        for (int level = SNAPSHOT_LEVEL - 1; level >= 0; level--) {
            ranges.add(list(level, from));
        }
        for (Range range : ranges) {
            levels.add(new Level(files.read(range.start(), range.end())));
        }
    }

    /** Where some files are in the list. */
    private record Range(long start, long end) {
        boolean isEmpty() {
            return start == end;
        }
    }

    /** Those of a level, ascending, that go beyond a transaction. */
    private Range list(int level, TxId from) throws IOException {
        long start = files.size();
        store.list(level, file -> {
            boolean isOfLevel = level < SNAPSHOT_LEVEL || file.name().isSnapshot();
            if (isOfLevel && file.name().max().compareTo(from) > 0 && isWanted(file)) {
                add(file);
            }
        });
        return switch (point) {
            case RestorePoint.Newest _, RestorePoint.AtTxId _ -> new Range(start, files.size());
            case RestorePoint.AtTime(Instant time) -> new Range(start, endUntil(time, start));
        };
    }

    private boolean isWanted(ReplicaFile file) {
        return !(point instanceof RestorePoint.AtTxId(TxId txId))
                || file.name().max().compareTo(txId) <= 0;
    }

    private void add(ReplicaFile file) {
        try {
            files.add(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Later transactions have later times, so a few of them are asked for: in S3 each costs a request, and what a listing says
     * is when the file arrived there.
     */
    private long endUntil(Instant time, long start) throws IOException {
        long low = start;
        long high = files.size();
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (timestamp(files.get(middle)).isAfter(time)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private Instant timestamp(ReplicaFile file) throws IOException {
        try {
            return store.timestamp(file);
        } catch (NoSuchFileException e) {
            throw new VanishedException(store.location(), file, e);
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
                || (further == 0 && candidate.name().min().compareTo(best.name().min()) < 0);
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
