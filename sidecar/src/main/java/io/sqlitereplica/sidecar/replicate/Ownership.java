package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.storage.OwnerRecord;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.StoreException;
import io.sqlitereplica.sidecar.storage.StoredOwner;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether this process may write to the destination, as its owner record says: taken before the first file is written,
 * looked at now and then when one is, and released at the end. The package description says why this is enough. For any
 * thread.
 */
final class Ownership {
    private static final System.Logger LOG = System.getLogger(Ownership.class.getName());
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(200);
    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private final String database;
    private final ReplicaStore store;
    private final OwnerPatience patience;
    private final StatusBoard status;
    private final String host;
    private @Nullable StoredOwner mine;
    private long lastLookNanos;
    private boolean unsettled;
    private volatile @Nullable OwnerRecord fencedBy;

    /**
     * That of one destination.
     *
     * @param database its name, for logs
     */
    Ownership(String database, ReplicaStore store, OwnerPatience patience, StatusBoard status) {
        this.database = database;
        this.store = store;
        this.patience = patience;
        this.status = status;
        this.host = Host.name();
    }

    /** Looks whether the destination has our history. Throws if not. */
    @FunctionalInterface
    interface Judge {
        /**
         * Looks.
         *
         * @param owned whether we have taken the destination already, in this life or in one before
         */
        void judge(boolean owned) throws IOException;
    }

    /** Waits a little, or throws if there is no reason to wait any longer. */
    @FunctionalInterface
    interface Pause {
        void pause(long nanos) throws BrokenOffException.Stopped;
    }

    /**
     * Takes the destination. Whoever has another history than it must not even take it, or the right one would be stopped:
     * so the judge is asked before, and again after each wait. A record that names us says that this was judged before: what
     * a former owner added since then came too late.
     */
    synchronized void take(long writerId, Judge judge, Pause pause) throws IOException {
        boolean before = mine != null;
        if (before) {
            confirm();
        } else {
            try {
                while (!attempt(writerId, judge, pause)) {
                    LOG.log(Level.INFO, () -> "another writer was faster: database=" + database);
                    pauseFor(BETWEEN_ATTEMPTS, pause);
                }
            } catch (StoreException e) {
                if (e.kind() == StoreException.Kind.NO_CONDITIONS) {
                    throw new BrokenOffException.Unusable(String.valueOf(e.getMessage()));
                }
                throw e;
            }
        }
        boolean settling = unsettled;
        if (settling) {
            // What the former owner had under way when it was fenced arrives meanwhile.
            pauseFor(patience.lookInterval(), pause);
            unsettled = false;
            status.error(null);
        }
        if (before || settling) {
            judge.judge(true);
        }
    }

    private boolean attempt(long writerId, Judge judge, Pause pause) throws IOException {
        Optional<StoredOwner> found = store.owner();
        boolean owned = names(found, writerId);
        boolean fromAnother =
                found.isPresent() && !owned && !found.get().record().isReleased();
        judge.judge(owned);
        if (fromAnother) {
            status.count(StatusBoard.Count.OWNER_WAIT);
            announce(found.get().record());
            pauseFor(patience.handOver(), pause);
            if (!store.owner().map(StoredOwner::tag).equals(found.map(StoredOwner::tag))) {
                return false;
            }
            judge.judge(false);
        }
        OwnerRecord next = OwnerRecord.taken(
                found.map(owner -> owner.record().epoch()).orElse(0L) + 1, writerId, host, Instant.now());
        unsettled |= fromAnother; // also if the answer is lost and the next attempt finds itself
        Optional<StoredOwner> taken = store.replaceOwner(next, found);
        if (taken.isEmpty()) {
            return false;
        }
        mine = taken.get();
        lastLookNanos = System.nanoTime();
        LOG.log(
                Level.INFO,
                () -> "took the destination: database=" + database + " epoch=" + next.epoch() + " before="
                        + found.map(owner -> owner.record().toString()).orElse("nobody"));
        return true;
    }

    private static boolean names(Optional<StoredOwner> owner, long writerId) {
        return owner.isPresent() && owner.get().record().writerId() == writerId;
    }

    /** The record says that this writer has the destination, or had it last. */
    boolean names(long writerId) throws IOException {
        return names(store.owner(), writerId);
    }

