package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes a database of a replica's state at a point. It is built in a folder beside the target and takes the target's name
 * when all of it was checked and is durable: whenever the machine stops, the old state is there, or the new one.
 */
public final class Restore {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ReplicaStore store;
    private final RestorePoint point;
    private final RestoreTarget target;
    private final @Nullable Path pageTable;
    private final BufferPool pool;
    private final Progress.Listener listener;
    private final Duration patience;

    private Restore(
            ReplicaStore store,
            RestorePoint point,
            Path target,
            @Nullable Path pageTable,
            BufferPool pool,
            Progress.Listener listener,
            Duration patience) {
        this.store = store;
        this.point = point;
        this.target = new RestoreTarget(target, Clock.systemUTC());
        this.pageTable = pageTable;
        this.pool = pool;
        this.listener = listener;
        this.patience = patience;
    }

    /**
     * Restores. A destination that does not answer is asked again for half a minute.
     *
     * @param target where the database shall be; nothing may be there. A {@code -wal}, {@code -shm} or {@code -journal}
     *     beside it is moved aside
     * @param pageTable where to leave the {@link PageTable} of the restored database, durable before the database has its
     *     name; what is there is replaced. Null: nowhere
     * @return empty when the destination has no replica
     * @throws RestoreException when it cannot be done here
     * @throws RestorePointException when the replica does not have that point
     * @throws ReplicaHoleException when transactions are missing in the replica
     * @throws ReplicaDamagedException when a checksum is wrong
     * @throws io.sqlitereplica.sidecar.storage.StoreException when the destination fails
     */
    public static Optional<RestoreResult> to(
            RestorePoint point,
            ReplicaStore store,
            Path target,
            @Nullable Path pageTable,
            BufferPool pool,
            Progress.Listener listener)
            throws IOException {
        return new Restore(store, point, target, pageTable, pool, listener, PATIENCE).run();
    }

    private Optional<RestoreResult> run() throws IOException {
        target.check();
        try (RestoreFolder folder = RestoreFolder.open(target.path())) {
            return Replanning.untilNothingVanishes(() -> {
                folder.clear();
                return restore(folder);
            });
        } catch (IOException e) {
            throw target.explain(e);
        }
    }

    private Optional<RestoreResult> restore(RestoreFolder folder) throws IOException {
        long start = System.nanoTime();
        Optional<RestorePlan> planned = Replanning.plan(store, point, folder.path(), patience);
        if (planned.isEmpty()) {
            return Optional.empty();
        }
        try (RestorePlan plan = planned.get()) {
            Path database = folder.resolve("database");
            Path table = pageTable == null ? folder.resolve("pages") : pageTable;
            Files.deleteIfExists(table);
            Progress.Meter progress = new Progress.Meter(plan, listener);
            ReplicaApplier applier = build(plan, progress, database, table);
            List<Path> aside = target.publish(database);
            LtxHeader newest = applier.newest();
            return Optional.of(new RestoreResult(
                    newest.maxTxId(),
                    newest.timestamp(),
                    newest.pageSize(),
                    newest.commit(),
                    applier.checksum(),
                    applier.checkedChecksums(),
                    plan.fileCount(),
                    progress.bytes(),
                    Duration.ofNanos(System.nanoTime() - start),
                    aside));
        }
    }

    private ReplicaApplier build(RestorePlan plan, Progress.Meter progress, Path database, Path table)
            throws IOException {
        try (Lease memory = pool.lease(2);
                PageTable pages = PageTable.open(table);
                DatabaseFile file = new DatabaseFile(database, memory.get(0))) {
            ReplicaApplier applier = new ReplicaApplier(store.location(), pages, file, memory.get(1));
            new ReplicaFetcher(store, patience, progress)
                    .forEach(plan, (planned, content) -> applier.apply(planned, content, target::checkSpace));
            applier.checkComplete();
            pages.force();
            file.force();
            return applier;
        }
    }

    /** A new ending for {@link #setAside}, with the time in it. */
    public static String newAsideEnding(Path database) {
        return new RestoreTarget(database, Clock.systemUTC()).newAsideEnding();
    }

    /**
     * Sets a database aside, so that another can be restored in its place, and goes on with that after a crash. Nobody may
     * have it open.
     *
     * @param ending what to append to its name
     * @return its new name, and those of what belongs to it; none if there is no database
     */
    public static List<Path> setAside(Path database, String ending) throws IOException {
        return new RestoreTarget(database, Clock.systemUTC()).setAside(ending);
    }

    /** Whether a database has been set aside under that ending. */
    public static boolean isSetAside(Path database, String ending) {
        return Files.exists(database.resolveSibling(database.getFileName() + ending));
    }
}
