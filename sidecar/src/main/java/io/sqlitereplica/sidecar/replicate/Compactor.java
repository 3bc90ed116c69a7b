package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.compact.Compaction;
import io.sqlitereplica.sidecar.compact.CompactionLevels;
import io.sqlitereplica.sidecar.compact.Merge;
import io.sqlitereplica.sidecar.compact.ReplicaTail;
import io.sqlitereplica.sidecar.compact.RetentionTimes;
import io.sqlitereplica.sidecar.ltx.LtxFormatException;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Merges what was uploaded, and deletes what is not needed any more, on a virtual thread, while replication goes on. It is
 * told of every upload, so that a quiet database causes no requests. What it does may be interrupted.
 */
final class Compactor implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Compactor.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration BREAKING_OFF = Duration.ofSeconds(2);
    private static final int MOST_WAITING = 1024;

    private final String database;
    private final ReplicaStore store;
    private final CompactionLevels levels;
    private final Ownership ownership;
    private final Retaining retaining;
    private final BufferPool pool;
    private final StatusBoard status;
    private final Path spillFolder;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);

    /** For the compacting thread. Null: to be listed. */
    private @Nullable ReplicaTail tail;

    private List<ReplicaFile> uploaded = new ArrayList<>();
    private boolean listAnew;
    private @Nullable Thread thread;
    private boolean closed;

    /** One that does nothing until something is uploaded. */
    Compactor(
            DatabaseSpec database,
            ReplicaStore store,
            CompactionLevels levels,
            Optional<RetentionTimes> retention,
            Ownership ownership,
            BufferPool pool,
            StatusBoard status) {
        this.database = database.name();
        this.store = store;
        this.levels = levels;
        this.ownership = ownership;
        this.retaining = new Retaining(database.name(), store, retention, ownership, status);
        this.pool = pool;
        this.status = status;
        this.spillFolder = StateFolder.spillBeside(database.path());
    }

    /** A file of level 0 is in the destination. */
    synchronized void uploaded(ReplicaFile file) {
        if (closed) {
            return;
        }
        if (uploaded.size() == MOST_WAITING) {
            uploaded.clear();
            listAnew = true;
        }
        uploaded.add(file);
        if (thread == null) {
            thread = Thread.ofVirtual().name("compact-" + database).start(this::run);
        }
        notifyAll();
    }

    /**
     * What comes next may begin the replica anew: nothing is compacted or deleted any more because of what was there before.
     * Returns when nothing is being deleted.
     */
    void listAnew() {
        retaining.forget();
        synchronized (this) {
            uploaded.clear();
            listAnew = true;
        }
    }

    private void run() {
        Instant notBefore = Instant.EPOCH;
        Optional<Instant> due = Optional.of(Instant.EPOCH);
        while (awaitWork(notBefore, due)) {
            try {
                due = work();
                backoff.reset();
            } catch (BrokenOffException e) {
                tail = null;
                due = Optional.empty(); // what is uploaded next says that all is well again
            } catch (IOException | RuntimeException | Error e) {
                if (e instanceof NoSuchFileException) {
                    tail = null;
                }
                notBefore = Instant.now().plus(backoff.pause());
                due = Optional.of(notBefore);
                if (!isClosed()) {
                    status.count(StatusBoard.Count.COMPACTION_FAILURE);
                    LOG.log(
                            Level.WARNING,
                            () -> "not compacted, tried again later: database=" + database + " error="
                                    + Errors.message(e));
                }
            }
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Waits until there is something to do.
     *
     * @param notBefore it failed, and is not tried again before
     * @param due when there is, even if nothing is uploaded; empty: never
     * @return false if it ends
     */
    private synchronized boolean awaitWork(Instant notBefore, Optional<Instant> due) {
        while (!closed) {
            Instant now = Instant.now();
            boolean news = !uploaded.isEmpty() || listAnew;
            Optional<Instant> at = news ? Optional.of(notBefore) : due;
            if (at.isPresent() && !now.isBefore(at.get())) {
                return true;
            }
            try {
                wait(at.isEmpty() ? 0 : Duration.between(now, at.get()).toMillis() + 1);
            } catch (InterruptedException e) {
                // Only close() interrupts, and says so.
            }
        }
        return false;
    }

    /** Does what is due. Returns when there is more. */
    private Optional<Instant> work() throws IOException {
        ReplicaTail now = takeUploaded();
        for (Optional<Merge> due = now.due(Instant.now()); due.isPresent(); due = now.due(Instant.now())) {
            compact(now, due.get());
            if (isClosed()) {
                return Optional.empty();
            }
        }
        return Stream.of(now.nextDue(), retaining.work(Instant.now()))
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder());
    }

    private ReplicaTail takeUploaded() throws IOException {
        List<ReplicaFile> files;
        synchronized (this) {
            files = uploaded;
            uploaded = new ArrayList<>();
            if (listAnew) {
                tail = null;
                listAnew = false;
            }
        }
        ReplicaTail known = tail == null ? ReplicaTail.list(store, levels) : tail;
        if (!files.isEmpty()) {
            retaining.added(Instant.now());
        }
        for (ReplicaFile file : files) {
            if (!known.add(file)) {
                known = ReplicaTail.list(store, levels);
            }
        }
        tail = known;
        return known;
    }

    private void compact(ReplicaTail files, Merge merge) throws IOException {
        try {
            Compaction.Result result = Compaction.run(merge, store, spillFolder, pool, ownership::look);
            files.merged(merge, result.file());
            retaining.added(Instant.now());
            status.count(StatusBoard.Count.COMPACTION);
            LOG.log(
                    Level.DEBUG,
                    () -> "compacted: database=" + database + " level=" + merge.level() + " file=" + merge.name()
                            + " inputs=" + merge.inputs().size() + (result.created() ? "" : " (was there)"));
        } catch (LtxFormatException e) {
            files.leave(merge);
            status.count(StatusBoard.Count.COMPACTION_FAILURE);
            LOG.log(
                    Level.ERROR,
                    () -> "a file of the replica is damaged, and is left as it is: database=" + database + " level="
                            + merge.level() + " file=" + merge.name() + " error=" + Errors.message(e));
        }
    }

    /** Breaks off what it does. */
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            notifyAll();
            running = thread;
        }
        if (running == null) {
            return;
        }
        running.interrupt();
        try {
            running.join(BREAKING_OFF); // it may be waiting for buffers
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
