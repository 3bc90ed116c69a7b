package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.time.Instant;

/** Which state of a replica is wanted. */
public sealed interface RestorePoint {
    /** The newest. */
    RestorePoint NEWEST = new Newest();

    /** The newest state that the replica has. */
    record Newest() implements RestorePoint {}

    /** The state after this transaction, exactly. */
    record AtTxId(TxId txId) implements RestorePoint {}

    /**
     * The newest state that is not younger than this time. How close that is depends on what the replica still has: each
     * file stands for the time of its last transaction, a snapshot for the time at which it was taken.
     */
    record AtTime(Instant time) implements RestorePoint {}
}
