package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StateFolder;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Commits that only the staged files have, and that the replica cannot take: kept, and never silently. */
final class Unshipped {
    private static final System.Logger LOG = System.getLogger(Unshipped.class.getName());

    private Unshipped() {}

    /**
     * Sets the staged files aside. To be called only when there is no database.
     *
     * @param reason why the replica cannot take them
     */
    static void setAside(ReplicaContext context, StateFolder state, String reason) throws IOException {
        Optional<TxId> oldest = state.staged().oldest();
        Optional<TxId> newest = state.staged().newest();
        Optional<Path> aside = state.setStagedAside();
        if (aside.isEmpty()) {
            return;
        }
        String message =
                ("The database %s is gone, and its last commits, TXID %s to %s, cannot be added to the replica (%s)."
                                + " They are kept as LTX files in %s")
                        .formatted(
                                context.database().path(),
                                oldest.orElseThrow(),
                                newest.orElseThrow(),
                                reason,
                                aside.get());
        context.status().notice(new Notice(Notice.Reason.NOT_SHIPPED, Instant.now(), message));
        LOG.log(Level.ERROR, () -> "not shipped: database=" + context.name() + ": " + message);
    }
}