    private void announce(OwnerRecord other) {
        String message =
                "Waiting: %s belongs to %s, which has not released it. It is taken over in %d s, unless that writer goes on or releases it"
                        .formatted(store.location(), other, patience.handOver().toSeconds());
        if (status.error(message)) {
            LOG.log(Level.WARNING, () -> "not replicating: database=" + database + " error=" + message);
        }
    }

    /** In pieces, because only one thread is told of a stop, and others are interrupted. */
    private static void pauseFor(Duration duration, Pause pause) throws BrokenOffException.Stopped {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new BrokenOffException.Stopped();
            }
            pause.pause(Math.min(left, PAUSE_NANOS));
        }
    }

    /**
     * To be called before a file is created. Asks the destination if that was not done lately.
     *
     * @throws BrokenOffException.Fenced if the destination belongs to another now
     * @throws BrokenOffException.LineageBroken if it was emptied
     */
    void confirm() throws IOException {
        check();
        synchronized (this) {
            if (mine == null
                    || System.nanoTime() - lastLookNanos
                            >= patience.lookInterval().toNanos()) {
                look();
            }
        }
    }

    /** Asks the destination now who owns it. Without an owner it becomes ours again, if it still has files. */
    synchronized void look() throws IOException {
        check();
        StoredOwner expected = mine;
        if (expected == null) {
            throw emptied();
        }
        Optional<StoredOwner> found = store.owner();
        if (found.isEmpty()) {
            mine = restored(expected);
        } else if (found.get().record().isSameTaking(expected.record())) {
            mine = found.get();
        } else {
            fencedBy = found.get().record();
            check();
        }
        lastLookNanos = System.nanoTime();
    }

    /** Whoever deletes the record may have deleted more. */
    private StoredOwner restored(StoredOwner expected) throws IOException {
        LOG.log(Level.WARNING, () -> "owner.json was deleted: database=" + database + " location=" + store.location());
        RemoteListing listing = RemoteListing.of(store);
        if (listing.newest().isEmpty()) {
            mine = null;
            throw emptied();
        }
        listing.beginningMissingBefore().ifPresent(status::wantSnapshot);
        return store.replaceOwner(expected.record(), Optional.empty())
                .orElseThrow(() -> new IOException("The owner of " + store.location() + " changes"));
    }

    /** It is to be taken anew, and all of the database to be shipped. */
    private static BrokenOffException emptied() {
        return new BrokenOffException.LineageBroken(
                new Lineage.WholeDatabase(Optional.empty(), "the destination was emptied", false));
    }

    /** Asks nobody. */
    void check() throws BrokenOffException.Fenced {
        OwnerRecord other = fencedBy;
        if (other != null) {
            throw new BrokenOffException.Fenced(other);
        }
    }

    /** Who else has the destination, or had it last, as far as can be found out. */
    Optional<OwnerRecord> other(long writerId) {
        try {
            return store.owner().map(StoredOwner::record).filter(record -> record.writerId() != writerId);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, "the owner is not known", e);
            return Optional.empty();
        }
    }

    /**
     * Lets go of the destination for good: it has everything that was committed to the database, which was deleted.
     *
     * @throws BrokenOffException.Fenced if another writer has taken it
     */
    synchronized void releaseDeleted() throws IOException {
        StoredOwner owner = mine;
        if (owner == null) {
            throw new IllegalStateException("The destination was not taken");
        }
        if (store.replaceOwner(owner.record().deleted(Instant.now()), Optional.of(owner))
                .isEmpty()) {
            look();
            throw new IOException("The owner of " + store.location() + " changes");
        }
        mine = null;
        LOG.log(Level.INFO, () -> "marked as the replica of a deleted database: database=" + database);
    }

    /** Lets go of the destination: everything that was committed is there, and the next writer need not wait. */
    synchronized void release() {
        StoredOwner owner = mine;
        if (owner == null || fencedBy != null) {
            return;
        }
        mine = null;
        try {
            boolean released = store.replaceOwner(owner.record().released(Instant.now()), Optional.of(owner))
                    .isPresent();
            LOG.log(
                    Level.INFO,
                    () -> (released ? "released" : "not released, because another writer has taken it:")
                            + " the destination: database=" + database);
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    () -> "the destination was not released, so another writer will wait: database=" + database
                            + " error=" + Errors.message(e));
        }
    }
}
