package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads everything that a restore of the newest state would read and checks all that it would check, without making the
 * database. On disk it needs 8 bytes for each page.
 */
public final class ReplicaVerifier implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ReplicaStore store;
    private final BufferPool pool;
    private final Path folder;

    /**
     * Makes a temporary folder, which is there until the verifier is closed.
     *
     * @param temporary where
     */
    public ReplicaVerifier(ReplicaStore store, Path temporary, BufferPool pool) throws IOException {
        this.store = store;
        this.pool = pool;
        this.folder = Files.createTempDirectory(temporary, "sqlite-replica-verify");
    }

    /**
     * Reads the replica. A destination that does not answer is asked again for half a minute.
     *
     * @return empty when the destination has no replica
     * @throws ReplicaHoleException when transactions are missing in the replica
     * @throws ReplicaDamagedException when a checksum is wrong
     * @throws io.sqlitereplica.sidecar.storage.StoreException when the destination fails
     */
    public Optional<Verification> verify(Progress.Listener listener) throws IOException {
        return Replanning.untilNothingVanishes(() -> {
            clear();
            return run(listener);
        });
    }

    /**
     * Compares a database with the replica as of the last {@link #verify}.
     *
     * @param verification what that gave
     */
    public DatabaseComparison compare(Path database, Verification verification) throws IOException {
        try (PageTable pages = pages()) {
            return DatabaseComparison.of(database, pages, verification.pageSize(), folder, pool);
        }
    }

    private PageTable pages() throws IOException {
        return PageTable.open(folder.resolve("pages"));
    }

    private Optional<Verification> run(Progress.Listener listener) throws IOException {
        long start = System.nanoTime();
        Optional<RestorePlan> planned = Replanning.plan(store, RestorePoint.NEWEST, folder, PATIENCE);
        if (planned.isEmpty()) {
            return Optional.empty();
        }
        try (RestorePlan plan = planned.get();
                Lease memory = pool.lease(1);
                PageTable pages = pages()) {
            Progress.Meter progress = new Progress.Meter(plan, listener);
            ReplicaApplier applier = new ReplicaApplier(store.location(), pages, Nowhere.INSTANCE, memory.get(0));
            new ReplicaFetcher(store, PATIENCE, progress)
                    .forEach(plan, (file, content) -> applier.apply(file, content, (_, _) -> {}));
            applier.checkComplete();
            LtxHeader newest = applier.newest();
            return Optional.of(new Verification(
                    newest.maxTxId(),
                    newest.timestamp(),
                    newest.pageSize(),
                    newest.commit(),
                    applier.checksum(),
                    applier.checkedChecksums(),
                    plan.fileCount(),
                    progress.bytes(),
                    Duration.ofNanos(System.nanoTime() - start)));
        }
    }

    private void clear() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() throws IOException {
        clear();
        Files.delete(folder);
    }

    /** Takes pages and forgets them. */
    private enum Nowhere implements PageSink {
        INSTANCE;

        @Override
        public void page(int number, ByteBuffer page) {}

        @Override
        public void resize(int pageSize, long pages) {}
    }
}
