package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.lang.System.Logger.Level;
import java.time.Instant;

/** The replica has commits that the database does not have: never silently. */
final class RowsLost {
    private static final System.Logger LOG = System.getLogger(RowsLost.class.getName());

    private RowsLost() {}

    static void report(ReplicaContext context, TxId last, String reason) {
        context.status().count(StatusBoard.Count.ROWS_LOST);
        String message =
                ("The replica has commits that the database does not have (%s). Replication goes on with the database"
                    + " as it is, from TXID %s; those rows are in the replica up to TXID %s: restore that TXID to"
                    + " another file to get them")
                        .formatted(reason, last.next(), last);
        context.status().notice(new Notice(Notice.Reason.LOCAL_ROWS_LOST, Instant.now(), message));
        LOG.log(Level.WARNING, () -> "rows lost: database=" + context.name() + ": " + message);
    }
}
