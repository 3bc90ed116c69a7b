package io.sqlitereplica.sidecar.compact;

import io.sqlitereplica.sidecar.ltx.LtxMerger;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The newest files of a replica, as they follow each other, and which of them are to be merged. It holds what may still
 * be merged: little more than what is written in one span of the highest level, and never more than {@value #MOST} files; what
 * is older than those stays as it is.
 */
public final class ReplicaTail {
    static final int MOST = 1024;

    /** One object that large costs a restore no more than two would, and is not copied from level to level. */
    private static final long LARGE_BYTES = 16L << 20;

    private static final int HIGHEST = 8;

    private final CompactionLevels levels;
    private final List<ReplicaFile> files = new ArrayList<>();

    /** That of an empty replica. */
    public ReplicaTail(CompactionLevels levels) {
        this.levels = levels;
    }

    /** Reads a replica's listing: all levels but that of the snapshots. */
    public static ReplicaTail list(ReplicaStore store, CompactionLevels levels) throws IOException {
        List<Deque<ReplicaFile>> newest = new ArrayList<>();
        for (int level = 0; level <= HIGHEST; level++) {
            Deque<ReplicaFile> last = new ArrayDeque<>();
            store.list(level, file -> {
                if (last.size() == MOST) {
                    last.removeFirst();
                }
                last.addLast(file);
            });
            newest.add(last);
        }
        ReplicaTail tail = new ReplicaTail(levels);
        for (ReplicaFile file = furthest(newest); file != null; file = before(file, newest)) {
            tail.files.addFirst(file);
        }
        return tail;
    }

    private static @Nullable ReplicaFile furthest(List<Deque<ReplicaFile>> newest) {
        ReplicaFile best = null;
        for (Deque<ReplicaFile> level : newest) {
            ReplicaFile last = level.peekLast();
            if (last != null
                    && (best == null || last.name().max().compareTo(best.name().max()) >= 0)) {
                best = last; // the higher level wins a tie
            }
        }
        return best;
    }

    /** The file that ends where another begins; of several the one on the highest level. */
    private static @Nullable ReplicaFile before(ReplicaFile file, List<Deque<ReplicaFile>> newest) {
        ReplicaFile best = null;
        for (Deque<ReplicaFile> level : newest) {
            while (!level.isEmpty()
                    && level.getLast().name().max().compareTo(file.name().min()) >= 0) {
                level.removeLast();
            }
            ReplicaFile last = level.peekLast();
            if (last != null && last.name().max().next().equals(file.name().min())) {
                best = last;
            }
        }
        return best;
    }

    /**
     * A file was added to the replica.
     *
     * @return false if it does not follow the newest: the tail is to be listed anew
     */
    public boolean add(ReplicaFile file) {
        if (!files.isEmpty()) {
            ReplicaFile newest = files.getLast();
            if (file.name().max().compareTo(newest.name().max()) <= 0) {
                return true; // listed already
            }
            if (!newest.name().max().next().equals(file.name().min())) {
                return false;
            }
        }
        files.add(file);
        if (files.size() > MOST) {
            files.removeFirst();
        }
        return true;
    }

    /** How many files it holds. */
    int size() {
        return files.size();
    }

    /** What is to be merged now, the lowest level first; and forgets what is never merged any more. */
    public Optional<Merge> due(Instant now) {
        for (int level = 1; level <= levels.highest(); level++) {
            for (int start = 0; start < files.size(); ) {
                int end = endOfRun(level, start);
                if (end - start > 1
                        && !levels.end(level, files.get(start).timestamp()).isAfter(now)) {
                    int inputs = Math.min(end - start, LtxMerger.MAX_INPUTS);
                    return Optional.of(new Merge(level, files.subList(start, start + inputs)));
                }
                start = Math.max(end, start + 1);
            }
        }
        while (!files.isEmpty()
                && !levels.end(levels.highest(), files.getFirst().timestamp()).isAfter(now)) {
            files.removeFirst();
        }
        return Optional.empty();
    }

    /** When there will be something to merge, if nothing is added; empty: never. */
    public Optional<Instant> nextDue() {
        Instant next = null;
        for (int level = 1; level <= levels.highest(); level++) {
            for (int start = 0; start < files.size(); ) {
                int end = endOfRun(level, start);
                if (end - start > 1) {
                    Instant due = levels.end(level, files.get(start).timestamp());
                    next = next == null || due.isBefore(next) ? due : next;
                }
                start = Math.max(end, start + 1);
            }
        }
        return Optional.ofNullable(next);
    }

    /** Behind the last of the files, from one on, that may become files of a level together: of lower levels, in one span. */
    private int endOfRun(int level, int start) {
        int end = start;
        while (end < files.size()
                && isInput(level, files.get(end))
                && (end == start || continues(level, files.get(end - 1), files.get(end)))) {
            end++;
        }
        return end;
    }

    private static boolean isInput(int level, ReplicaFile file) {
        return file.level() < level
                && file.sizeBytes() <= LARGE_BYTES
                && !file.name().isSnapshot();
    }

    private boolean continues(int level, ReplicaFile before, ReplicaFile after) {
        return before.name().max().next().equals(after.name().min())
                && levels.end(level, before.timestamp()).equals(levels.end(level, after.timestamp()));
    }

    /** It was done. */
    public void merged(Merge merge, ReplicaFile result) {
        int at = files.indexOf(merge.inputs().getFirst());
        files.removeAll(merge.inputs());
        files.add(at, result);
    }

    /** Its inputs are left as they are. */
    public void leave(Merge merge) {
        files.removeAll(merge.inputs());
    }
}
