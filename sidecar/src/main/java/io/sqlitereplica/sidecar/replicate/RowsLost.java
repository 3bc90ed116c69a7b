package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.lang.System.Logger.Level;

/** The database has lost commits that its replica has: never silently. */
final class RowsLost {
    private static final System.Logger LOG = System.getLogger(RowsLost.class.getName());

    private RowsLost() {}

    static void report(ReplicaContext context, TxId last, String reason) {
        context.status().count(StatusBoard.Count.ROWS_LOST);
        LOG.log(
                Level.WARNING,
                () -> ("LocalRowsLost: database=%s: the database has lost commits that its replica has (%s)."
                    + " Replication goes on with the database as it is, from TXID %s; the lost rows are in the replica"
                    + " up to TXID %s: restore that TXID to another file to get them")
                        .formatted(context.name(), reason, last.next(), last));
    }
}
