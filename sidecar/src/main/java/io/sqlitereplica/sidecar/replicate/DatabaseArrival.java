package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.StoreException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Waits for the database: it is there, or is restored, or is born later. */
final class DatabaseArrival {
    private static final System.Logger LOG = System.getLogger(DatabaseArrival.class.getName());
    private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();
    private static final int WRITE_VERSION_AT = 18;
    private static final int WAL = 2;

    /** How long a new database may take until it is in WAL mode by its app's own doing. */
    private static final long CHILDHOOD_NANOS = Duration.ofSeconds(10).toNanos();

    private final ReplicaContext context;
    private final StartUp startUp;
    private final ShipRequests requests;
    private final Replacing replacing;
    private boolean decided;

    DatabaseArrival(ReplicaContext context, StartUp startUp, ShipRequests requests, Replacing replacing) {
        this.context = context;
        this.startUp = startUp;
        this.requests = requests;
        this.replacing = replacing;
    }

    /**
     * Returns when there is a database. What is missing is restored only at the start: an app that deletes its database
     * later gets to make a new one.
     *
     * @return false if it was restored, and so the state folder is another
     */
    boolean await(StateFolder state, Uploader uploader, LineageGuard guard) throws IOException {
        Path database = context.database().path();
        if (Files.exists(database)) {
            decided = true;
            return true;
        }
        if (!decided) {
            boolean restored = decide(state, uploader);
            decided = true;
            if (restored) {
                return false;
            }
        }
        context.status().state(DatabaseState.WAITING);
        context.status().error(null);
        context.gate().open();
        LOG.log(Level.INFO, () -> "waiting for a database: database=" + context.name() + " path=" + database);
        awaitBirth(state, uploader, guard);
        return true;
    }

    /**
     * Restores in place of a database that was set aside.
     *
     * @return whether it is not the newest state, so that the whole database is to be shipped
     */
    boolean restore(RestorePoint point, StateFolder state) throws IOException {
        decided = true;
        context.status().state(DatabaseState.RESTORING);
        takeDestination(state);
        if (!new Restoring(context, state, point).run()) {
            throw new BrokenOffException.LineageBroken(new Lineage.Refused(
                    "The replica in %s is gone, for which the database %s was set aside. Bring the replica back, or give the database its name back and delete %s"
                            .formatted(
                                    context.store().location(),
                                    context.database().path(),
                                    state.replacement().file())));
        }
        replacing.finish(state);
        return !point.equals(RestorePoint.NEWEST);
    }

    private boolean decide(StateFolder state, Uploader uploader) throws IOException {
        return switch (context.options().whenMissing()) {
            case START_EMPTY -> false;
            case RESTORE -> {
                context.status().state(DatabaseState.RESTORING);
                shipStaged(uploader);
                takeDestination(state);
                yield new Restoring(context, state, RestorePoint.NEWEST).run();
            }
            case FAIL -> {
                if (startUp.patiently(() -> RemoteListing.of(context.store()))
                        .newest()
                        .isPresent()) {
                    throw new BrokenOffException.LineageBroken(new Lineage.Refused(
                            "There is no database %s, but a replica of one in %s, and restore.whenMissing is Fail. Restore it, or choose an empty destination"
                                    .formatted(
                                            context.database().path(),
                                            context.store().location())));
                }
                yield false;
            }
        };
    }

    /**
     * Before the restore, so that the writer before this one does not go on behind what is restored. A destination that can
     * be read but not written is still good for a restore.
     */
    private void takeDestination(StateFolder state) throws IOException {
        startUp.patiently(() -> {
            try {
                context.ownership().take(state.writerId(), _ -> {}, context.stop()::pauseOrStop);
            } catch (StoreException e) {
                if (e.kind() != StoreException.Kind.FORBIDDEN && e.kind() != StoreException.Kind.CREDENTIALS) {
                    throw e;
                }
                LOG.log(
                        Level.WARNING,
                        () -> "restoring without having taken the destination: database=" + context.name() + " error="
                                + e.getMessage());
            }
            return true;
        });
    }

    /** What was committed before the database went missing belongs to what is restored. */
    private void shipStaged(Uploader uploader) throws IOException {
        while (!uploader.isIdle()) {
            uploader.check();
            context.stop().pauseOrStop(LOOK_NANOS);
        }
    }

    private void awaitBirth(StateFolder state, Uploader uploader, LineageGuard guard) throws IOException {
        Path database = context.database().path();
        long bornNanos = 0;
        while (true) {
            uploader.check();
            if (Files.exists(database)) {
                bornNanos = bornNanos == 0 ? System.nanoTime() : bornNanos;
                if (isInWalMode(database) || System.nanoTime() - bornNanos > CHILDHOOD_NANOS) {
                    return;
                }
            } else if (uploader.isIdle()) {
                requests.served(requests.newest()); // there is nothing to ship
                if (context.stop().isStoppingWhenDeleted()) {
                    end(state, guard);
                }
            }
            context.stop().pauseOrStop(LOOK_NANOS);
        }
    }

    /** The database was deleted for good, so nobody is to restore it: that is in the destination before this ends. */
    private void end(StateFolder state, LineageGuard guard) throws IOException {
        if (state.position().isPresent()) {
            try {
                guard.check();
                context.ownership().releaseDeleted();
            } catch (BrokenOffException.LineageBroken e) {
                LOG.log(
                        Level.WARNING,
                        () -> "the replica of a deleted database is not what was written: database=" + context.name()
                                + " lineage=" + e.lineage());
            }
        }
        throw new BrokenOffException.Stopped();
    }

    /** Looks into the file, which nobody else in this process has open yet. */
    private static boolean isInWalMode(Path database) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "r")) {
            file.seek(WRITE_VERSION_AT);
            return file.read() == WAL;
        } catch (java.io.FileNotFoundException e) {
            return false; // deleted again, or not ours to read, which is reported when it is opened
        }
    }
}
