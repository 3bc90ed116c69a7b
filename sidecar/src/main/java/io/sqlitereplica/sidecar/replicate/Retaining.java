package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.compact.Retention;
import io.sqlitereplica.sidecar.compact.RetentionTimes;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Deletes from the destination what no restore of the retained time needs, now and then while something is written to it, and
 * once more when that has stopped. Only the owner of the destination does. For one thread, but for {@link #forget}.
 *
 * <p>What is deleted was listed a moment before. Meanwhile a name could come to mean another file only if the destination
 * was emptied and the replica begun anew: whoever does that calls {@link #forget} before the first file, and another writer
 * waits until the former one has stopped (see the package description).
 */
final class Retaining {
    private static final System.Logger LOG = System.getLogger(Retaining.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

    private final String database;
    private final Optional<RetentionTimes> times;
    private final ReplicaStore store;
    private final Ownership ownership;
    private final StatusBoard status;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);

    private boolean thorough = true;
    private @Nullable Instant lastAdded;
    private Instant notBefore = Instant.EPOCH;

    /** Guarded by this. Counts how often what was listed became void. */
    private long forgotten;

    /** That of one destination. */
    Retaining(
            String database,
            ReplicaStore store,
            Optional<RetentionTimes> times,
            Ownership ownership,
            StatusBoard status) {
        this.database = database;
        this.store = store;
        this.times = times;
        this.ownership = ownership;
        this.status = status;
    }

    /** A file was added to the destination. */
    void added(Instant now) {
        lastAdded = now;
    }

    /** Nothing that was listed up to now is deleted any more, once this returns. */
    synchronized void forget() {
        forgotten++;
    }

    /**
     * Does what is due.
     *
     * @return when something will be, if nothing is added; empty: never
     * @throws BrokenOffException if the destination is not ours any more
     */
    Optional<Instant> work(Instant now) throws IOException {
        Instant added = lastAdded;
        if (times.isEmpty() || added == null) {
            return Optional.empty();
        }
        if (now.isBefore(notBefore)) {
            return Optional.of(notBefore);
        }
        Duration pause = times.get().merged();
        long listed = forgotten();
        try {
            thorough = new Retention(store, times.get(), files -> delete(files, listed)).run(now, thorough);
            backoff.reset();
            notBefore = now.plus(pause);
            if (!thorough && added.plus(pause).isBefore(now)) {
                lastAdded = null;
                return Optional.empty();
            }
        } catch (BrokenOffException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            notBefore = now.plus(backoff.pause());
            status.count(StatusBoard.Count.DELETION_FAILURE);
            LOG.log(
                    Level.WARNING,
                    () -> "old files stay in the destination, tried again later: database=" + database + " error="
                            + Errors.message(e));
        }
        return Optional.of(notBefore);
    }

    private synchronized long forgotten() {
        return forgotten;
    }

    private synchronized void delete(List<ReplicaFile> files, long listed) throws IOException {
        if (listed != forgotten) {
            throw new IOException("the replica may have been begun anew");
        }
        ownership.look();
        store.delete(files);
        status.count(StatusBoard.Count.DELETION, files.size());
        LOG.log(
                Level.INFO,
                () -> "deleted what is not needed any more: database=" + database + " level="
                        + files.getFirst().level() + " files=" + files.size() + " first="
                        + files.getFirst().name() + " last=" + files.getLast().name());
    }
}
