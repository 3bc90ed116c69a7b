package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.restore.ReplicaDamagedException;
import io.sqlitereplica.sidecar.restore.ReplicaHoleException;
import io.sqlitereplica.sidecar.restore.ReplicaVerifier;
import io.sqlitereplica.sidecar.restore.Verification;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a replica as a restore would. The checksums of the database that its files carry are those of the database here, at
 * each TXID; so what is found right is what was committed here. Where something is wrong, a new snapshot is asked for: the
 * newest state can be restored again when that is there.
 */
final class Verifying {
    private static final System.Logger LOG = System.getLogger(Verifying.class.getName());

    private final DatabaseSpec database;
    private final ReplicaStore store;
    private final BufferPool pool;
    private final StatusBoard status;

    Verifying(DatabaseSpec database, ReplicaStore store, BufferPool pool, StatusBoard status) {
        this.database = database;
        this.store = store;
        this.pool = pool;
        this.status = status;
    }

    /**
     * Verifies, and notes the result. What was never replicated is passed over.
     *
     * @return whether the replica is right
     * @throws IOException if that could not be found out
     */
    boolean run() throws IOException {
        TxId replicated = status.replicatedTxId();
        Path folder = StateFolder.spillBeside(database.path());
        if (replicated.equals(TxId.ZERO) || !Files.isDirectory(folder)) {
            return true;
        }
        long start = System.nanoTime();
        try (ReplicaVerifier verifier = new ReplicaVerifier(store, folder, pool)) {
            Optional<Verification> found = verifier.verify(Progress.Listener.NONE);
            if (found.isEmpty()) {
                return note(null, start, "there is no replica in " + store.location());
            }
            return note(found.get().txId(), start, null);
        } catch (ReplicaDamagedException | ReplicaHoleException e) {
            return note(null, start, String.valueOf(e.getMessage()));
        }
    }

    private boolean note(@Nullable TxId txId, long startNanos, @Nullable String error) {
        Duration duration = Duration.ofNanos(System.nanoTime() - startNanos);
        status.verified(new DatabaseStatus.Verified(Instant.now(), txId, duration, error));
        if (error == null) {
            LOG.log(
                    Level.INFO,
                    () -> "verified: database=" + database.name() + " txid=" + txId + " seconds="
                            + duration.toMillis() / 1000.0);
            return true;
        }
        status.wantSnapshot(status.replicatedTxId());
        LOG.log(
                Level.ERROR,
                () -> "the replica cannot be restored, and a new snapshot is taken: database=" + database.name()
                        + " error=" + error);
        return false;
    }
}
